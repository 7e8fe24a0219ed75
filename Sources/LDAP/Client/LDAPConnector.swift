import Logging
import NIOCore
import Synchronization

/// Makes connections to the first server that takes them: connect, StartTLS, bind.
final class LDAPConnector: Sendable {
    struct Connected: Sendable {
        var connection: LDAPConnection
        /// In the list of servers.
        var index: Int
    }

    let configuration: LDAPClientConfiguration
    private let tls: LDAPTLSContext
    private let group: any EventLoopGroup
    private let logger: Logger
    private let servers: Mutex<ServerList>

    init(_ configuration: LDAPClientConfiguration, group: any EventLoopGroup, logger: Logger) throws(LDAPError) {
        guard !configuration.servers.isEmpty else {
            throw LDAPError(.misconfigured, server: "", text: "no LDAP server is named")
        }
        self.configuration = configuration
        self.group = group
        self.logger = logger
        tls = try LDAPTLSContext(configuration.tls)
        servers = Mutex(ServerList(count: configuration.servers.count))
    }

    /// Runs `body` on one of the client's event loops when the time is over.
    func schedule(in time: Duration, _ body: @escaping @Sendable () -> Void) -> Scheduled<Void> {
        group.next().scheduleTask(in: TimeAmount(time), body)
    }

    /// Says whether the server was well until now.
    @discardableResult
    func failed(_ index: Int) -> Bool {
        servers.withLock { $0.failed(index, at: .now(), jitter: .random(in: 0...1)) }
    }

    func isRested(_ index: Int) -> Bool {
        servers.withLock { $0.isRested(index, at: .now()) }
    }

    /// - Parameter binds: false for connections on which passwords are checked.
    func connect(binds: Bool) async throws -> Connected {
        var failures: [LDAPError] = []
        switch servers.withLock({ $0.attempt(at: .now()) }) {
        case .notNow(let error):
            throw error ?? LDAPError(.connectFailed, server: "", text: "no LDAP server answers").unsent()
        case .servers(let indices):
            for index in indices {
                do {
                    let connection = try await connect(to: index, binds: binds)
                    return Connected(connection: connection, index: index)
                } catch let error as LDAPError {
                    failures.append(error)
                    // The same name and password would be refused everywhere, and may lock the account.
                    if case .refused(let code) = error.code, LDAPPasswordVerdict.refusals.contains(code) { break }
                    try Task.checkCancellation()
                }
            }
        }
        let error = Self.summary(failures)
        servers.withLock { $0.allFailed(error, at: .now(), jitter: .random(in: 0...1)) }
        throw error
    }

    func connect(to index: Int, binds: Bool) async throws -> LDAPConnection {
        let server = configuration.servers[index]
        do {
            let connection = try await LDAPConnection.connect(
                to: server, tls: tls,
                options: LDAPConnectionOptions(
                    connectTimeout: configuration.connectTimeout, operationTimeout: configuration.operationTimeout,
                    maximumMessageLength: configuration.maximumMessageLength), on: group)
            do {
                if configuration.startTLS, server.scheme == .ldap { try await connection.startTLS() }
                if binds { try await bind(connection) }
            } catch {
                connection.closeGracefully()
                throw error
            }
            // Changes are told, not every attempt.
            if servers.withLock({ $0.succeeded(index) }) {
                logger.notice("LDAP server back", metadata: ["server": "\(server.server)"])
            } else {
                logger.debug("connected to LDAP server", metadata: ["server": "\(server.server)"])
            }
            return connection
        } catch var error as LDAPError {
            if case .result(let code) = error.code { error.code = .refused(code) }
            logger.log(
                level: failed(index) ? .warning : .debug, "LDAP server failed",
                metadata: ["server": "\(server.server)", "error": "\(error.text)"])
            throw error.unsent()
        }
    }

    private func bind(_ connection: LDAPConnection) async throws {
        switch configuration.identity {
        case .anonymous: break
        case .simple(let name, let password):
            try await connection.bind(name: name, password: password, timeout: configuration.connectTimeout)
        case .external: try await connection.bindExternally(timeout: configuration.connectTimeout)
        }
    }

    private static func summary(_ failures: [LDAPError]) -> LDAPError {
        guard var last = failures.last else {
            return LDAPError(.connectFailed, server: "", text: "no LDAP server answers").unsent()
        }
        if failures.count > 1 {
            last.server = ""
            last.text = "no LDAP server answers: " + failures.map(\.description).joined(separator: "; ")
        }
        return last
    }
}
