import Directory
import Glibc
import NIOCore
import NIOPosix

/// Runs one exchange over a new connection.
enum ServiceConnection {
    /// Ends by the deadline, or when the task is cancelled; the connection is closed then.
    static func run(
        _ exchange: some ServiceExchange, at address: ServiceAddress, deadline: NIODeadline, on eventLoop: any EventLoop
    ) async -> ServiceAnswer {
        let promise = eventLoop.makePromise(of: ServiceAnswer.self)
        let timer = eventLoop.scheduleTask(deadline: deadline) {
            promise.succeed(.failed(kind: .unreachable, "no answer in time"))
        }
        connect(to: address, deadline: deadline, on: eventLoop) { channel in
            try channel.pipeline.syncOperations.addHandler(ServiceExchangeHandler(exchange, promise))
        }.whenComplete { result in
            switch result {
            case .failure(let error): promise.succeed(.failed(kind: .unreachable, reason(error)))
            case .success(let channel):
                promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
            }
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            do {
                return try await promise.futureResult.get()
            } catch {
                return .failed(kind: .unreachable, reason(error))
            }
        } onCancel: {
            promise.succeed(.failed(kind: .unreachable, "given up"))
        }
    }

    static func connect(
        to address: ServiceAddress, deadline: NIODeadline, on eventLoop: any EventLoop,
        prepare: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        let left = max(deadline - .now(), .milliseconds(1))
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(left)
            .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try prepare(channel) } }
        switch address {
        case .unix(let path): return bootstrap.connect(unixDomainSocketPath: path)
        case .tcp(let host, let port): return bootstrap.connect(host: host, port: port)
        }
    }

    /// What the system said, in its own words.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: "can't connect: \(String(cString: strerror(error.errnoCode)))"
        case let error as NIOConnectionError:
            error.connectionErrors.isEmpty
                ? "no address of \(error.host)"
                : "can't connect: " + error.connectionErrors.map { reason($0.error) }.joined(separator: "; ")
        case ChannelError.connectTimeout: "no connection in time"
        default: "can't connect: \(error)"
        }
    }
}

/// Lives on the connection's event loop.
private final class ServiceExchangeHandler<Exchange: ServiceExchange>: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var exchange: Exchange
    private let promise: EventLoopPromise<ServiceAnswer>
    private var isDone = false

    init(_ exchange: Exchange, _ promise: EventLoopPromise<ServiceAnswer>) {
        self.exchange = exchange
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        send(exchange.begin(), context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return }
        switch exchange.receive(unwrapInboundIn(data).readableBytesView) {
        case .wait: break
        case .send(let bytes): send(bytes, context)
        case .done(let answer, let farewell):
            isDone = true
            send(farewell, context)
            promise.succeed(answer)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.succeed(.failed(kind: .unreachable, exchange.endReason))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.succeed(.failed(kind: .unreachable, "the connection broke"))
        context.close(promise: nil)
    }

    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        guard !bytes.isEmpty else { return }
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
    }
}
