import DNS
import Directory
import MailModel

/// `reject_rbl_client`, `reject_rhsbl_…`, `permit_dnswl_client`, `permit_rhswl_client`.
extension RestrictionEvaluation {
    private enum Listing {
        case listed(DNSName)
        case notListed
        case unavailable(String)
    }

    /// What is asked about: as the reply names it, and the labels before the list's domain.
    private struct Question {
        var kind: String
        var what: String
        var labels: String
    }

    mutating func rejectListed(_ subject: DNSList.Subject, _ list: DNSList) async -> Verdict {
        guard let question = await question(subject) else { return .dunno }
        switch await listing(question, list) {
        case .notListed: return .dunno
        case .unavailable(let reason):
            // A list that doesn't answer must not stop the mail of everybody.
            effects.notes.append("DNS list \(list.domain): \(reason)")
            return .dunno
        case .listed(let name):
            let code = options.lookupReplies.listed
            var text = "Service unavailable; \(question.kind) [\(question.what)] blocked using \(list.domain)"
            if let reason = await reason(name) { text += "; \(reason)" }
            return .refuse(SMTPReply(code, EnhancedStatusCode(UInt8(clamping: code / 100), 7, 1), text))
        }
    }

    /// Never lets anybody relay: for a recipient elsewhere it is passed over, as in smtpd(8).
    mutating func permitListed(_ subject: DNSList.Subject, _ list: DNSList) async -> Verdict {
        guard let question = await question(subject) else { return .dunno }
        switch await listing(question, list) {
        case .notListed: return .dunno
        case .unavailable(let reason):
            effects.notes.append("DNS list \(list.domain): \(reason)")
            let text = "<\(question.what)>: \(question.kind) rejected: Service unavailable"
            deferIfReject = deferIfReject ?? SMTPReply(450, EnhancedStatusCode(4, 7, 1), text)
            return .dunno
        case .listed:
            guard recipient != nil else { return .permit }
            return await authorizedDestination { _ in
                .dunno
            } otherwise: {
                .permit
            }
        }
    }

    private mutating func question(_ subject: DNSList.Subject) async -> Question? {
        func domain(_ kind: String, _ what: String, _ name: String) -> Question? {
            guard HostNames.isHostName(name), !name.hasPrefix("["), IPAddress(name) == nil, let name = DNSName(name)
            else { return nil }
            return Question(kind: kind, what: what, labels: name.description)
        }
        switch subject {
        case .clientAddress:
            guard let address = client.address, let octets = DNSAddress(bytes: address.octets) else { return nil }
            return Question(kind: "Client host", what: address.description, labels: octets.reversedLabels)
        case .clientName:
            return await findClientNames().verified.text.flatMap { domain("Client host", $0, $0) }
        case .reverseClientName:
            return await findClientNames().reverse.text.flatMap { domain("Unverified Client host", $0, $0) }
        case .helo: return client.helo.flatMap { domain("Helo command", $0, $0) }
        case .sender:
            return sender.address.flatMap { domain("Sender address", $0.description, $0.domain.description) }
        case .recipient:
            return recipient.flatMap { domain("Recipient address", $0.description, $0.domain.description) }
        }
    }

    private mutating func listing(_ question: Question, _ list: DNSList) async -> Listing {
        guard let name = list.query(question.labels) else { return .notListed }
        let listing: Listing
        switch await resolver.addresses(of: name, .v4) {
        case .found(let found): listing = list.counts(found.records) ? .listed(name) : .notListed
        case .absent: listing = .notListed
        case .unavailable(let reason): listing = .unavailable(reason)
        }
        let text =
            switch listing {
            case .listed: "listed"
            case .notListed: "not listed"
            case .unavailable(let reason): "not to be found out: \(reason)"
            }
        steps.append(TraceStep(.decision(rule: "DNS \(name)", text: text)))
        return listing
    }

    private static let maximumReason = 300

    /// The first text that the list has for the entry.
    private func reason(_ name: DNSName) async -> String? {
        guard let text = await resolver.texts(of: name).records.first, !text.isEmpty else { return nil }
        let visible = text.prefix(Self.maximumReason).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
        return String(decoding: visible, as: UTF8.self)
    }
}
