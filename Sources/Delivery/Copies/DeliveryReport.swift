package import MailModel
package import Spool

/// What became of every copy of a message.
package struct DeliveryReport: Sendable {
    package enum Outcome: Hashable, Sendable {
        case delivered(path: [UInt8])
        case failed(MailboxFailure)
        /// It is in the spool, durably.
        case queued(QueueID)
        /// Another host serves the address, and no queue takes mail there.
        case noWayOut
        /// The configuration throws the mail away, for the reason it gives.
        case discarded(String)

        /// As Postfix's log words it: `status=sent (delivered to maildir)`.
        package var status: String {
            switch self {
            case .delivered: "status=sent (delivered to maildir)"
            case .failed(let failure): "status=deferred (\(failure.reason))"
            case .queued(let id): "status=queued (as \(id))"
            case .noWayOut: "status=deferred (no queue takes mail for other hosts)"
            case .discarded(let reason): "status=sent (\(reason.isEmpty ? "discarded" : reason))"
            }
        }

        /// Nil for a copy that is safe.
        package var reply: SMTPReply? {
            switch self {
            case .delivered, .discarded, .queued: nil
            case .failed(let failure): failure.smtpReply
            case .noWayOut: SMTPReply(451, EnhancedStatusCode(4, 4, 4), "No way to the destination host at the moment")
            }
        }
    }

    package struct Copy: Hashable, Sendable {
        /// The final address.
        package var address: EmailAddress
        /// The recipients, as the client gave them, whose mail goes there.
        package var recipients: [EmailAddress]
        package var outcome: Outcome

        /// For the log: `to=<final>, orig_to=<given>, status=sent (delivered to maildir)`.
        package var logText: String {
            let original = recipients.filter { $0 != address }.map { ", orig_to=<\($0)>" }.first ?? ""
            return "to=<\(address)>\(original), \(outcome.status)"
        }
    }

    package var copies: [Copy]
    /// What a client is told of a mailbox that has no room for its message.
    package var fullMailbox: SMTPReply

    package init(copies: [Copy], fullMailbox: SMTPReply = MailboxFailure.fullMailboxReply) {
        self.copies = copies
        self.fullMailbox = fullMailbox
    }

    /// No copy is safe, for one reason.
    init(failing copies: [PlannedCopy], _ failure: MailboxFailure) {
        self.init(
            copies: copies.map { Copy(address: $0.address, recipients: $0.recipients, outcome: .failed(failure)) })
    }

    /// Whether anything waits in the spool: the reply says so.
    package var isQueued: Bool { copies.contains { if case .queued = $0.outcome { true } else { false } } }

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
        let replies = copies.compactMap(reply)
        // One copy for which it may still come right is reason enough to keep the message.
        return replies.first(where: \.isTransient) ?? replies.first ?? accepted
    }

    private func reply(to copy: Copy) -> SMTPReply? {
        if case .failed(let failure) = copy.outcome, failure.kind == .overQuota { return fullMailbox }
        return copy.outcome.reply
    }
}

extension MailboxFailure {
    /// The mailbox may have room again: the sender keeps the message.
    package static let fullMailboxReply = SMTPReply(452, EnhancedStatusCode(4, 2, 2), "Mailbox is full")

    /// What a sender is told; always that it may try again, since no mailbox is known to be gone for good.
    package var smtpReply: SMTPReply {
        switch kind {
        case .noSpace: SMTPReply(452, EnhancedStatusCode(4, 3, 1), "Insufficient system storage")
        case .overQuota: Self.fullMailboxReply
        case .misconfigured, .notPermitted, .noPermission:
            SMTPReply(451, EnhancedStatusCode(4, 3, 5), "Mail system configuration error")
        case .limitExceeded, .unavailable, .noSuchMailbox, .noSuchMessage, .alreadyExists:
            SMTPReply(451, EnhancedStatusCode(4, 3, 0), "Temporary delivery failure")
        }
    }
}
