package import MailModel
package import SMTP

/// Sessions with next hops that are open and idle: the next message for the same host spares connecting, TLS and login.
package actor ConnectionCache {
    /// What two messages must have in common to share a session: nobody's mail goes over a session that was opened with
    /// another's login, or with less TLS than it asks for.
    package struct Key: Hashable, Sendable {
        package var transport: RemoteDestination.Transport
        package var host: CandidateHost
        /// What TLS was asked for, as `OutgoingTLS` explains it.
        package var security: String
        package var login: [UInt8]?

        package init(
            transport: RemoteDestination.Transport, host: CandidateHost, security: String, login: [UInt8]? = nil
        ) {
            self.transport = transport
            self.host = host
            self.security = security
            self.login = login
        }
    }

    private struct Idle {
        var key: Key
        var connection: OutgoingConnection
        var uses: Int
        var since: ContinuousClock.Instant
    }

    /// How long a session may lie idle (`smtp_connection_cache_time_limit`): servers keep count of those who do.
    package static let idleLimit = Duration.seconds(2)
    /// Messages over one session, before another takes its place: behind a name there may be many hosts.
    package static let useLimit = 100
    /// Idle sessions altogether.
    package static let limit = 100

    private var idle: [Idle] = []

    package init() {}

    /// A session that may have been closed by the other side meanwhile, and how often it was used.
    package func take(_ key: Key) -> (connection: OutgoingConnection, uses: Int)? {
        // Where the task runs on an event loop, one of that loop's own: every wait spares two changes of threads.
        let own = idle.lastIndex { $0.connection.isOnThisThread && $0.key == key }
        guard let place = own ?? idle.lastIndex(where: { $0.key == key }) else { return nil }
        let found = idle.remove(at: place)
        return (found.connection, found.uses)
    }

    package func give(_ connection: OutgoingConnection, for key: Key, uses: Int) async {
        guard uses < Self.useLimit, await connection.isReusable else { return await connection.quit() }
        idle.append(Idle(key: key, connection: connection, uses: uses, since: .now))
        if idle.count > Self.limit { await idle.removeFirst().connection.quit() }
    }

    /// Closes what has been idle for too long, until it is cancelled; then all.
    package func run() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let limit = ContinuousClock.now - Self.idleLimit
            let old = idle.filter { $0.since < limit }
            guard !old.isEmpty else { continue }
            idle.removeAll { $0.since < limit }
            await close(old)
        }
        let rest = idle
        idle = []
        await close(rest)
    }

    private func close(_ sessions: [Idle]) async {
        await withDiscardingTaskGroup { tasks in
            for session in sessions { tasks.addTask { await session.connection.quit() } }
        }
    }
}
