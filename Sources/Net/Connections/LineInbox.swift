import NIOCore
import NIOSSL
import NIOTLS
import Synchronization

/// What has arrived on a `LineConnection` and was not asked for yet. One caller waits at a time.
final class LineInbox: Sendable {
    struct State {
        var bytes: [UInt8] = []
        var isSecured = false
        var failure: String?

        var hasLine: Bool { bytes.contains(0x0A) }

        mutating func takeLine() -> [UInt8] {
            guard let feed = bytes.firstIndex(of: 0x0A) else { return [] }
            let line = bytes[..<feed]
            let text = Array(line.last == 0x0D ? line.dropLast() : line)
            bytes.removeFirst(feed + 1)
            return text
        }
    }

    private struct Waiter {
        var condition: @Sendable (State) -> Bool
        /// Resumed with the reason of the failure, or nil when the condition is met.
        var continuation: CheckedContinuation<String?, Never>
    }

    private let state = Mutex<(State, Waiter?)>((State(), nil))
    private let lineLimit: Int

    init(lineLimit: Int) {
        self.lineLimit = lineLimit
    }

    var isEmpty: Bool { state.withLock { $0.0.bytes.isEmpty } }
    var failure: String? { state.withLock { $0.0.failure } }
    /// Whether the next read is wanted.
    var isAwaited: Bool { state.withLock { $0.1 != nil } }

    func update(_ change: (inout State) -> Void) {
        let resumption = state.withLock { state in
            change(&state.0)
            if state.0.bytes.count > lineLimit, !state.0.hasLine, state.0.failure == nil {
                state.0.failure = "a line of more than \(lineLimit) bytes"
            }
            return Self.settle(&state)
        }
        resumption?()
    }

    func fail(_ reason: String) {
        update { if $0.failure == nil { $0.failure = reason } }
    }

    func wait(until condition: @escaping @Sendable (State) -> Bool) async -> String? {
        await withCheckedContinuation { continuation in
            let resumption = state.withLock { state in
                state.1 = Waiter(condition: condition, continuation: continuation)
                return Self.settle(&state)
            }
            resumption?()
        }
    }

    /// What has arrived counts before what has failed: a server may say its last words and close.
    private static func settle(_ state: inout (State, Waiter?)) -> (() -> Void)? {
        guard let waiter = state.1 else { return nil }
        let isMet = waiter.condition(state.0)
        guard isMet || state.0.failure != nil else { return nil }
        state.1 = nil
        let failure = isMet ? nil : state.0.failure
        return { waiter.continuation.resume(returning: failure) }
    }
}

final class LineInboxHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: LineInbox

    init(_ inbox: LineInbox) {
        self.inbox = inbox
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        inbox.update { $0.bytes.append(contentsOf: buffer.readableBytesView) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if inbox.isAwaited { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { inbox.update { $0.isSecured = true } }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOSSLError.uncleanShutdown: return
        case let error as NIOSSLExtraError: inbox.fail("TLS failed: \(error)")
        case let error as NIOSSLError: inbox.fail("TLS failed: \(error)")
        default: inbox.fail("\(error)")
        }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        inbox.fail("the server closed the connection")
    }
}
