import Delivery
import Directory
import MailModel
import NIOPosix
import Policy
import Routing
import SiteConfiguration

extension Site {
    /// What the queue needs of this site.
    func queueSite(
        connections: ConnectionCache, policies: STSPolicies, group: MultiThreadedEventLoopGroup
    ) -> QueueSite {
        func remote(_ client: SiteOutgoing.Client) -> RemoteDelivery {
            RemoteDelivery(
                finder: HostFinder(resolver, client.finder),
                security: OutgoingTLS(
                    client.security, resolver: resolver, policies: outgoing.asksForSTS ? policies : nil),
                logins: client.logins, connections: connections, options: client.delivery, group: group)
        }
        var site = QueueSite(
            router: router, mailboxes: storage.delivery, deliveryOptions: deliveryOptions,
            remote: remote(outgoing.client), senderNextHops: outgoing.senderNextHops, schedule: outgoing.schedule,
            reports: outgoing.reports)
        site.transports = outgoing.transports.mapValues(remote)
        return site
    }

    /// The refusal of a recipient whom nobody but `default_transport` serves, where that of its sender is `error:` or `retry:`;
    /// smtpd(8) of Postfix says so at RCPT. What an alias leads there waits for the queue's word.
    func refusal(of resolution: Resolution, sender: ReversePath, _ policy: SMTPPolicy) async -> SMTPReply? {
        guard case .deliver(let destinations) = resolution.verdict, destinations.count == 1,
            case .remote(let remote)? = destinations.first, policy.options.takenUnknown == .none,
            ASCII.lowercased(remote.address.unquoted) == ASCII.lowercased(resolution.recipient.unquoted),
            case .found(let way) = await outgoing.senderNextHops.way(of: remote, sender: sender).outcome
        else { return nil }
        return way.refusal(of: resolution.recipient)
    }

    var deliveryOptions: DeliveryOptions {
        DeliveryOptions(
            recipientHeaders: model.store.recipientHeaders ? .always : .whenAlone,
            fullMailbox: model.accounts.quota.fullMailboxReply)
    }

    /// - Parameter queue: nil where nothing can leave.
    func deliveryTransaction(_ origin: MessageOrigin, queue: MailQueue?) -> DeliveryTransaction {
        DeliveryTransaction(
            origin: origin, mailboxes: storage.delivery, options: deliveryOptions,
            outbox: queue.map { Outbox(queue: $0, router: router, senderNextHops: outgoing.senderNextHops) })
    }
}
