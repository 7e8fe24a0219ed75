import MailModel
package import MailStore
package import Routing
package import Spool

/// What the queue needs of the site in force; taken anew for every attempt, so that a reload mends what waits.
package struct QueueSite: Sendable {
    package var router: Router
    package var mailboxes: MailboxDelivery
    package var deliveryOptions: DeliveryOptions
    package var remote: RemoteDelivery
    /// Transports with options of their own, by name.
    package var transports: [String: RemoteDelivery] = [:]
    package var senderNextHops: SenderNextHops
    package var schedule: ScheduleOptions
    package var reports: QueueReportOptions

    package init(
        router: Router, mailboxes: MailboxDelivery, deliveryOptions: DeliveryOptions, remote: RemoteDelivery,
        senderNextHops: SenderNextHops, schedule: ScheduleOptions, reports: QueueReportOptions
    ) {
        self.router = router
        self.mailboxes = mailboxes
        self.deliveryOptions = deliveryOptions
        self.remote = remote
        self.senderNextHops = senderNextHops
        self.schedule = schedule
        self.reports = reports
    }

    /// Nil for a transport that the site has no more.
    func remote(_ transport: RemoteDestination.Transport) -> RemoteDelivery? {
        transports[transport.spelling] ?? (transport.name == nil ? remote : nil)
    }
}
