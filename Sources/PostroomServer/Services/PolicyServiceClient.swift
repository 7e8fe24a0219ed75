import Directory
import NIOCore
import NIOPosix
import Policy
import Synchronization

/// A policy server over its socket: connections are kept and used again, one request on each at a time
/// (smtpd_policy_service_…).
final class PolicyServiceClient: PolicyService {
    enum Place: Hashable, Sendable {
        case unix(String)
        case inet(host: String, port: Int)

        /// `inet:host:port`, `unix:/path`.
        init?(_ address: String) {
            if address.hasPrefix("unix:") {
                let path = String(address.dropFirst("unix:".count))
                guard path.hasPrefix("/") else { return nil }
                self = .unix(path)
                return
            }
            guard address.hasPrefix("inet:") else { return nil }
            let rest = address.dropFirst("inet:".count)
            guard let colon = rest.lastIndex(of: ":"), let port = Int(rest[rest.index(after: colon)...]),
                (1...65535).contains(port)
            else { return nil }
            let host = rest[..<colon].drop { $0 == "[" }.prefix { $0 != "]" }
            self = .inet(host: host.isEmpty ? "127.0.0.1" : String(host), port: port)
        }
    }

    /// postconf(5): smtpd_policy_service_timeout, _max_idle, _max_ttl, _try_limit, _retry_delay.
    struct Limits: Sendable {
        var timeout = TimeAmount.seconds(100)
        var maximumIdle = TimeAmount.seconds(300)
        var maximumAge = TimeAmount.seconds(1000)
        var tries = 2
        var retryDelay = Duration.seconds(1)
        /// Idle connections that are kept.
        var connections = 16

        init() {}
    }

    private struct Idle {
        var channel: any Channel
        var handler: NIOLoopBound<PolicyServiceHandler>
        var opened: NIODeadline
        var since: NIODeadline
    }

    private struct State {
        var idle: [Idle] = []
        var isShutDown = false
    }

    let name: String
    private let place: Place
    private let group: any EventLoopGroup
    private let limits: Limits
    private let state = Mutex(State())

    init(_ place: Place, name: String, group: any EventLoopGroup, limits: Limits = Limits()) {
        self.place = place
        self.name = name
        self.group = group
        self.limits = limits
    }

    func ask(_ request: PolicyServiceRequest) async -> Outcome<[UInt8]> {
        var failure = "no answer"
        for attempt in 0..<max(limits.tries, 1) {
            if attempt > 0 { try? await Task.sleep(for: limits.retryDelay) }
            guard !Task.isCancelled else { break }
            do {
                // A kept connection may have been closed meanwhile: the next try opens a new one.
                let connection = try await connection(mayBeIdle: attempt == 0)
                let action = try await exchange(request, connection)
                keep(connection)
                return .found(action)
            } catch {
                failure = "\(error)"
            }
        }
        return .unavailable(UnavailableReason(.unreachable, "\(name): \(failure)"))
    }

    /// Leaves the server; whoever still waits for it gets no answer.
    func shutDown() {
        let idle = state.withLock { state in
            state.isShutDown = true
            defer { state.idle = [] }
            return state.idle
        }
        for connection in idle { connection.channel.close(promise: nil) }
    }

    // MARK: Connections

    private func connection(mayBeIdle: Bool) async throws -> Idle {
        if mayBeIdle, let kept = takeIdle() { return kept }
        let bootstrap = ClientBootstrap(group: group).connectTimeout(limits.timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        @Sendable func handler(_ channel: any Channel) -> EventLoopFuture<
            (any Channel, NIOLoopBound<PolicyServiceHandler>)
        > {
            channel.eventLoop.makeCompletedFuture {
                let handler = PolicyServiceHandler()
                try channel.pipeline.syncOperations.addHandler(handler)
                return (channel, NIOLoopBound(handler, eventLoop: channel.eventLoop))
            }
        }
        let (channel, bound) =
            switch place {
            case .unix(let path):
                try await ClientBootstrap(group: group).connectTimeout(limits.timeout).connect(
                    unixDomainSocketPath: path, channelInitializer: handler)
            case .inet(let host, let port):
                try await bootstrap.connect(host: host, port: port, channelInitializer: handler)
            }
        return Idle(channel: channel, handler: bound, opened: .now(), since: .now())
    }

    private func takeIdle() -> Idle? {
        let now = NIODeadline.now()
        let (kept, stale) = state.withLock { state in
            var stale: [Idle] = []
            while let connection = state.idle.popLast() {
                if connection.channel.isActive, now - connection.since < limits.maximumIdle,
                    now - connection.opened < limits.maximumAge
                {
                    return (Optional(connection), stale)
                }
                stale.append(connection)
            }
            return (nil, stale)
        }
        for connection in stale { connection.channel.close(promise: nil) }
        return kept
    }

    private func keep(_ connection: Idle) {
        var connection = connection
        connection.since = .now()
        let isKept = state.withLock { state in
            guard !state.isShutDown, state.idle.count < limits.connections else { return false }
            state.idle.append(connection)
            return true
        }
        if !isKept { connection.channel.close(promise: nil) }
    }

    private func exchange(_ request: PolicyServiceRequest, _ connection: Idle) async throws -> [UInt8] {
        let (channel, handler, timeout) = (connection.channel, connection.handler, limits.timeout)
        let bytes = request.encoded
        let future = channel.eventLoop.flatSubmit { () -> EventLoopFuture<[UInt8]> in
            let promise = channel.eventLoop.makePromise(of: [UInt8].self)
            handler.value.expect(promise)
            let timer = channel.eventLoop.scheduleTask(in: timeout) {
                handler.value.fail(PolicyServiceFailure("no answer in time"))
            }
            promise.futureResult.whenComplete { result in
                timer.cancel()
                if case .failure = result { channel.close(promise: nil) }
            }
            channel.writeAndFlush(channel.allocator.buffer(bytes: bytes)).whenFailure { handler.value.fail($0) }
            return promise.futureResult
        }
        return try await withTaskCancellationHandler {
            try await future.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }
}

/// What went wrong with one request.
struct PolicyServiceFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// One connection to a policy server; of its event loop.
final class PolicyServiceHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var promise: EventLoopPromise<[UInt8]>?
    private var reply = PolicyServiceReply()

    func expect(_ promise: EventLoopPromise<[UInt8]>) {
        fail(PolicyServiceFailure("another request on the same connection"))
        self.promise = promise
        reply = PolicyServiceReply()
    }

    func fail(_ error: any Error) {
        promise?.fail(error)
        promise = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        guard let promise else {
            // Nobody asked.
            context.close(promise: nil)
            return
        }
        switch reply.receive(buffer.readableBytesView) {
        case .needMoreData: break
        case .action(let action):
            self.promise = nil
            promise.succeed(action)
        case .invalid(let problem): fail(PolicyServiceFailure(problem))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(PolicyServiceFailure("the server closed the connection"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error)
        context.close(promise: nil)
    }
}
