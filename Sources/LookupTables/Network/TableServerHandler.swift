import NIOCore

/// One question at a time on one connection: the handler is given the promise of a reply and gathers octets until the
/// reply is whole.
final class TableServerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// Takes a whole reply out of what has arrived; nil while it isn't; throws when it can't become one.
    typealias Framing = @Sendable (inout ByteBuffer) throws(TableServerFailure) -> [UInt8]?

    struct Question: Sendable {
        var request: ByteBuffer
        var reply: EventLoopPromise<[UInt8]>
        var timeout: TimeAmount
    }

    private let framing: Framing
    private var received = ByteBuffer()
    private var pending: EventLoopPromise<[UInt8]>?
    private var deadline: Scheduled<Void>?

    init(framing: @escaping Framing) {
        self.framing = framing
    }

    /// On the event loop.
    func ask(_ question: Question, on channel: any Channel) {
        guard pending == nil, channel.isActive else {
            question.reply.fail(TableServerFailure(description: "the connection is closed", isClosed: true))
            return
        }
        pending = question.reply
        received.clear()
        let reply = question.reply
        deadline = channel.eventLoop.scheduleTask(in: question.timeout) {
            reply.fail(
                TableServerFailure(description: "no reply within \(question.timeout.nanoseconds / 1_000_000) ms"))
            channel.close(promise: nil)
        }
        channel.writeAndFlush(question.request).whenFailure { error in
            reply.fail(TableServerFailure(description: "\(error)", isClosed: true))
            channel.close(promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        guard let pending else {
            // Nobody asked.
            context.close(promise: nil)
            return
        }
        received.writeBuffer(&buffer)
        do throws(TableServerFailure) {
            guard let reply = try framing(&received) else { return }
            let isClean = received.readableBytes == 0
            finish()
            if !isClean { context.close(promise: nil) }
            pending.succeed(reply)
        } catch {
            finish()
            pending.fail(error)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        pending?.fail(TableServerFailure(description: "the connection was closed", isClosed: true))
        finish()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        pending?.fail(TableServerFailure(description: "\(error)", isClosed: true))
        finish()
        context.close(promise: nil)
    }

    private func finish() {
        pending = nil
        deadline?.cancel()
        deadline = nil
        received.clear()
    }
}
