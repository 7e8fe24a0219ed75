import Delivery
import MailModel
import NIOPosix
import SiteConfiguration

extension Site {
    /// What the queue needs of this site.
    func queueSite(
        connections: ConnectionCache, policies: STSPolicies, group: MultiThreadedEventLoopGroup
    ) -> QueueSite {
        let remote = RemoteDelivery(
            finder: HostFinder(resolver, outgoing.finder),
            security: OutgoingTLS(
                outgoing.security, resolver: resolver, policies: outgoing.asksForSTS ? policies : nil),
            logins: outgoing.logins, connections: connections, options: outgoing.client, group: group)
        return QueueSite(
            router: router, maildirs: storage.delivery, deliveryOptions: deliveryOptions, remote: remote,
            relayHosts: outgoing.relayHosts, schedule: outgoing.schedule, reports: outgoing.reports)
    }

    var deliveryOptions: DeliveryOptions {
        DeliveryOptions(recipientHeaders: model.store.recipientHeaders ? .always : .whenAlone)
    }

    /// - Parameter queue: nil where nothing can leave.
    func deliveryTransaction(_ origin: MessageOrigin, queue: MailQueue?) -> DeliveryTransaction {
        DeliveryTransaction(
            origin: origin, maildirs: storage.delivery, options: deliveryOptions,
            outbox: queue.map { Outbox(queue: $0, router: router, relayHosts: outgoing.relayHosts) })
    }
}
