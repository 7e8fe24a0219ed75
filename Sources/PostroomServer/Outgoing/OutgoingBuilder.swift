import Delivery
import MailModel
import Routing
import SiteConfiguration
import Spool

/// How a site's mail leaves, without what outlives a reload: connections, policies of MTA-STS, the queue itself.
struct SiteOutgoing: Sendable {
    /// How hosts are found and spoken to.
    struct Client: Sendable {
        var finder: HostFinder.Options
        var security: OutgoingTLSOptions
        var logins: NextHopLogins
        var delivery: RemoteDelivery.Options
    }

    var client: Client
    /// Transports with options of their own, by name.
    var transports: [String: Client]
    var asksForSTS: Bool
    var senderNextHops: SenderNextHops
    var schedule: ScheduleOptions
    var reports: QueueReportOptions
}

/// `OutgoingModel` → the options of the rooms that mail leaves through.
struct OutgoingBuilder {
    let model: SiteModel
    let tables: TablesBuilder
    let faults: FaultCollector

    private var outgoing: OutgoingModel { model.outgoing }

    /// Nil where the host's name is none: that fault is told elsewhere.
    func outgoingMail() -> SiteOutgoing? {
        guard let name = Domain(model.hostname.value) else { return nil }
        let builder = OutgoingClientBuilder(model: model, hostname: name, tables: tables, faults: faults)
        let client = builder.client(outgoing.client)
        var transports: [String: SiteOutgoing.Client] = [:]
        for transport in outgoing.transports {
            transports[transport.name.value] = builder.client(transport.client.completed(by: outgoing.client))
        }
        return SiteOutgoing(
            client: client, transports: transports, asksForSTS: outgoing.asksForSTS?.value ?? isNative,
            senderNextHops: senders(), schedule: schedule(),
            reports: QueueReportOptions(
                hostname: name, postmaster: (outgoing.noticeRecipient ?? model.postmaster)?.value,
                size: outgoing.bounceSize?.value ?? 50_000, tellsPostmaster: outgoing.tellsPostmaster?.value ?? true))
    }

    private func senders() -> SenderNextHops {
        SenderNextHops(
            transports: tables.tables(outgoing.senderTransports), relayHosts: tables.tables(outgoing.senderRelayHosts),
            named: TransportBuilder.named(outgoing), relayHost: outgoing.relayHost?.value,
            delimiter: RecipientDelimiter(model.routing.recipientDelimiter.value))
    }

    private var isNative: Bool { model.routing.meaning == .native }

    // MARK: Times and numbers

    private func schedule() -> ScheduleOptions {
        var options = ScheduleOptions()
        if let value = outgoing.minimalBackoff?.value { options.minimalBackoff = value }
        if let value = outgoing.maximalBackoff?.value { options.maximalBackoff = value }
        if let value = outgoing.lifetime?.value { options.lifetime = value }
        options.bounceLifetime = outgoing.bounceLifetime?.value ?? options.lifetime
        if let value = outgoing.delayWarning?.value, value > .zero { options.delayWarning = value }
        options.limits = limits(outgoing.limits, DestinationLimits())
        for transport in outgoing.transports where !transport.limits.isEmpty {
            options.transportLimits[transport.name.value] = limits(transport.limits, options.limits)
        }
        return options
    }

    private func limits(_ model: DestinationLimitsModel, _ site: DestinationLimits) -> DestinationLimits {
        DestinationLimits(
            initialConcurrency: model.initialConcurrency?.value ?? site.initialConcurrency,
            concurrency: model.concurrency?.value ?? site.concurrency,
            recipientsPerJob: model.recipients?.value ?? site.recipientsPerJob,
            rateDelay: model.rateDelay?.value ?? site.rateDelay)
    }
}
