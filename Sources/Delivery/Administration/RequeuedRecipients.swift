import MailModel
import Spool

/// Whom a message goes to that is queued anew: its waiting recipients, resolved from the addresses as they were given.
struct RequeuedRecipients: Sendable {
    let site: QueueSite
    let message: QueuedMessage

    /// Never without one that waits for a message with a waiting recipient: what can't be resolved now stays as it was, and
    /// whoever has the message already stands there as such and does not get it again.
    func resolved() async -> [QueuedRecipient] {
        let waiting = message.recipients.filter { !$0.state.isFinal }
        var result = message
        result.recipients = message.recipients.filter { recipient in
            switch recipient.state {
            case .delivered, .untold: true
            case .waiting, .failed, .deleted, .expanded: false
            }
        }
        let settled = result.recipients.count
        let expansion = RecipientExpansion(site: site, message: message)
        var seen: Set<EmailAddress> = []
        for first in waiting where seen.insert(first.given).inserted {
            let old = waiting.filter { $0.given == first.given }
            // A way that was ordered is kept.
            if !first.isWayFixed, case .copies(let copies, _) = await expansion.copies(of: first) {
                result.add(copies)
            } else {
                // The attempt that follows finds the words for what leads nowhere.
                result.add(old.map(\.fromTheStart))
            }
        }
        if result.recipients.count == settled { result.recipients += waiting.map(\.fromTheStart) }
        return result.recipients
    }
}
