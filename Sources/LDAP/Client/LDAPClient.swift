public import Logging
public import NIOCore
public import NIOPosix
import Synchronization

/// A client for a list of servers: a few shared connections for everything, a few of their own for checking passwords.
/// Connects when first used, again when a connection is lost, and to the next server when one fails.
///
/// `run()` adds what needs time of its own: asking idle connections whether they live, and going back to a better server.
public final class LDAPClient: Sendable {
    public let configuration: LDAPClientConfiguration
    private let connector: LDAPConnector
    private let slots: [ConnectionSlot]
    private let passwordConnections: PasswordConnections
    let referralServers: ReferralServers
    private let nextSlot = Atomic<Int>(0)
    private let logger: Logger

    /// Reads the files that the TLS options name, but connects to nobody.
    ///
    /// - Throws: `LDAPError` with the code `misconfigured`.
    public init(
        _ configuration: LDAPClientConfiguration,
        eventLoopGroup: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup,
        logger: Logger = Logger(label: "ldap", factory: { _ in SwiftLogNoOpLogHandler() })
    ) throws(LDAPError) {
        self.configuration = configuration
        self.logger = logger
        let connector = try LDAPConnector(configuration, group: eventLoopGroup, logger: logger)
        self.connector = connector
        slots = (0..<min(4, max(1, configuration.connections))).map { _ in ConnectionSlot(connector) }
        passwordConnections = PasswordConnections(connector)
        referralServers = ReferralServers(configuration, group: eventLoopGroup, logger: logger)
    }

    // MARK: Operations

    /// Asks the first server that answers, and those to which its referrals lead, if that is configured. A search whose connection was lost is sent once more, since asking twice
    /// changes nothing.
    ///
    /// - Throws: `LDAPError`, or `CancellationError`.
    public func search(_ request: SearchRequest, controls: [LDAPControl] = []) async throws -> SearchResult {
        try await following(request) { client, request in
            try await client.perform(isRepeatable: true) { connection in
                try await connection.search(request, controls: controls, limits: client.configuration.searchLimits)
            }
        }
    }

    /// Searches for no more than `limit` entries and gives those that came, though a limit of the server's or of this call
    /// ended the search before the end: `result.code` is then `sizeLimitExceeded`, `timeLimitExceeded` or
    /// `adminLimitExceeded`. For looking at a directory, never for an answer.
    public func sample(_ request: SearchRequest, limit: Int) async throws -> SearchResult {
        var request = request
        request.sizeLimit = max(1, limit)
        let limited = request
        return try await perform(isRepeatable: true) { connection in
            try await connection.partialSearch(limited, limits: self.configuration.searchLimits)
        }
    }

    /// Searches page by page and gathers the pages, for servers that don't give many entries at once. The bounds of
    /// `searchLimits` are for all pages together.
    public func pagedSearch(_ request: SearchRequest, pageSize: Int = 500) async throws -> SearchResult {
        try await following(request) { client, request in
            try await client.onePagedSearch(request, pageSize: pageSize)
        }
    }

    private func onePagedSearch(_ request: SearchRequest, pageSize: Int) async throws -> SearchResult {
        let limits = configuration.searchLimits
        return try await perform(isRepeatable: true) { connection in
            var whole = SearchResult(entries: [])
            var bytes = 0
            var emptyPages = 0
            for try await page in connection.pagedSearch(request, pageSize: pageSize, limits: limits) {
                whole.entries += page.entries
                whole.references += page.references
                whole.result = page.result
                bytes = page.entries.reduce(bytes) { $0 + $1.size }
                bytes = page.references.reduce(bytes) { $0 + $1.utf8.count }
                guard whole.entries.count <= limits.maximumEntries, bytes <= limits.maximumBytes else {
                    throw LDAPError(
                        .tooManyResults, server: connection.server.server,
                        text:
                            "the search brings more than \(limits.maximumEntries) entries or \(limits.maximumBytes) bytes"
                    )
                }
                // Some servers send one now and then, when their time for a page is over.
                emptyPages = page.entries.isEmpty ? emptyPages + 1 : 0
                guard emptyPages < Self.maximumEmptyPages else {
                    throw LDAPError(
                        .protocolViolation, server: connection.server.server,
                        text: "the server goes on sending pages of a search with nothing on them")
                }
            }
            return whole
        }
    }

    /// In a row.
    private static let maximumEmptyPages = 100

    public func compare(name: String, attribute: AttributeDescription, value: [UInt8]) async throws -> Bool {
        try await perform(isRepeatable: true) { connection in
            try await connection.compare(name: name, attribute: attribute, value: value)
        }
    }

    /// A change is sent again only if it can't have reached a server.
    public func add(_ entry: LDAPEntry) async throws {
        try await perform(isRepeatable: false) { try await $0.add(entry) }
    }

    public func modify(name: String, _ modifications: [LDAPModification]) async throws {
        try await perform(isRepeatable: false) { try await $0.modify(name: name, modifications) }
    }

    public func delete(name: String) async throws {
        try await perform(isRepeatable: false) { try await $0.delete(name: name) }
    }

    public func modifyDN(name: String, _ rename: LDAPRename) async throws {
        try await perform(isRepeatable: false) { try await $0.modifyDN(name: name, rename) }
    }

    public func modifyPassword(_ modification: PasswordModification) async throws -> LDAPPassword? {
        try await perform(isRepeatable: false) { try await $0.modifyPassword(modification) }
    }

    public func whoAmI() async throws -> String {
        try await perform(isRepeatable: true) { try await $0.whoAmI() }
    }

    /// Binds as `name` on a connection of its own. An empty name or password is rejected before anything is sent.
    public func checkPassword(name: String, password: LDAPPassword) async -> LDAPPasswordVerdict {
        guard !name.isEmpty, !password.isEmpty else { return .rejected }
        do {
            try await passwordConnections.bind(name: name, password: password)
            return .accepted
        } catch let error as LDAPError {
            return LDAPPasswordVerdict(error)
        } catch {
            return .unavailable(LDAPError(.timedOut, server: "", text: "the password check was cancelled"))
        }
    }

    /// Runs `body` on a shared connection, again on another one as long as that can help: once after a lost connection,
    /// and once for every other server when one says that it can't serve.
    private func perform<Value: Sendable>(
        isRepeatable: Bool, _ body: (LDAPConnection) async throws -> Value
    ) async throws -> Value {
        var attempts = 0
        while true {
            attempts += 1
            let slot = slots[nextSlot.add(1, ordering: .relaxed).oldValue % slots.count]
            let connected = try await slot.connected()
            do {
                return try await body(connected.connection)
            } catch let error as LDAPError where error.isServerUnavailable {
                try Task.checkCancellation()
                switch error.code {
                case .connectionLost:
                    slot.discard(connected.connection)
                    guard attempts < 2, isRepeatable || error.isUnsent else { throw error }
                case .result:
                    // busy, unavailable: nothing was done.
                    connector.failed(connected.index)
                    slot.discard(connected.connection)
                    guard attempts < configuration.servers.count else { throw error }
                default:
                    connector.failed(connected.index)
                    if connected.connection.isClosed { slot.discard(connected.connection) }
                    throw error
                }
            }
        }
    }

    // MARK: Life

    /// Looks after the connections until the task is cancelled.
    public func run() async {
        var nextReturn = ServerList.firstDelay
        while !Task.isCancelled {
            let isSecondBest = slots.contains { ($0.current?.index ?? 0) > 0 }
            let pause =
                isSecondBest
                ? min(Duration(nextReturn), configuration.idleCheckInterval) : configuration.idleCheckInterval
            try? await Task.sleep(for: pause * Double.random(in: 0.75...1))
            guard !Task.isCancelled else { return }
            if isSecondBest {
                let hasReturned = await returnToBetterServer()
                nextReturn =
                    hasReturned
                    ? ServerList.firstDelay
                    : .nanoseconds(min(nextReturn.nanoseconds * 2, ServerList.longestDelay.nanoseconds))
            }
            await checkIdleConnections()
            passwordConnections.closeIdle(longerThan: configuration.idleCheckInterval * 5)
        }
    }

    /// Whether all connections are with the best server that can be reached.
    private func returnToBetterServer() async -> Bool {
        for slot in slots {
            guard let current = slot.current else { continue }
            for index in 0..<current.index where connector.isRested(index) {
                guard let connection = try? await connector.connect(to: index, binds: true) else { continue }
                guard await isAlive(connection) else {
                    connector.failed(index)
                    connection.closeGracefully()
                    continue
                }
                slot.replace(with: LDAPConnector.Connected(connection: connection, index: index))
                passwordConnections.closeIdle(longerThan: .zero)
                logger.notice("back at LDAP server", metadata: ["server": "\(connection.server.server)"])
                break
            }
        }
        return slots.allSatisfy { ($0.current?.index ?? 0) == 0 }
    }

    private func checkIdleConnections() async {
        for slot in slots {
            guard let connection = slot.current?.connection, connection.idleTime >= configuration.idleCheckInterval / 2
            else { continue }
            if await !isAlive(connection), !Task.isCancelled {
                slot.discard(connection)
                connection.close(
                    LDAPError(
                        .connectionLost, server: connection.server.server, text: "the server does not answer any more"))
            }
        }
    }

    /// An answered search, not an open port, is what shows that a server works.
    private func isAlive(_ connection: LDAPConnection) async -> Bool {
        let rootDSE = SearchRequest(base: "", scope: .base, filter: .present("objectClass"), attributes: ["1.1"])
        do {
            _ = try await connection.search(rootDSE, timeout: configuration.connectTimeout)
            return true
        } catch let error as LDAPError {
            // Some servers hide their rootDSE, but that is an answer.
            if case .result = error.code, !error.isServerUnavailable { return true }
            return false
        } catch {
            return false
        }
    }

    /// Says goodbye to all servers. Whatever is asked afterwards fails.
    public func shutDown() async {
        let connections = slots.compactMap { $0.shutDown() } + passwordConnections.shutDown()
        for connection in connections { await connection.unbind() }
        await referralServers.shutDown()
    }
}
