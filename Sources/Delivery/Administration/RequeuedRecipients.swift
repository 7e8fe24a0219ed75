import Directory
import MailModel
import Routing
import Spool

/// Whom a message goes to that is queued anew: its waiting recipients, resolved from the addresses as they were given.
struct RequeuedRecipients: Sendable {
    let site: QueueSite
    let message: QueuedMessage

    /// Never empty for a message with a waiting recipient: what can't be resolved now stays as it was, and whoever has the
    /// message already does not get it again.
    func resolved() async -> [QueuedRecipient] {
        let waiting = message.recipients.filter { !$0.state.isFinal }
        let delivered = Set(
            message.recipients.filter { $0.state == .delivered }.map(\.recipient.address))
        var result: [QueuedRecipient] = []
        var known: Set<EmailAddress> = []
        var seen: Set<EmailAddress> = []
        for first in waiting where seen.insert(first.given).inserted {
            let old = waiting.filter { $0.given == first.given }
            for recipient in await resolved(first) ?? old.map(\.fromTheStart)
            where !delivered.contains(recipient.recipient.address) && known.insert(recipient.recipient.address).inserted
            {
                result.append(recipient)
            }
        }
        return result.isEmpty ? waiting.map(\.fromTheStart) : result
    }

    /// Nil where it can't be told, or leads nowhere: the attempt that follows finds the words for it.
    private func resolved(_ recipient: QueuedRecipient) async -> [QueuedRecipient]? {
        // A way that was ordered is kept.
        guard !recipient.isWayFixed else { return nil }
        let resolution = await site.router.resolve(recipient.given)
        guard case .deliver(let destinations) = resolution.verdict else { return nil }
        var result: [QueuedRecipient] = []
        for destination in destinations {
            var new = recipient.fromTheStart
            new.recipient.address = destination.address
            new.sender = nil
            switch destination {
            case .mailbox: new.way = .mailbox
            case .remote(let remote):
                let way = await site.senderNextHops.way(of: remote, sender: message.envelope.sender.path)
                guard case .found(let found) = way.outcome else { return nil }
                new.way = found
                new.sender = await leavingSender(recipient.given, remote.address)
            // Nothing is left to be done for it.
            case .discard: continue
            }
            result.append(new)
        }
        return result.isEmpty ? nil : result
    }

    private func leavingSender(_ given: EmailAddress, _ address: EmailAddress) async -> ReversePath? {
        let sender = message.envelope.sender.path
        guard case .found(let leaving) = await site.router.leavingSender(sender, for: given, to: address).outcome else {
            return nil
        }
        return leaving == sender ? nil : leaving
    }
}

extension QueuedRecipient {
    /// As if it had just come; that its sender was told of a delay is remembered.
    fileprivate var fromTheStart: QueuedRecipient {
        var result = self
        guard case .waiting(let attempts) = state else { return self }
        result.state = .waiting(QueuedAttempts(isDelayReported: attempts.isDelayReported))
        return result
    }
}
