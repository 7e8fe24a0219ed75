import Delivery
import MailModel
import NIOPosix
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
