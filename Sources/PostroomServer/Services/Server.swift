import Delivery
import Glibc
import Logging
import NIOCore
package import NIOPosix
import Net
package import SiteConfiguration
import Synchronization
import UnixSignals

/// A site that serves: its listeners, its sessions and what runs beside them.
package final class Server: Sendable {
    package let group: MultiThreadedEventLoopGroup
    let sites: SiteHolder
    private let tls: Mutex<ServerTLS>
    private let listeners: Listeners
    private let announce: AsyncStream<Site>.Continuation
    let source: SiteSource?
    private let runtimeDirectory: String?
    let queue: MailQueue
    let logger = Logger(label: "server")

    private init(
        group: MultiThreadedEventLoopGroup, sites: SiteHolder, tls: ServerTLS, listeners: Listeners,
        announce: AsyncStream<Site>.Continuation, source: SiteSource?, runtimeDirectory: String?, queue: MailQueue
    ) {
        self.runtimeDirectory = runtimeDirectory
        self.queue = queue
        self.group = group
        self.sites = sites
        self.tls = Mutex(tls)
        self.listeners = listeners
        self.announce = announce
        self.source = source
    }

    package var site: Site { sites.current }

    /// The port that a kind of listener has; the first, when there are several.
    package func port(_ kind: ListenerModel.Kind) -> Int? {
        listeners.all.first { $0.kind == kind }?.localPort
    }

    /// PEM file of the certificate that the server made up; nil when one is configured.
    package var selfSignedCertificate: String? { tls.withLock { $0.selfSignedCertificate } }

    // MARK: Life

    /// Serves until SIGTERM or SIGINT; SIGHUP reads the configuration anew.
    ///
    /// - Parameter report: what became of another program's settings, for the log.
    package static func run(_ model: SiteModel, source: SiteSource, report: ImportReport? = nil) async throws {
        Privileges.forbidDumps()
        ImportLog.write(report)
        let environment = ProcessEnvironment.current
        let sockets = BoundSockets(environment: environment)
        let folder = QueueFolder.path(model, environment: environment)
        let runtime = RuntimeFolder.path(model, environment: environment)
        try await withRunning(
            model, source: source, sockets: sockets, queueDirectory: folder,
            indexDirectory: IndexFolder.path(model, environment: environment), runtimeDirectory: runtime
        ) { server in
            await server.waitForSignal()
        }
    }

    /// Serves while `body` runs, then drains.
    ///
    /// - Parameters:
    ///   - source: read again by `reload`.
    ///   - queueDirectory: where mail waits, also from an earlier life.
    ///   - indexDirectory: where what is known of mailboxes is kept; nil keeps nothing.
    ///   - runtimeDirectory: for the sockets of programs of this machine and of `postroom queue`; nil makes only what is
    ///     configured.
    package static func withRunning<Value: Sendable>(
        _ given: SiteModel, source: SiteSource? = nil, sockets: BoundSockets = BoundSockets(), queueDirectory: String,
        indexDirectory: String? = nil, runtimeDirectory: String? = nil, _ body: (Server) async throws -> Value
    ) async throws -> Value {
        // A client that is gone shall be an error of its connection, not a signal for the process.
        signal(SIGPIPE, SIG_IGN)
        if let runtimeDirectory { RuntimeFolder.make(runtimeDirectory) }
        let model = given.joined(toRuntimeFolder: runtimeDirectory)
        let tls = try ServerTLS(model)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        let site = try await Site.open(model, group: group)
        if let indexDirectory { site.storage.keepIndexes(in: indexDirectory) }
        let sites = SiteHolder(site)
        let queueService: QueueService
        do {
            queueService = try await QueueService.open(queueDirectory, sites, group: group)
        } catch {
            await site.close()
            try? await group.shutdownGracefully()
            throw error
        }
        sites.join(queueService.queue)
        let (newSites, announce) = AsyncStream<Site>.makeStream()
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                await withDiscardingTaskGroup { running in
                    for await site in newSites { running.addTask { await site.run() } }
                }
            }
            tasks.addTask { await queueService.run() }
            announce.yield(site)
            var administration: AdministrationListener?
            if let runtimeDirectory {
                administration = await AdministrationListener.open(
                    in: runtimeDirectory, queueService.queue, group: group)
            }
            var listeners: Listeners?
            let result: Result<Value, any Error>
            do {
                let open = try await Listeners(opening: model, sockets, sites, tls, group)
                listeners = open
                let server = Server(
                    group: group, sites: sites, tls: tls, listeners: open, announce: announce,
                    source: source, runtimeDirectory: runtimeDirectory, queue: queueService.queue)
                tasks.addTask { await server.watchFiles() }
                result = .success(try await body(server))
            } catch {
                result = .failure(error)
            }
            let limit = sites.current.model.limits.drainTime
            let drain = TimeAmount(limit)
            await withDiscardingTaskGroup { stopping in
                // What sessions still hand in is kept for the next start.
                stopping.addTask { await queueService.queue.drain(for: limit) }
                for listener in listeners?.all ?? [] { stopping.addTask { await listener.shutDown(grace: drain) } }
            }
            await administration?.shutDown()
            announce.finish()
            sites.current.retire()
            tasks.cancelAll()
            while (try? await tasks.next()) != nil {}
            await queueService.close()
            await site.storage.closeIndexes()
            await sites.current.close()
            try? await group.shutdownGracefully()
            return try result.get()
        }
    }

    /// Returns at SIGTERM and SIGINT.
    package func waitForSignal() async {
        for listener in listeners.all {
            logger.notice(
                "listening",
                metadata: [
                    "listener": "\(listener.kind.rawValue)",
                    "address": "\(listener.address)",
                ])
        }
        for await signal in await UnixSignalsSequence(trapping: .sighup, .sigterm, .sigint) {
            guard signal == .sighup else {
                logger.notice("stopping", metadata: ["signal": "\(signal)"])
                return
            }
            await reload()
        }
    }

    /// Puts a new site in force, from the configuration as it is now; one with faults changes nothing and is reported.
    ///
    /// - Returns: whether the new one is in force.
    @discardableResult
    package func reload() async -> Bool {
        guard let source else { return false }
        do {
            var loaded = try await SiteLoader.loadWhole(source, environment: ProcessEnvironment.current)
            loaded.model = loaded.model.joined(toRuntimeFolder: runtimeDirectory)
            for warning in loaded.warnings { logger.warning("configuration", metadata: ["finding": "\(warning)"]) }
            ImportLog.write(loaded.report)
            let model = loaded.model
            let certificates: Result<ServerTLS, ServerTLSError>? = await Hashing.blocking {
                do throws(ServerTLSError) {
                    return .success(try ServerTLS(model))
                } catch {
                    return .failure(error)
                }
            }
            guard let certificates else {
                throw ServerTLSError(
                    file: source.name, reason: "too many passwords are being checked to read the certificates",
                    remedy: "reload again")
            }
            // Nothing is in force before everything has been tried: site, certificates and listeners change together.
            let newTLS = try certificates.get()
            let change = try listeners.change(to: model, newTLS)
            let new = try await Site.open(model, group: group, succeeding: sites.current)
            let old = sites.replace(with: new)
            tls.withLock { $0 = newTLS }
            listeners.take(change)
            announce.yield(new)
            old.retire()
            await queue.siteChanged()
            logger.notice("the configuration was read anew", metadata: ["file": "\(source.name)"])
            return true
        } catch {
            for line in "\(error)".split(separator: "\n") {
                logger.error("the configuration stays as it was", metadata: ["fault": "\(line)"])
            }
            return false
        }
    }
}

extension TimeAmount {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        self = .nanoseconds(overflow ? .max : nanoseconds &+ attoseconds / 1_000_000_000)
    }
}
