import MailModel

/// The part that programs read: message/delivery-status (RFC 3464), or message/global-delivery-status (RFC 6533).
struct DeliveryStatusPart: Sendable {
    let report: DeliveryStatusReport
    let isInternational: Bool

    var bytes: [UInt8] {
        var bytes = ReportLines.field("Reporting-MTA", "dns; \(report.host)")
        let envelope = report.envelope
        if let id = envelope.sender.envelopeID {
            bytes += ReportLines.field("Original-Envelope-Id", plain(String(decoding: id, as: UTF8.self)))
        }
        bytes += ReportLines.field("X-Postroom-Queue-ID", report.message.description)
        if let client = envelope.client, !client.isEmpty {
            bytes += ReportLines.field("Received-From-MTA", "dns; \(plain(literal(client)))")
        }
        bytes += ReportLines.field("Arrival-Date", Self.date(envelope.arrival))
        for recipient in report.shownRecipients { bytes += [0x0D, 0x0A] + fields(recipient) }
        return bytes
    }

    private func fields(_ recipient: ReportedRecipient) -> [UInt8] {
        var bytes = ReportLines.field("Original-Recipient", original(recipient))
        bytes += ReportLines.field("Final-Recipient", typed(recipient.final))
        bytes += ReportLines.field("Action", recipient.action.keyword)
        bytes += ReportLines.field("Status", recipient.status.description)
        if let host = recipient.host { bytes += ReportLines.field("Remote-MTA", "dns; \(plain(host))") }
        if let reply = recipient.reply {
            let type = recipient.host == nil ? "X-Postroom" : "smtp"
            bytes += ReportLines.field("Diagnostic-Code", "\(type); \(plain(reply.reportText))")
        }
        if let date = recipient.lastAttempt { bytes += ReportLines.field("Last-Attempt-Date", Self.date(date)) }
        if recipient.action == .delayed, let date = recipient.willRetryUntil {
            bytes += ReportLines.field("Will-Retry-Until", Self.date(date))
        }
        return bytes
    }

    /// ORCPT as it was given; what the sender wrote in RCPT where it gave none.
    private func original(_ recipient: ReportedRecipient) -> String {
        guard let text = recipient.originalRecipient, let semicolon = text.firstIndex(of: ";") else {
            return typed(recipient.given)
        }
        let address = String(text[text.index(after: semicolon)...])
        return text[..<semicolon] + "; " + (isInternational ? address : Self.encoded(address))
    }

    private func typed(_ address: EmailAddress) -> String {
        guard address.isInternationalized else { return "rfc822; \(address)" }
        return "utf-8; " + (isInternational ? address.description : Self.encoded(address.description))
    }

    /// utf-8-addr-xtext, RFC 6533 §3: an address beyond ASCII where only ASCII may stand.
    private static func encoded(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 >= 0x80 }) else { return text }
        return text.unicodeScalars.map { scalar in
            scalar.value > 0x20 && scalar.value < 0x7F && !["\\", "+", "="].contains(scalar)
                ? String(scalar) : "\\x{\(String(scalar.value, radix: 16, uppercase: true))}"
        }.joined()
    }

    private func plain(_ text: String) -> String { isInternational ? text : ReportLines.ascii(text) }

    /// A name as it is, an IP address as a literal (RFC 5321 §4.1.3).
    private func literal(_ client: String) -> String {
        if client.contains(":"), client.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) {
            return "[IPv6:\(client)]"
        }
        return client.allSatisfy { $0.isNumber || $0 == "." } ? "[\(client)]" : client
    }

    private static func date(_ microseconds: Int64) -> String {
        RFC5322Date(seconds: microseconds / 1_000_000).description
    }
}

extension ReportedRecipient.Action {
    var keyword: String {
        switch self {
        case .failed: "failed"
        case .delayed: "delayed"
        case .delivered: "delivered"
        case .relayed: "relayed"
        case .expanded: "expanded"
        }
    }
}
