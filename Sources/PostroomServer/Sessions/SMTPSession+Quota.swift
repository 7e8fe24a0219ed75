import Delivery
import Logging
import MailModel
import MailStore
import Routing
import SMTP

extension SMTPSession {
    /// The refusal of a recipient none of whose copies has room, with the size that MAIL announced. Where only some have none,
    /// the others get the message, and what is full waits in the queue: nothing of it is returned now.
    func fullMailbox(_ resolution: Resolution, _ sender: EnvelopeSender, _ site: Site) async -> SMTPReply? {
        guard case .deliver(let destinations) = resolution.verdict, !destinations.isEmpty else { return nil }
        for destination in destinations {
            guard case .mailbox(let mailbox) = destination else { return nil }
            do throws(MailboxFailure) {
                try await site.storage.delivery.checkQuota(of: mailbox, size: sender.declaredSize ?? 0)
                return nil
            } catch {
                // Anything else is found, and told, when the message comes.
                guard error.kind == .overQuota else { return nil }
                logger.info(
                    "no room in a mailbox", metadata: ["to": "\(mailbox.address)", "reason": "\(error.reason)"])
            }
        }
        return site.deliveryOptions.fullMailbox
    }
}
