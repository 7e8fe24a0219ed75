import NIOCore
import NIOPosix
package import NIOSSL
import Synchronization

/// A client's side of a TCP connection, as tests want it: lines in, lines out, TLS when told to.
package final class TestConnection: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// What a test waits for before it gives up; no test depends on how long anything takes.
    static let patience: TimeAmount = .seconds(120)

    private let channel: any Channel
    private let inbox: Inbox

    /// - Parameter reads: false for a client that reads nothing until `startReading`.
    package init(host: String = "127.0.0.1", port: Int, tls: NIOSSLContext? = nil, reads: Bool = true) async throws {
        let inbox = Inbox()
        self.inbox = inbox
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            try NIOSSLClientHandler(context: tls, serverHostname: nil))
                    }
                    try channel.pipeline.syncOperations.addHandler(InboxHandler(inbox))
                }
            }
            .connect(host: host, port: port).get()
    }

    package init(unixSocket path: String) async throws {
        let inbox = Inbox()
        self.inbox = inbox
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(InboxHandler(inbox))
                }
            }
            .connect(unixDomainSocketPath: path).get()
    }

    package func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    package func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    /// The next line, without its CRLF.
    package func line() async throws -> String {
        String(decoding: try await bytes { $0.firstRange(of: [0x0D, 0x0A])?.upperBound }.dropLast(2), as: UTF8.self)
    }

    /// So many lines that end with LF, without it.
    package func lines(_ count: Int) async throws -> [[UInt8]] {
        let bytes = try await bytes { bytes in
            var missing = count
            return bytes.firstIndex { byte in
                if byte == 0x0A { missing -= 1 }
                return missing == 0
            }.map { $0 + 1 }
        }
        return bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast().map(Array.init)
    }

    /// The lines of one reply of SMTP, joined with LF.
    package func reply() async throws -> String {
        var lines: [String] = []
        repeat { lines.append(try await line()) } while lines.last?.dropFirst(3).first == "-"
        return lines.joined(separator: "\n")
    }

    /// Everything up to the moment when the server closes its side.
    package func rest() async throws -> String {
        String(decoding: try await bytes { _ in nil }, as: UTF8.self)
    }

    private func bytes(until end: @escaping @Sendable ([UInt8]) -> Int?) async throws -> [UInt8] {
        let timeout = channel.eventLoop.scheduleTask(in: Self.patience) { [inbox] in inbox.giveUp() }
        defer { timeout.cancel() }
        return try await inbox.take(until: end)
    }

    package func startReading() async throws {
        try await channel.setOption(.autoRead, value: true).get()
        channel.read()
    }

    /// Returns when the handshake is done.
    package func startTLS(_ context: NIOSSLContext, serverName: String? = nil) async throws {
        try await channel.eventLoop.submit { [channel] in
            try channel.pipeline.syncOperations.addHandler(
                try NIOSSLClientHandler(context: context, serverHostname: serverName), position: .first)
        }.get()
    }

    package func closeOutput() async throws {
        try await channel.close(mode: .output).get()
    }

    package func close() async throws {
        // With half-closure NIOSSL would not take the server's close_notify for the end.
        try? await channel.setOption(.allowRemoteHalfClosure, value: false).get()
        try? await channel.close().get()
    }
}

private final class Inbox: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isClosed = false
        var failure: TestConnection.Failure?
        var waiter: (end: @Sendable ([UInt8]) -> Int?, continuation: CheckedContinuation<[UInt8], any Error>)?
    }

    private let state = Mutex(State())

    func update(_ change: @Sendable (inout [UInt8], inout Bool) -> Void) {
        state.withLock { state in
            change(&state.bytes, &state.isClosed)
            Self.serve(&state)
        }
    }

    func giveUp() {
        state.withLock { state in
            state.failure = TestConnection.Failure(
                description: "the server sent only: \(String(decoding: state.bytes, as: UTF8.self))")
            Self.serve(&state)
        }
    }

    func take(until end: @escaping @Sendable ([UInt8]) -> Int?) async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            state.withLock { state in
                state.waiter = (end, continuation)
                Self.serve(&state)
            }
        }
    }

    private static func serve(_ state: inout State) {
        guard let (end, continuation) = state.waiter else { return }
        if let count = end(state.bytes) {
            continuation.resume(returning: Array(state.bytes.prefix(count)))
            state.bytes.removeFirst(count)
        } else if let failure = state.failure {
            continuation.resume(throwing: failure)
        } else if state.isClosed {
            // Nothing more will come: whoever wants "the rest" gets it, whoever wants a line learns why there is none.
            if end([]) == nil, end([0x0D, 0x0A]) == nil {
                continuation.resume(returning: state.bytes)
                state.bytes = []
            } else {
                continuation.resume(
                    throwing: TestConnection.Failure(
                        description: "the server closed after: \(String(decoding: state.bytes, as: UTF8.self))"))
            }
        } else {
            return
        }
        state.waiter = nil
    }
}

private final class InboxHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: Inbox

    init(_ inbox: Inbox) {
        self.inbox = inbox
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        inbox.update { bytes, _ in bytes.append(contentsOf: buffer.readableBytesView) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { inbox.update { $1 = true } }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        inbox.update { $1 = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case NIOSSLError.uncleanShutdown = error { return }
        context.close(promise: nil)
    }
}
