import DNS
import Delivery
import LookupTables
import MailModel
import NIOCore
import NIOPosix
import Net
import Routing
import SMTP
import SiteConfiguration
import Spool

/// How a site's mail leaves, without what outlives a reload: connections, policies of MTA-STS, the queue itself.
struct SiteOutgoing: Sendable {
    var finder: HostFinder.Options
    var security: OutgoingTLSOptions
    var asksForSTS: Bool
    var logins: NextHopLogins
    var client: RemoteDelivery.Options
    var relayHosts: SenderRelayHosts
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
        return SiteOutgoing(
            finder: finder(), security: security(), asksForSTS: outgoing.asksForSTS?.value ?? isNative,
            logins: NextHopLogins(
                tables: outgoing.logsIn ? tables.tables(outgoing.logins) : [],
                asksForSender: outgoing.asksLoginsForSender?.value ?? false),
            client: RemoteDelivery.Options(client: OutgoingOptions(heloName: name)),
            relayHosts: SenderRelayHosts(tables: tables.tables(outgoing.senderRelayHosts)), schedule: schedule(),
            reports: QueueReportOptions(
                hostname: name, postmaster: model.postmaster?.value, size: outgoing.bounceSize?.value ?? 50_000))
    }

    private var isNative: Bool { model.routing.meaning == .native }

    // MARK: Next hops

    private func finder() -> HostFinder.Options {
        var options = HostFinder.Options()
        for name in [model.hostname.value, model.routing.origin?.value].compactMap({ $0 }) {
            if let name = DNSName(name) { options.ownNames.insert(name) }
        }
        for listener in model.listeners where listener.kind == .smtp {
            guard let port = UInt16(exactly: listener.port) else { continue }
            let hosts = listener.host.value == "*" ? LocalAddresses.all() : [listener.host.value]
            for host in hosts {
                if let address = DNSAddress(host) { options.ownAddresses.insert(.address(address, port: port)) }
            }
        }
        return options
    }

    // MARK: TLS

    private func security() -> OutgoingTLSOptions {
        var options = OutgoingTLSOptions()
        if let level = outgoing.tlsLevel {
            options.level = OutgoingTLSLevel(level.value.rawValue) ?? .may
        } else {
            // Postfix's own default sends in clear; ours asks for what the other side has, DANE included.
            options.level = isNative ? .dane : .none
        }
        options.policies = tables.tables(outgoing.tlsPolicies)
        let files = (file: outgoing.caFile?.value, directory: outgoing.caDirectory?.value)
        if files.file != nil || files.directory != nil {
            do throws(TrustAnchorsError) {
                options.trustAnchors = try TrustAnchors.load(file: files.file, directory: files.directory)
            } catch {
                faults.error(
                    at: (outgoing.caFile ?? outgoing.caDirectory)?.location ?? model.hostname.location, "\(error)",
                    remedy: "name the file or folder of the certificates that other hosts are checked by")
            }
        }
        return options
    }

    // MARK: Times

    private func schedule() -> ScheduleOptions {
        var options = ScheduleOptions()
        if let value = outgoing.minimalBackoff?.value { options.minimalBackoff = value }
        if let value = outgoing.maximalBackoff?.value { options.maximalBackoff = value }
        if let value = outgoing.lifetime?.value { options.lifetime = value }
        options.bounceLifetime = outgoing.bounceLifetime?.value ?? options.lifetime
        if let value = outgoing.delayWarning?.value, value > .zero { options.delayWarning = value }
        return options
    }
}

/// The addresses of this machine's interfaces.
enum LocalAddresses {
    static func all() -> [String] {
        ((try? System.enumerateDevices()) ?? []).compactMap { device in
            // Without the zone of a link-local address.
            device.address?.ipAddress.map { String($0.prefix { $0 != "%" }) }
        }
    }
}
