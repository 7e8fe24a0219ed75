package import MailModel

/// What a report tells of one recipient.
package struct ReportedRecipient: Hashable, Sendable {
    /// RFC 3464 §2.3.3.
    package enum Action: Hashable, Sendable {
        case failed(ScheduleDecision.Failure)
        case delayed
        case delivered
        case relayed
        case expanded
    }

    package var action: Action
    /// As the sender wrote it.
    package var given: EmailAddress
    /// After aliases.
    package var final: EmailAddress
    /// ORCPT as `type;address`, decoded; nil when the sender gave none.
    package var originalRecipient: String?
    package var reply: SMTPReply?
    /// Who gave the reply: `mx.example.org[192.0.2.1]`; nil for this server.
    package var host: String?
    /// Microseconds since 1970.
    package var lastAttempt: Int64?
    /// Microseconds since 1970; for delays.
    package var willRetryUntil: Int64?

    package init(
        _ action: Action, given: EmailAddress, final: EmailAddress, originalRecipient: String? = nil,
        reply: SMTPReply? = nil, host: String? = nil, lastAttempt: Int64? = nil, willRetryUntil: Int64? = nil
    ) {
        self.action = action
        self.given = given
        self.final = final
        self.originalRecipient = originalRecipient
        self.reply = reply
        self.host = host
        self.lastAttempt = lastAttempt
        self.willRetryUntil = willRetryUntil
    }

    package init(
        _ action: Action, _ recipient: QueuedRecipient, reply: SMTPReply?, host: String?, lastAttempt: Int64? = nil,
        willRetryUntil: Int64? = nil
    ) {
        self.init(
            action, given: recipient.given, final: recipient.recipient.address,
            originalRecipient: recipient.recipient.originalRecipient, reply: reply, host: host,
            lastAttempt: lastAttempt, willRetryUntil: willRetryUntil)
    }

    /// RFC 3463. The other server's, where its class fits its reply; else what the three digits alone say.
    package var status: EnhancedStatusCode {
        guard let reply else {
            return switch action {
            case .failed(.expired): EnhancedStatusCode(4, 4, 7)
            case .failed(.refused): EnhancedStatusCode(5, 0, 0)
            case .delayed: EnhancedStatusCode(4, 0, 0)
            case .delivered, .relayed, .expanded: EnhancedStatusCode(2, 0, 0)
            }
        }
        let digit = UInt8(clamping: reply.code / 100)
        if let enhanced = reply.enhanced, enhanced.statusClass == digit { return enhanced }
        return EnhancedStatusCode([2, 4, 5].contains(digit) ? digit : 5, 0, 0)
    }

    /// With the address behind an alias out of it: in its place stands what the sender wrote, also in the reply's words.
    var withoutFinalAddress: ReportedRecipient {
        guard final != given else { return self }
        var hidden = self
        hidden.final = given
        hidden.reply = reply.map { reply in
            SMTPReply(
                reply.code, reply.enhanced,
                lines: reply.lines.map { Self.replace(final.unquoted, by: given.unquoted, in: $0) })
        }
        return hidden
    }

    private static func replace(_ address: [UInt8], by other: [UInt8], in text: String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var position = 0
        while position < bytes.count {
            let end = position + address.count
            if end <= bytes.count, ASCII.equalIgnoringCase(bytes[position..<end], address) {
                result += other
                position = end
            } else {
                result.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
