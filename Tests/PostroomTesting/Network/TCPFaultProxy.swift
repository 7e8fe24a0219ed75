import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A network between a client and a server of 127.0.0.1 that can be told to fail.
package final class TCPFaultProxy: Sendable {
    package enum Mode: Sendable {
        case forward
        /// Connections stay, nothing gets through; what was sent comes through when the mode changes back.
        case hold
        /// Requests get through, answers don't.
        case holdAnswers
        /// New connections are closed at once.
        case refuse
    }

    /// Everything here lives on one event loop.
    private final class Core {
        var mode = Mode.forward
        var links: [ObjectIdentifier: Link] = [:]
    }

    private let eventLoop: any EventLoop
    private let channel: any Channel
    private let core: NIOLoopBound<Core>

    private init(eventLoop: any EventLoop, channel: any Channel, core: NIOLoopBound<Core>) {
        self.eventLoop = eventLoop
        self.channel = channel
        self.core = core
    }

    package static func start(to port: Int) async throws -> TCPFaultProxy {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let core = try await eventLoop.submit { NIOLoopBound(Core(), eventLoop: eventLoop) }.get()
        let channel = try await ServerBootstrap(group: eventLoop)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                if case .refuse = core.value.mode { return client.close() }
                return ClientBootstrap(group: eventLoop).channelOption(.autoRead, value: false)
                    .connect(host: "127.0.0.1", port: port)
                    .flatMapThrowing { upstream in
                        let link = Link(client: client, upstream: upstream)
                        core.value.links[ObjectIdentifier(link)] = link
                        let ends = [(client, upstream, false), (upstream, client, true)]
                        for (near, far, isAnswer) in ends {
                            try near.pipeline.syncOperations.addHandler(
                                Relay(far: far, isAnswer: isAnswer, core: core.value, link: link))
                            try near.syncOptions?.setOption(.autoRead, value: true)
                        }
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TCPFaultProxy(eventLoop: eventLoop, channel: channel, core: core)
    }

    package static func withProxy<Value>(
        to port: Int, _ body: (TCPFaultProxy) async throws -> Value
    ) async throws -> Value {
        let proxy = try await start(to: port)
        do {
            let value = try await body(proxy)
            try await proxy.stop()
            return value
        } catch {
            try? await proxy.stop()
            throw error
        }
    }

    package var port: Int { channel.localAddress?.port ?? 0 }

    package func set(_ mode: Mode) async throws {
        let core = self.core
        try await eventLoop.submit {
            core.value.mode = mode
            for link in core.value.links.values { link.release(mode) }
        }.get()
    }

    /// Closes all connections, in order or, with `reset`, with an RST.
    package func drop(reset: Bool = false) async throws {
        let core = self.core
        try await eventLoop.submit {
            for link in core.value.links.values { link.close(reset: reset) }
            core.value.links = [:]
        }.get()
    }

    /// Connections that are open now.
    package func openConnections() async throws -> Int {
        let core = self.core
        return try await eventLoop.submit { core.value.links.count }.get()
    }

    package func stop() async throws {
        try await drop()
        try await channel.close()
    }

    private final class Link {
        let client: any Channel
        let upstream: any Channel
        var held: [(far: any Channel, isAnswer: Bool, bytes: ByteBuffer)] = []

        init(client: any Channel, upstream: any Channel) {
            self.client = client
            self.upstream = upstream
        }

        func pass(_ bytes: ByteBuffer, to far: any Channel, isAnswer: Bool, _ mode: Mode) {
            if Self.isHeld(isAnswer: isAnswer, mode) {
                held.append((far, isAnswer, bytes))
            } else {
                far.writeAndFlush(bytes, promise: nil)
            }
        }

        func release(_ mode: Mode) {
            let waiting = held
            held = []
            for item in waiting { pass(item.bytes, to: item.far, isAnswer: item.isAnswer, mode) }
        }

        private static func isHeld(isAnswer: Bool, _ mode: Mode) -> Bool {
            switch mode {
            case .forward, .refuse: false
            case .hold: true
            case .holdAnswers: isAnswer
            }
        }

        func close(reset: Bool) {
            for channel in [client, upstream] {
                guard reset, let provider = channel as? any SocketOptionProvider else {
                    channel.close(promise: nil)
                    continue
                }
                provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in
                    channel.close(promise: nil)
                }
            }
        }
    }

    private final class Relay: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        let far: any Channel
        let isAnswer: Bool
        let core: Core
        let link: Link

        init(far: any Channel, isAnswer: Bool, core: Core, link: Link) {
            self.far = far
            self.isAnswer = isAnswer
            self.core = core
            self.link = link
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            link.pass(unwrapInboundIn(data), to: far, isAnswer: isAnswer, core.mode)
        }

        func channelInactive(context: ChannelHandlerContext) {
            core.links[ObjectIdentifier(link)] = nil
            far.close(promise: nil)
            context.fireChannelInactive()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
