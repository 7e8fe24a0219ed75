import DNS
import Directory
import MailModel
import Routing

/// `reject_unknown_…`: names that DNS doesn't have.
extension RestrictionEvaluation {
    /// `reject_unknown_sender_domain`, `reject_unknown_recipient_domain`: domains whose mail doesn't end here.
    mutating func unknownDomain(
        _ address: EmailAddress?, _ subject: PolicyReply.Subject, isSender: Bool
    ) async -> Verdict {
        guard let address, !address.domain.isAddressLiteral else { return .dunno }
        let answer: Answer<AddressClass>
        if isSender {
            answer = await router.addressClass(of: address.domain)
            steps += answer.steps
        } else {
            answer = await classOfRecipient(address)
        }
        switch answer.outcome {
        case .found(let found) where found.isFinal: return .dunno
        case .found, .absent: break
        case .unavailable: return .refuse(PolicyReply.temporaryLookupFailure(address.description))
        }
        let domain = address.domain
        let found = await MailName.find(DNSName(domain.bytes), exchangersFirst: true, resolver)
        tell(domain.description, found)
        // RFC 3463 §3.2: bad sender's system address, bad destination system address.
        let detail: UInt16 = isSender ? 8 : 2
        switch found {
        case .exists: return .dunno
        case .refusesMail:
            // RFC 7505 §4.2
            let text = "Domain \(domain) does not accept mail (nullMX)"
            let reply =
                isSender
                ? PolicyReply.rejected(subject, text, code: 550, EnhancedStatusCode(5, 7, 27))
                : PolicyReply.rejected(subject, text, code: 556, EnhancedStatusCode(5, 1, 10))
            return .refuse(reply)
        case .absent:
            let code = options.lookupReplies.unknownAddress
            let status = EnhancedStatusCode(UInt8(clamping: code / 100), 1, detail)
            return .refuse(PolicyReply.rejected(subject, "Domain not found", code: code, status))
        case .unavailable:
            let status = EnhancedStatusCode(4, 1, detail)
            let reply = PolicyReply.rejected(subject, "Domain not found", code: 450, status)
            return undecided(reply, options.lookupReplies.unknownAddressFailure)
        }
    }

    /// `reject_unknown_helo_hostname`
    mutating func unknownHelo() async -> Verdict {
        guard let helo = client.helo else { return .dunno }
        let subject = PolicyReply.Subject.helo(helo)
        guard !helo.hasPrefix("[") else {
            guard !HostNames.isHostName(helo) else { return .dunno }
            return .refuse(
                PolicyReply.rejected(subject, "invalid ip address", code: 501, EnhancedStatusCode(5, 5, 2)))
        }
        let found = await MailName.find(DNSName(helo), exchangersFirst: false, resolver)
        tell(helo, found)
        switch found {
        // A host that takes no mail is one all the same.
        case .exists, .refusesMail: return .dunno
        case .absent:
            return .refuse(
                PolicyReply.rejected(subject, "Host not found", code: options.lookupReplies.unknownHostname))
        case .unavailable:
            let reply = PolicyReply.rejected(subject, "Host not found", code: 450)
            return undecided(reply, options.lookupReplies.unknownHostnameFailure)
        }
    }

    /// `reject_unknown_client_hostname`, and for the reverse name alone `reject_unknown_reverse_client_hostname`.
    mutating func unknownClient(isReverse: Bool) async -> Verdict {
        guard let address = client.address else { return .dunno }
        let names = await findClientNames()
        let name = isReverse ? names.reverse : names.verified
        let code: UInt16
        switch name {
        case .known(let text):
            steps.append(TraceStep(.decision(rule: "client name", text: text)))
            return .dunno
        case .none: code = options.lookupReplies.unknownClient
        case .unavailable: code = 450
        }
        // RFC 7372 §3.3: X.7.25 is for a reverse lookup that fails to lead back.
        let status = EnhancedStatusCode(UInt8(clamping: code / 100), 7, isReverse ? 1 : 25)
        let text = "Client host rejected: cannot find your \(isReverse ? "reverse hostname" : "hostname"), [\(address)]"
        return .refuse(SMTPReply(code, status, text))
    }

    private mutating func undecided(_ reply: SMTPReply, _ action: LookupReplies.TemporaryFailure) -> Verdict {
        switch action {
        case .defer: return .refuse(reply)
        case .deferIfPermit:
            deferIfPermit = deferIfPermit ?? reply
            return .dunno
        }
    }

    private mutating func tell(_ name: String, _ found: MailName) {
        let text =
            switch found {
            case .exists: "there is such a name"
            case .refusesMail: "takes no mail (null MX)"
            case .absent: "there is no such name, or nothing for mail at it"
            case .unavailable(let reason): "not to be found out: \(reason)"
            }
        steps.append(TraceStep(.decision(rule: "DNS \(name)", text: text)))
    }
}
