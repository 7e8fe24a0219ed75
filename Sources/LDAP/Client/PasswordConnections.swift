import DequeModule
import NIOCore
import Synchronization

/// Connections on which passwords are checked by binding. A bind changes the identity of its connection and must be
/// alone on it (RFC 4511 §4.2.1), so none is shared with searches, and each is used by one check at a time.
final class PasswordConnections: Sendable {
    private typealias Waiter = CheckedContinuation<Void, any Error>

    private struct State {
        var idle: [LDAPConnection] = []
        var inUse = 0
        var waiters: Deque<(key: UInt64, waiter: Waiter)> = []
        var isShutDown = false
    }

    private let connector: LDAPConnector
    private let limit: Int
    private let state = Mutex(State())
    private let nextWaiter = Atomic<UInt64>(0)

    init(_ connector: LDAPConnector) {
        self.connector = connector
        limit = max(1, connector.configuration.passwordConnections)
    }

    /// Returns when the server accepts; throws its answer, or why there is none, otherwise.
    func bind(name: String, password: LDAPPassword) async throws {
        try await enter()
        defer { leave() }
        // One that was kept may have been closed by the server meanwhile: that says nothing about the password.
        while let connection = takeIdle() {
            do {
                return try await bind(connection, name, password)
            } catch let error as LDAPError where error.code == .connectionLost {
                continue
            }
        }
        let connected = try await connector.connect(binds: false)
        do {
            try await bind(connected.connection, name, password)
        } catch let error as LDAPError where error.isServerUnavailable {
            connector.failed(connected.index)
            guard connector.configuration.servers.count > 1 else { throw error }
            try await bind(try await connector.connect(binds: false).connection, name, password)
        }
    }

    private func bind(_ connection: LDAPConnection, _ name: String, _ password: LDAPPassword) async throws {
        do {
            try await connection.bind(name: name, password: password)
            keep(connection)
        } catch {
            if let error = error as? LDAPError, case .result = error.code, !error.isServerUnavailable {
                keep(connection)
            } else {
                // After a cancellation too, which may come before anything is sent: nobody else knows of the connection.
                connection.closeGracefully()
            }
            throw error
        }
    }

    private func takeIdle() -> LDAPConnection? {
        state.withLock { state in
            while let connection = state.idle.popLast() {
                if !connection.isClosed { return connection }
            }
            return nil
        }
    }

    private func keep(_ connection: LDAPConnection) {
        let isKept = state.withLock { state in
            guard !state.isShutDown, !connection.isClosed else { return false }
            state.idle.append(connection)
            return true
        }
        if !isKept { connection.closeGracefully() }
    }

    /// Closes those that were not used for so long.
    func closeIdle(longerThan duration: Duration) {
        let old = state.withLock { state in
            let old = state.idle.filter { $0.idleTime >= duration || $0.isClosed }
            state.idle.removeAll { connection in old.contains { $0 === connection } }
            return old
        }
        for connection in old { connection.closeGracefully() }
    }

    func shutDown() -> [LDAPConnection] {
        let (idle, waiters) = state.withLock { state in
            defer {
                state.idle = []
                state.waiters = []
                state.isShutDown = true
            }
            return (state.idle, state.waiters)
        }
        for (_, waiter) in waiters {
            waiter.resume(
                throwing: LDAPError(.connectionLost, server: "", text: "the LDAP client has been shut down"))
        }
        return idle
    }

    /// Takes a place, at once or when one becomes free.
    private func enter() async throws {
        try Task.checkCancellation()
        let isFree = state.withLock { state in
            guard state.inUse < limit else { return false }
            state.inUse += 1
            return true
        }
        if !isFree { try await waitForPlace() }
    }

    /// Not longer than an operation may take: whoever has the places has been waiting for the server as long.
    private func waitForPlace() async throws {
        let key = nextWaiter.add(1, ordering: .relaxed).newValue
        let timeout = connector.configuration.operationTimeout
        let timer = connector.schedule(in: timeout) { [weak self] in
            self?.removeWaiter(key)?.resume(
                throwing: LDAPError(
                    .timedOut, server: "", text: "no connection to check the password on came free within \(timeout)"))
        }
        defer { timer.cancel() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: Waiter) in
                let result = state.withLock { state -> Result<Void, any Error>? in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.inUse < limit {
                        state.inUse += 1
                        return .success(())
                    }
                    state.waiters.append((key, continuation))
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            removeWaiter(key)?.resume(throwing: CancellationError())
        }
    }

    /// Nil when it has its place, or was told that it gets none.
    private func removeWaiter(_ key: UInt64) -> Waiter? {
        state.withLock { state in
            guard let index = state.waiters.firstIndex(where: { $0.key == key }) else { return nil }
            return state.waiters.remove(at: index).waiter
        }
    }

    private func leave() {
        // The place goes straight to the one who waited longest.
        let next = state.withLock { state -> Waiter? in
            if let next = state.waiters.popFirst() { return next.waiter }
            state.inUse -= 1
            return nil
        }
        next?.resume()
    }
}

extension LDAPError {
    /// Whether the server, not the question, is at fault: another server is worth asking.
    var isServerUnavailable: Bool {
        switch code {
        case .connectionLost, .timedOut, .protocolViolation: true
        case .result(.busy), .result(.unavailable): true
        default: false
        }
    }
}
