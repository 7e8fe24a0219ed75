import NIOCore
import NIOPosix
import Synchronization

/// Questions to one server, each on a connection of its own for as long as it takes; connections are kept and used again.
final class TableServerClient: Sendable {
    private struct Connection: Sendable {
        let channel: any Channel
        var lastUse: ContinuousClock.Instant
    }

    private struct Waiter {
        var number: UInt64
        var continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var idle: [Connection] = []
        /// Connections in use, or being opened.
        var busy = 0
        var waiters: [Waiter] = []
        var lastNumber: UInt64 = 0
    }

    let address: TableServerAddress
    private let limits: TableServerLimits
    private let group: any EventLoopGroup
    private let framing: TableServerHandler.Framing
    private let state = Mutex(State())

    init(
        _ address: TableServerAddress, limits: TableServerLimits, group: any EventLoopGroup,
        framing: @escaping TableServerHandler.Framing
    ) {
        self.address = address
        self.limits = limits
        self.group = group
        self.framing = framing
    }

    deinit {
        for connection in state.withLock({ $0.idle }) { connection.channel.close(promise: nil) }
    }

    /// The reply to a request. A kept connection that turns out to be closed is replaced once.
    func ask(_ request: [UInt8]) async throws(TableServerFailure) -> [UInt8] {
        guard await enter() else {
            throw TableServerFailure(description: "too many lookups wait for \(address), or the lookup was cancelled")
        }
        defer { leave() }
        if let kept = takeIdle() {
            do throws(TableServerFailure) {
                return try await ask(request, on: kept)
            } catch {
                guard error.isClosed, !Task.isCancelled else { throw error }
            }
        }
        return try await ask(request, on: try await connect())
    }

    private func ask(_ request: [UInt8], on channel: any Channel) async throws(TableServerFailure) -> [UInt8] {
        let promise = channel.eventLoop.makePromise(of: [UInt8].self)
        let question = TableServerHandler.Question(
            request: ByteBuffer(bytes: request), reply: promise, timeout: TimeAmount(limits.requestTimeout))
        do {
            let reply = try await withTaskCancellationHandler {
                channel.eventLoop.execute {
                    do {
                        try channel.pipeline.syncOperations.handler(type: TableServerHandler.self)
                            .ask(question, on: channel)
                    } catch {
                        promise.fail(error)
                    }
                }
                return try await promise.futureResult.get()
            } onCancel: {
                channel.close(promise: nil)
            }
            keep(channel)
            return reply
        } catch {
            channel.close(promise: nil)
            throw error as? TableServerFailure ?? TableServerFailure(description: "\(error)")
        }
    }

    private func connect() async throws(TableServerFailure) -> any Channel {
        let framing = framing
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(limits.connectTimeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(TableServerHandler(framing: framing))
                }
            }
        do {
            switch address {
            case .inet(let host, let port): return try await bootstrap.connect(host: host, port: port).get()
            case .unix(let path): return try await bootstrap.connect(unixDomainSocketPath: path).get()
            }
        } catch {
            throw TableServerFailure(description: "can't connect: \(error)")
        }
    }

    // MARK: Places

    /// Waits for one of the places; false when too many wait or the task is cancelled.
    private func enter() async -> Bool {
        let number: UInt64? = state.withLock { state in
            if state.busy < limits.connections {
                state.busy += 1
                return nil
            }
            state.lastNumber &+= 1
            return state.lastNumber
        }
        guard let number else { return true }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    // Cancelled before it could be found among those who wait.
                    if Task.isCancelled { return false }
                    if state.busy < limits.connections {
                        state.busy += 1
                        return true
                    }
                    guard state.waiters.count < limits.waiting else { return false }
                    state.waiters.append(Waiter(number: number, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter: Waiter? = state.withLock { state in
                if let index = state.waiters.firstIndex(where: { $0.number == number }) {
                    return state.waiters.remove(at: index)
                }
                return nil
            }
            waiter?.continuation.resume(returning: false)
        }
    }

    /// Hands the place to the one who has waited longest.
    private func leave() {
        let next: Waiter? = state.withLock { state in
            if !state.waiters.isEmpty { return state.waiters.removeFirst() }
            state.busy -= 1
            return nil
        }
        next?.continuation.resume(returning: true)
    }

    private func takeIdle() -> (any Channel)? {
        let (channel, stale): ((any Channel)?, [Connection]) = state.withLock { state in
            let now = ContinuousClock.now
            var stale: [Connection] = []
            while let last = state.idle.popLast() {
                if last.channel.isActive, last.lastUse.duration(to: now) < limits.idleTimeout {
                    return (last.channel, stale)
                }
                stale.append(last)
            }
            return (nil, stale)
        }
        for connection in stale { connection.channel.close(promise: nil) }
        return channel
    }

    private func keep(_ channel: any Channel) {
        state.withLock { $0.idle.append(Connection(channel: channel, lastUse: .now)) }
    }
}
