import Logging
import NIOCore

/// Tells a client that it may not come in, then closes.
final class RefusalHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let text: String

    init(_ text: String) {
        self.text = text
    }

    func channelActive(context: ChannelHandlerContext) {
        let line = context.channel.allocator.buffer(string: text)
        context.writeAndFlush(wrapOutboundOut(line)).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// Failures of `accept`: logged, then left to the back-off handler behind this one.
final class AcceptErrorLog: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let options: ListenerOptions

    init(_ options: ListenerOptions) {
        self.options = options
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        options.session.logger.error(
            "connections can't be accepted", metadata: ["listener": "\(options.name)", "error": "\(error)"])
        context.fireErrorCaught(error)
    }
}
