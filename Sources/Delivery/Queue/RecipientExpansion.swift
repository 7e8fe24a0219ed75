import Directory
import MailModel
import Routing
import Spool

/// Makes the copies of a recipient of a queued message from the address as it was given: what RCPT does for one that can be
/// resolved at once.
struct RecipientExpansion: Sendable {
    enum Outcome: Sendable {
        /// - Parameter isSeveral: the address stands for others.
        case copies([QueuedRecipient], isSeveral: Bool)
        case discarded(reason: String)
        case refused(SMTPReply)
        case deferred(SMTPReply)
        /// The directory does not tell.
        case unresolved(SMTPReply)
    }

    let site: QueueSite
    let message: QueuedMessage

    func copies(of recipient: QueuedRecipient) async -> Outcome {
        let resolution = await site.router.resolve(recipient.given)
        let destinations: [Destination]
        switch resolution.verdict {
        case .refuse(let reply): return .refused(reply)
        case .deferred(let reply): return resolution.isUnavailable ? .unresolved(reply) : .deferred(reply)
        case .deliver(let found): destinations = found
        }
        let isSeveral = resolution.isSeveral
        let model = recipient.fromTheStart.withoutSuccess(isSeveral)
        var copies: [QueuedRecipient] = []
        var discarded: String?
        for destination in destinations {
            var copy = model
            copy.recipient.address = destination.address
            copy.sender = nil
            switch destination {
            case .mailbox(let mailbox):
                copy.way = .mailbox
                copy.mailbox = QueuedMailbox(mailbox.location)
            case .remote(let remote):
                let sender = message.envelope.sender.path
                let way = await site.senderNextHops.way(of: remote, sender: sender)
                let leaving = await site.router.leavingSender(sender, for: recipient.given, to: remote.address)
                guard case .found(let found) = way.outcome, case .found(let path) = leaving.outcome else {
                    return .unresolved(RoutingReply.temporaryLookupFailure(recipient.given))
                }
                copy.way = found.queuedWay
                copy.mailbox = nil
                copy.sender = path == sender ? nil : path
            case .discard(_, let reason):
                discarded = reason
                continue
            }
            copies.append(copy)
        }
        // A sender of our own is told of a target that does not exist: the attempt that follows finds the words for it.
        for dead in message.envelope.submitter == nil ? [] : resolution.deadTargets {
            var copy = model
            copy.recipient.address = dead
            (copy.sender, copy.way, copy.mailbox) = (nil, .mailbox, nil)
            copies.append(copy)
        }
        guard copies.isEmpty, let discarded else { return .copies(copies, isSeveral: isSeveral) }
        return .discarded(reason: discarded)
    }
}

extension Resolution {
    /// Whether the recipient stands for other addresses (RFC 3461 §5.2.7.3), and not for one, or one with several mailboxes.
    var isSeveral: Bool {
        guard case .deliver(let destinations) = verdict else { return false }
        return Set((destinations.map(\.address) + deadTargets).map { ASCII.lowercased($0.unquoted) }).count > 1
    }
}

extension EnvelopeRecipient {
    /// RFC 3461 §5.2.7.3: who became several is told of that, and none of them can be told of as the one.
    func withoutSuccess(_ isSeveral: Bool) -> EnvelopeRecipient {
        var result = self
        if isSeveral, let notify { result.notify = notify.subtracting(.success) }
        return result
    }
}

extension QueuedRecipient {
    /// As if it had just come; that its sender was told of a delay is remembered.
    var fromTheStart: QueuedRecipient {
        var result = self
        guard case .waiting(let attempts) = state else { return self }
        result.state = .waiting(QueuedAttempts(isDelayReported: attempts.isDelayReported))
        return result
    }

    fileprivate func withoutSuccess(_ isSeveral: Bool) -> QueuedRecipient {
        var result = self
        result.recipient = recipient.withoutSuccess(isSeveral)
        return result
    }
}
