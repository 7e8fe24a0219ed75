import Blocking
import DNS
import Delivery
import Glibc
import Logging
import MailModel
import NIOPosix
import SiteConfiguration
import Spool

/// What outlives a reload of the site: the spool, the queue at work, open sessions with next hops, policies of MTA-STS.
final class QueueService: Sendable {
    let queue: MailQueue
    private let sites: SiteHolder
    private let pool: BlockingPool
    private let connections: ConnectionCache
    private let policies: STSPolicies
    private let executor: (any TaskExecutor)?

    private init(
        queue: MailQueue, sites: SiteHolder, pool: BlockingPool, connections: ConnectionCache, policies: STSPolicies,
        executor: (any TaskExecutor)?
    ) {
        self.queue = queue
        self.sites = sites
        self.pool = pool
        self.connections = connections
        self.policies = policies
        self.executor = executor
    }

    /// Opens the spool in `folder` and joins the queue to whatever site is in force.
    static func open(
        _ folder: String, _ sites: SiteHolder, group: MultiThreadedEventLoopGroup
    ) async throws(SpoolFailure) -> QueueService {
        // A write waits for the disk; many wait together (group commit).
        let pool = BlockingPool(name: "spool", threads: 32)
        var options = SpoolOptions(path: Array(folder.utf8))
        options.messageSizeLimit = UInt64(clamping: sites.current.model.limits.messageSize.value)
        if let free = sites.current.model.outgoing.minimumFreeSpace?.value {
            options.minimumFree = max(options.minimumFree, free)
        }
        let spool = try await MessageSpool.open(options, pool: pool)
        let connections = ConnectionCache()
        let resolver = CurrentResolver(sites: sites)
        let policies = STSPolicies(
            resolver: resolver, source: STSPolicyFetch(resolver: resolver, group: group),
            folder: await policyFolder(folder, pool), logger: Logger(label: "mta-sts"))
        let executors = LoopExecutors(group)
        let queue = MailQueue(spool: spool, executor: executors.next) {
            sites.current.queueSite(connections: connections, policies: policies, group: group)
        }
        return QueueService(
            queue: queue, sites: sites, pool: pool, connections: connections, policies: policies,
            executor: executors.next())
    }

    /// Nil, and policies are forgotten at the end, where there is no such folder to be had.
    private static func policyFolder(_ spool: String, _ pool: BlockingPool) async -> STSPolicyFolder? {
        do {
            let handle = try await pool.run {
                let path = Array("\(spool)/mta-sts".utf8)
                let roots = try MailRoots([Array(spool.utf8)])
                _ = try roots.makeDirectories(path)
                return try roots.open(path)
            }
            return STSPolicyFolder(handle, pool: pool)
        } catch {
            Logger(label: "mta-sts").warning("policies can't be kept", metadata: ["reason": "\(error)"])
            return nil
        }
    }

    /// Until it is cancelled.
    func run() async {
        await policies.load()
        await withDiscardingTaskGroup { tasks in
            tasks.addTask(executorPreference: self.executor) { await self.queue.run() }
            tasks.addTask { await self.connections.run() }
            tasks.addTask {
                // RFC 8461 §3.3: at least daily.
                while (try? await Task.sleep(for: .seconds(3600))) != nil { await self.policies.refresh() }
            }
        }
    }

    func close() async {
        await queue.spool.close()
        await pool.shutDown()
    }
}

/// Asks DNS as the site in force does.
private struct CurrentResolver: DNSResolver {
    let sites: SiteHolder

    private var resolver: any DNSResolver { sites.current.resolver }

    func mailExchangers(of name: DNSName) async -> DNSAnswer<MailExchanger> { await resolver.mailExchangers(of: name) }
    func addresses(of name: DNSName, _ family: DNSAddress.Family) async -> DNSAnswer<DNSAddress> {
        await resolver.addresses(of: name, family)
    }
    func texts(of name: DNSName) async -> DNSAnswer<[UInt8]> { await resolver.texts(of: name) }
    func tlsa(of name: DNSName) async -> DNSAnswer<TLSARecord> { await resolver.tlsa(of: name) }
    func names(of address: DNSAddress) async -> DNSAnswer<DNSName> { await resolver.names(of: address) }
    func nameServers(of name: DNSName) async -> DNSAnswer<DNSName> { await resolver.nameServers(of: name) }
    func alias(of name: DNSName) async -> DNSAnswer<DNSName> { await resolver.alias(of: name) }
}
