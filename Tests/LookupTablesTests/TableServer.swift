import NIOCore
import NIOPosix
import Synchronization

/// A server whose every connection answers each piece of input with what `reply` makes of it; nil closes the connection.
final class TableServer: Sendable {
    let channel: any Channel
    private let counter: Counter

    final class Counter: Sendable {
        let connections = Mutex(0)
    }

    var connections: Int { counter.connections.withLock { $0 } }
    var port: Int { channel.localAddress?.port ?? 0 }

    init(path: String? = nil, reply: @escaping @Sendable (String) -> String?) async throws {
        let counter = Counter()
        self.counter = counter
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                counter.connections.withLock { $0 += 1 }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(reply: reply))
                }
            }
        channel =
            if let path {
                try await bootstrap.bind(unixDomainSocketPath: path).get()
            } else {
                try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
            }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let reply: @Sendable (String) -> String?

        init(reply: @escaping @Sendable (String) -> String?) {
            self.reply = reply
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: unwrapInboundIn(data))
            guard let answer = reply(text) else {
                context.close(promise: nil)
                return
            }
            context.writeAndFlush(NIOAny(ByteBuffer(string: answer)), promise: nil)
        }
    }

    deinit {
        channel.close(promise: nil)
    }
}
