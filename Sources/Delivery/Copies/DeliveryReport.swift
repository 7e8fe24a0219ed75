package import MailModel

/// What became of every copy of a message.
package struct DeliveryReport: Sendable {
    package enum Outcome: Hashable, Sendable {
        case delivered(path: [UInt8])
        case failed(MailboxFailure)
        /// Another host serves the address, and there is nothing yet that would take mail there.
        case noWayOut
        /// The configuration throws the mail away, for the reason it gives.
        case discarded(String)

        /// As Postfix's log words it: `status=sent (delivered to maildir)`.
        package var status: String {
            switch self {
            case .delivered: "status=sent (delivered to maildir)"
            case .failed(let failure): "status=deferred (\(failure.reason))"
            case .noWayOut: "status=deferred (mail for other hosts can't be sent yet)"
            case .discarded(let reason): "status=sent (\(reason.isEmpty ? "discarded" : reason))"
            }
        }

        /// Nil for a copy that was delivered.
        package var reply: SMTPReply? {
            switch self {
            case .delivered, .discarded: nil
            case .failed(let failure): failure.smtpReply
            case .noWayOut: SMTPReply(451, EnhancedStatusCode(4, 4, 4), "No way to the destination host at the moment")
            }
        }
    }

    package struct Copy: Hashable, Sendable {
        package var destination: Destination
        /// The recipients, as the client gave them, whose mail goes there.
        package var recipients: [EmailAddress]
        package var outcome: Outcome

        /// For the log: `to=<final>, orig_to=<given>, status=sent (delivered to maildir)`.
        package var logText: String {
            let original = recipients.filter { $0 != destination.address }.map { ", orig_to=<\($0)>" }.first ?? ""
            return "to=<\(destination.address)>\(original), \(outcome.status)"
        }
    }

    package var copies: [Copy]

    package init(copies: [Copy]) {
        self.copies = copies
    }

    package var isComplete: Bool { !copies.isEmpty && copies.allSatisfy { $0.outcome.reply == nil } }

    /// The one reply for all recipients (SMTP): `accepted` only if every copy is durable.
    package func smtpReply(accepted: SMTPReply) -> SMTPReply {
        reply(to: copies[...], accepted: accepted)
    }

    /// The reply for one recipient (LMTP).
    package func smtpReply(for recipient: EmailAddress, accepted: SMTPReply) -> SMTPReply {
        reply(to: copies.filter { $0.recipients.contains(recipient) }[...], accepted: accepted)
    }

    private func reply(to copies: ArraySlice<Copy>, accepted: SMTPReply) -> SMTPReply {
        guard !copies.isEmpty else {
            return SMTPReply(451, EnhancedStatusCode(4, 3, 0), "Temporary delivery failure")
        }
        return copies.lazy.compactMap(\.outcome.reply).first ?? accepted
    }
}

extension MailboxFailure {
    /// What a sender is told; always that it may try again, since no mailbox is known to be gone for good.
    package var smtpReply: SMTPReply {
        switch kind {
        case .noSpace: SMTPReply(452, EnhancedStatusCode(4, 3, 1), "Insufficient system storage")
        case .overQuota: SMTPReply(452, EnhancedStatusCode(4, 2, 2), "Mailbox is full")
        case .misconfigured, .notPermitted:
            SMTPReply(451, EnhancedStatusCode(4, 3, 5), "Mail system configuration error")
        case .limitExceeded, .unavailable, .noSuchMailbox, .noSuchMessage, .alreadyExists:
            SMTPReply(451, EnhancedStatusCode(4, 3, 0), "Temporary delivery failure")
        }
    }
}
