import Directory
import NIOCore
import NIOPosix
import Policy
import PostroomTesting
import Synchronization
import Testing

@testable import PostroomServer

/// A policy server whose every connection answers each request with what `reply` makes of it; nil closes the connection.
private final class ScriptedPolicyServer: Sendable {
    let channel: any Channel
    private let counter = Counter()

    final class Counter: Sendable {
        let connections = Mutex(0)
    }

    var connections: Int { counter.connections.withLock { $0 } }
    var address: String { "inet:127.0.0.1:\(channel.localAddress?.port ?? 0)" }

    init(path: String? = nil, reply: @escaping @Sendable (String, Int) -> String?) async throws {
        let counter = counter
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).childChannelInitializer {
            channel in
            let number = counter.connections.withLock { count in
                count += 1
                return count
            }
            return channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Handler(number: number, reply: reply))
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
        let number: Int
        let reply: @Sendable (String, Int) -> String?
        private var text = ""

        init(number: Int, reply: @escaping @Sendable (String, Int) -> String?) {
            self.number = number
            self.reply = reply
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            guard text.hasSuffix("\n\n") else { return }
            let request = text
            text = ""
            guard let answer = reply(request, number) else {
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

/// Policy servers over their sockets.
@Suite struct PolicyServiceClientTests {
    private let request = PolicyServiceRequest(attributes: [
        ("request", "smtpd_access_policy"), ("sender", "a@b.example"),
    ])

    private func client(_ address: String, timeout: TimeAmount = .seconds(100)) throws -> PolicyServiceClient {
        var limits = PolicyServiceClient.Limits()
        limits.retryDelay = .milliseconds(1)
        limits.timeout = timeout
        return PolicyServiceClient(
            try #require(PolicyServiceClient.Place(address)), name: address,
            group: MultiThreadedEventLoopGroup.singleton, limits: limits)
    }

    @Test func `a connection is used again, over TCP and over a Unix socket`() async throws {
        let folder = try TemporaryFolder("policy")
        for path in [nil, folder.path("socket")] {
            let server = try await ScriptedPolicyServer(path: path) { request, _ in
                request.contains("sender=a@b.example\n") ? "action=DUNNO\n\n" : nil
            }
            let client = try client(path.map { "unix:\($0)" } ?? server.address)
            for _ in 0..<5 { #expect(await client.ask(request) == .found(Array("DUNNO".utf8))) }
            #expect(server.connections == 1)
            client.shutDown()
        }
    }

    @Test func `a kept connection that the server closed is opened again`() async throws {
        let answered = Mutex(0)
        let server = try await ScriptedPolicyServer { _, _ in
            let count = answered.withLock { count in
                count += 1
                return count
            }
            return count % 2 == 1 ? "action=OK\n\n" : nil
        }
        let client = try client(server.address)
        for _ in 0..<4 { #expect(await client.ask(request) == .found(Array("OK".utf8))) }
        #expect(server.connections > 1)
        client.shutDown()
    }

    @Test func `nobody there, nonsense and silence are no answer`() async throws {
        let nonsense = try await ScriptedPolicyServer { _, _ in "hello\n\n" }
        let silent = try await ScriptedPolicyServer { _, _ in "" }
        let nobody = "inet:127.0.0.1:\(try LoopbackPort.free())"
        for address in [nobody, nonsense.address, silent.address, "unix:/nowhere/socket"] {
            let client = try client(address, timeout: .milliseconds(200))
            guard case .unavailable = await client.ask(request) else {
                Issue.record("\(address) answered")
                continue
            }
            client.shutDown()
        }
    }

    @Test(
        "addresses are inet:host:port and unix:/path",
        arguments: ["inet:127.0.0.1", "inet:127.0.0.1:0", "unix:relative", "127.0.0.1:10023", "inet:host:99999", ""])
    func wrong(address: String) {
        #expect(PolicyServiceClient.Place(address) == nil)
    }

    @Test func `an IPv6 address stands in brackets`() {
        #expect(PolicyServiceClient.Place("inet:[::1]:10023") == .inet(host: "::1", port: 10023))
    }
}
