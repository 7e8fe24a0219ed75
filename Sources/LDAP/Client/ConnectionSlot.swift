import NIOCore
import Synchronization

/// The place of one shared connection. Whoever finds it empty connects; everybody else waits for that one attempt.
final class ConnectionSlot: Sendable {
    typealias Connected = LDAPConnector.Connected
    /// nil: the attempt was given up, try for yourself.
    private typealias Waiter = CheckedContinuation<Connected?, any Error>

    private enum State {
        case empty
        case connecting(waiters: [UInt64: Waiter])
        case ready(Connected)
        case shutDown
    }

    private enum Step {
        case use(Connected)
        case connect
        case wait
        case fail(any Error)
    }

    private let connector: LDAPConnector
    private let state = Mutex(State.empty)
    private let nextWaiter = Atomic<UInt64>(0)

    init(_ connector: LDAPConnector) {
        self.connector = connector
    }

    /// What is there now; nobody is waited for.
    var current: Connected? {
        state.withLock { state in
            if case .ready(let connected) = state, !connected.connection.isClosed { connected } else { nil }
        }
    }

    func connected() async throws -> Connected {
        while true {
            let step = state.withLock { state -> Step in
                switch state {
                case .ready(let connected) where !connected.connection.isClosed: return .use(connected)
                case .empty, .ready:
                    state = .connecting(waiters: [:])
                    return .connect
                case .connecting: return .wait
                case .shutDown: return .fail(Self.closed)
                }
            }
            switch step {
            case .use(let connected): return connected
            case .connect: return try await connect()
            case .wait:
                if let connected = try await wait() { return connected }
            case .fail(let error): throw error
            }
        }
    }

    private static var closed: LDAPError {
        LDAPError(.connectionLost, server: "", text: "the LDAP client has been shut down")
    }

    private func connect() async throws -> Connected {
        do {
            let connected = try await connector.connect(binds: true)
            let (waiters, isWanted) = end(.ready(connected))
            for waiter in waiters { waiter.resume(returning: connected) }
            guard isWanted else {
                connected.connection.closeGracefully()
                throw Self.closed
            }
            return connected
        } catch {
            let (waiters, _) = end(.empty)
            for waiter in waiters {
                if error is CancellationError {
                    waiter.resume(returning: nil)
                } else {
                    waiter.resume(throwing: error)
                }
            }
            throw error
        }
    }

    private func end(_ outcome: State) -> (waiters: [Waiter], isWanted: Bool) {
        state.withLock { state in
            guard case .connecting(let waiters) = state else { return ([], false) }
            state = outcome
            return (Array(waiters.values), true)
        }
    }

    private func wait() async throws -> Connected? {
        let key = nextWaiter.add(1, ordering: .relaxed).newValue
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let again = state.withLock { state in
                    guard !Task.isCancelled, case .connecting(var waiters) = state else { return true }
                    waiters[key] = continuation
                    state = .connecting(waiters: waiters)
                    return false
                }
                guard again else { return }
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else {
                    continuation.resume(returning: nil)
                }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard case .connecting(var waiters) = state else { return nil }
                let waiter = waiters.removeValue(forKey: key)
                state = .connecting(waiters: waiters)
                return waiter
            }
            waiter?.resume(throwing: CancellationError())
        }
    }

    /// Gives the connection up, if it is still the one; what is outstanding on it may end.
    func discard(_ connection: LDAPConnection) {
        state.withLock { state in
            if case .ready(let connected) = state, connected.connection === connection { state = .empty }
        }
        connection.closeGracefully()
    }

    /// Takes a better connection in place of the present one, which ends in its own time.
    func replace(with connected: Connected) {
        let old = state.withLock { state -> LDAPConnection? in
            switch state {
            case .ready(let old):
                state = .ready(connected)
                return old.connection
            case .empty:
                state = .ready(connected)
                return nil
            case .connecting, .shutDown: return connected.connection
            }
        }
        old?.closeGracefully()
    }

    func shutDown() -> LDAPConnection? {
        let (connection, waiters) = state.withLock { state -> (LDAPConnection?, [Waiter]) in
            defer { state = .shutDown }
            switch state {
            case .ready(let connected): return (connected.connection, [])
            case .connecting(let waiters): return (nil, Array(waiters.values))
            case .empty, .shutDown: return (nil, [])
            }
        }
        for waiter in waiters { waiter.resume(throwing: Self.closed) }
        return connection
    }
}
