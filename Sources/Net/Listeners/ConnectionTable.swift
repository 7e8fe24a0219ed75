import NIOCore
import Synchronization

/// The connections of one listener: who may come in, who is in, and when the last has left.
final class ConnectionTable: Sendable {
    private struct State {
        var limits: ConnectionLimits
        var connections: [String: Connection] = [:]
        var byClient: [[UInt8]: Int] = [:]
        var isStopping = false
        var whenEmpty: [CheckedContinuation<Void, Never>] = []
    }

    struct Connection: Sendable {
        var facts: ConnectionFacts
        var channel: any Channel
        var client: [UInt8]?
    }

    private let state: Mutex<State>

    init(_ limits: ConnectionLimits) {
        state = Mutex(State(limits: limits))
    }

    /// Whoever is in stays.
    func change(_ limits: ConnectionLimits) {
        state.withLock { $0.limits = limits }
    }

    /// Nil when the connection is in; it must then be removed once, after its session has released what it held.
    ///
    /// - Parameter perClient: in place of the listener's own limit.
    func add(_ facts: ConnectionFacts, _ channel: any Channel, perClient: Int? = nil) -> ConnectionRefusal? {
        let client = facts.remoteAddress.flatMap { IPAddress($0)?.clientKey }
        return state.withLock { state in
            guard !state.isStopping, state.connections.count < state.limits.total else { return .tooManyConnections }
            if let client {
                guard state.byClient[client, default: 0] < perClient ?? state.limits.perClient else {
                    return .tooManyFromClient
                }
                state.byClient[client, default: 0] += 1
            }
            state.connections[facts.sessionID] = Connection(facts: facts, channel: channel, client: client)
            return nil
        }
    }

    func remove(_ sessionID: String) {
        let waiting: [CheckedContinuation<Void, Never>] = state.withLock { state in
            guard let connection = state.connections.removeValue(forKey: sessionID) else { return [] }
            if let client = connection.client, let count = state.byClient[client] {
                state.byClient[client] = count > 1 ? count - 1 : nil
            }
            guard state.connections.isEmpty else { return [] }
            defer { state.whenEmpty = [] }
            return state.whenEmpty
        }
        for continuation in waiting { continuation.resume() }
    }

    var all: [Connection] { state.withLock { Array($0.connections.values) } }

    func connection(_ sessionID: String) -> Connection? { state.withLock { $0.connections[sessionID] } }

    /// From now on nobody comes in.
    func stop() { state.withLock { $0.isStopping = true } }

    /// Returns when the last connection has been removed.
    func waitUntilEmpty() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if !state.connections.isEmpty { state.whenEmpty.append(continuation) }
                return state.connections.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
    }
}
