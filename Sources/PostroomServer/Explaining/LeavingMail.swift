import DNS
import Delivery
import Directory
import Logging
import MailModel
import NIOPosix
import Routing
import SMTP
import SiteConfiguration
import Spool

/// How a copy for another host would leave, as steps of a trace: next hop, hosts, TLS and login at each, the sender it
/// leaves with. What serving would do is asked of the same values; nobody is connected to but name servers and, for
/// policies of MTA-STS, web servers.
struct LeavingMail {
    let site: Site
    let sender: ReversePath
    /// Without it nothing outside is asked.
    let asksDNS: Bool

    func steps(_ resolution: Resolution) async -> [TraceStep] {
        guard case .deliver(let destinations) = resolution.verdict else { return [] }
        var steps: [TraceStep] = []
        for case .remote(let remote) in destinations.prefix(100) {
            steps.append(await step(remote, given: resolution.recipient))
        }
        return steps
    }

    private func step(_ remote: RemoteDestination, given: EmailAddress) async -> TraceStep {
        var children: [TraceStep] = []
        var way = QueuedWay.remote(remote.transport, nextHop: remote.nextHop, domain: remote.address.domain)
        let relay = await site.outgoing.senderNextHops.way(of: remote, sender: sender)
        switch relay.outcome {
        case .found(.leaves(let found)):
            if found != way {
                children.append(decision("by sender", "\(sender) leaves by \(found.text)", relay.steps))
            } else if !relay.steps.isEmpty {
                children.append(decision("by sender", "nothing for <\(sender)>", relay.steps))
            }
            way = found
        case .found(let end):
            return decision(
                "leaves", "\(remote.address) does not", [decision("by sender", "\(sender): \(end.text)", relay.steps)])
        case .absent: break
        case .unavailable(let reason):
            children.append(decision("by sender", "can't be told now: \(reason.text)", relay.steps))
        }
        let leaving = await site.router.leavingSender(sender, for: given, to: remote.address)
        switch leaving.outcome {
        case .found(let new) where new != sender: children.append(decision("srs", "the sender becomes <\(new)>", []))
        case .found, .absent: break
        case .unavailable(let reason):
            children.append(decision("srs", "whether the sender stays can't be told: \(reason.text)", leaving.steps))
        }
        if case .remote(let transport, let nextHop, let domain) = way {
            children += await hops(transport, nextHop, domain)
        }
        return decision("leaves", "\(remote.address) by \(way.text)", children)
    }

    // MARK: Next hops

    private func hops(
        _ transport: RemoteDestination.Transport, _ nextHop: String?, _ domain: Domain
    ) async -> [TraceStep] {
        let outgoing = site.outgoing
        guard
            let client = outgoing.transports[transport.spelling] ?? (transport.name == nil ? outgoing.client : nil)
        else { return [decision("transport", "there is no \(transport.spelling) here", [])] }
        let list: [NextHop]
        do throws(NextHop.Malformed) {
            list = try NextHop.list(nextHop, transport, domain: domain)
        } catch {
            return [decision("next hop", "\(error): mail waits", [])]
        }
        var steps: [TraceStep] = []
        for hop in list.prefix(20) {
            let text = nextHop ?? domain.description
            let recipientDomain = nextHop == nil ? DNSName(domain.bytes) : nil
            steps.append(
                asksDNS
                    ? await step(hop, client, text: text, transport: transport, recipientDomain)
                    : decision("next hop", "\(hop); its hosts are not looked up", await login(client, text, host: nil)))
        }
        return steps
    }

    private func step(
        _ hop: NextHop, _ client: SiteOutgoing.Client, text: String, transport: RemoteDestination.Transport,
        _ recipientDomain: DNSName?
    ) async -> TraceStep {
        let hosts: [CandidateHost]
        switch await HostFinder(site.resolver, client.finder).hosts(of: hop) {
        case .nowhere(let status, let reason): return decision("next hop", "\(hop): \(status) \(reason)", [])
        case .unknown(let status, let reason): return decision("next hop", "\(hop): \(status) \(reason)", [])
        case .hosts(let found): hosts = found
        }
        let security = OutgoingTLS(client.security, resolver: site.resolver, policies: policies)
        let terms: OutgoingTLS.Terms
        do throws(OutgoingTLSRefusal) {
            terms = try await security.terms(
                for: hop, recipientDomain: recipientDomain, defaultPort: transport.kind == .lmtp ? 24 : 25)
        } catch {
            return decision("next hop", "\(hop): \(error.status) \(error.reason)", [])
        }
        var children: [TraceStep] = []
        for host in hosts {
            var own: [TraceStep] = []
            if case .address = host.endpoint {
                let tls = await security.decision(for: host, under: terms)
                own = tls.explanation.map { decision("tls", $0, []) }
                if case .skip(let refusal) = tls.action {
                    own.append(decision("tls", "not used: \(refusal.status) \(refusal.reason)", []))
                }
            }
            own += await login(client, text, host: host.name?.description)
            children.append(decision("host", host.description, own))
        }
        return decision("next hop", "\(hop)", children)
    }

    /// Never more of it than the name.
    private func login(_ client: SiteOutgoing.Client, _ hop: String, host: String?) async -> [TraceStep] {
        let answer = await client.logins.credentials(sender: sender.address?.unquoted, hop: hop, host: host)
        switch answer.outcome {
        case .absent: return []
        // The steps of the lookup would show the password.
        case .found(let credentials): return [decision("login", String(decoding: credentials.login, as: UTF8.self), [])]
        case .unavailable(let reason): return [decision("login", "can't be told now: \(reason.text)", [])]
        }
    }

    private var policies: STSPolicies? {
        guard site.outgoing.asksForSTS else { return nil }
        return STSPolicies(
            resolver: site.resolver, source: STSPolicyFetch(resolver: site.resolver, group: .singleton),
            logger: Logger(label: "mta-sts"))
    }

    private func decision(_ rule: String, _ text: String, _ children: [TraceStep]) -> TraceStep {
        TraceStep(.decision(rule: rule, text: text), children: children)
    }
}
