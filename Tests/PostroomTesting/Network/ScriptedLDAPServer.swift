package import LDAP
import NIOCore
import NIOPosix
import Synchronization

/// A directory that answers as a test says, true or false, well-formed or not.
///
///     let server = try await ScriptedLDAPServer.start { request in
///         [.reply(.bindResponse(LDAPResult(.success), serverCredentials: nil))]
///     }
package final class ScriptedLDAPServer: Sendable {
    package enum Step: Sendable {
        /// An answer with the request's message id.
        case reply(LDAPOperation)
        case message(LDAPMessage)
        case bytes([UInt8])
        /// What comes before this goes in one write, what comes after in another.
        case flush
        case close
    }

    package typealias Script = @Sendable (LDAPMessage) -> [Step]

    private struct Log {
        var requests: [LDAPMessage] = []
        var connections = 0
        var undecodable: [UInt8] = []
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let channel: any Channel
    private let log: SharedLog

    private final class SharedLog: Sendable {
        let state = Mutex(Log())
    }

    private init(channel: any Channel, log: SharedLog) {
        self.channel = channel
        self.log = log
    }

    package static func start(_ script: @escaping Script) async throws -> ScriptedLDAPServer {
        let log = SharedLog()
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    log.state.withLock { $0.connections += 1 }
                    try channel.pipeline.syncOperations.addHandler(Handler(script: script, log: log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return ScriptedLDAPServer(channel: channel, log: log)
    }

    package static func withServer<Value>(
        _ script: @escaping Script, _ body: (ScriptedLDAPServer) async throws -> Value
    ) async throws -> Value {
        let server = try await start(script)
        do {
            let value = try await body(server)
            try await server.channel.close()
            return value
        } catch {
            try? await server.channel.close()
            throw error
        }
    }

    package var port: Int { channel.localAddress?.port ?? 0 }
    package var url: LDAPURL { LDAPURL(host: "127.0.0.1", port: port) }
    package var requests: [LDAPMessage] { log.state.withLock { $0.requests } }
    package var connections: Int { log.state.withLock { $0.connections } }
    /// What came that is no LDAP message.
    package var undecodable: [UInt8] { log.state.withLock { $0.undecodable } }

    /// Returns when so many requests have come.
    package func waitForRequests(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = log.state.withLock { log in
                guard log.requests.count < count else { return true }
                log.waiters.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let script: Script
        private let log: SharedLog
        private var received = ByteBuffer()

        init(script: @escaping Script, log: SharedLog) {
            self.script = script
            self.log = log
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var buffer = unwrapInboundIn(data)
            received.writeBuffer(&buffer)
            do throws(LDAPDecodingError) {
                while let request = try LDAPMessage(from: &received) { answer(request, context) }
            } catch {
                let bytes = received.readBytes(length: received.readableBytes) ?? []
                log.state.withLock { $0.undecodable += bytes }
            }
        }

        private func answer(_ request: LDAPMessage, _ context: ChannelHandlerContext) {
            let waiters = log.state.withLock { log in
                log.requests.append(request)
                let ready = log.waiters.filter { $0.count <= log.requests.count }
                log.waiters.removeAll { $0.count <= log.requests.count }
                return ready
            }
            for waiter in waiters { waiter.continuation.resume() }
            var output = ByteBuffer()
            for step in script(request) {
                switch step {
                case .reply(let operation): LDAPMessage(id: request.id, operation: operation).encode(into: &output)
                case .message(let message): message.encode(into: &output)
                case .bytes(let bytes): output.writeBytes(bytes)
                case .flush:
                    context.writeAndFlush(wrapOutboundOut(output), promise: nil)
                    output = ByteBuffer()
                case .close:
                    context.writeAndFlush(wrapOutboundOut(output), promise: nil)
                    context.close(promise: nil)
                    return
                }
            }
            if output.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(output), promise: nil) }
        }
    }
}
