import NIOCore

/// COMPRESS=DEFLATE's channel stage (RFC 4978): behind TLS, before the session.
///
/// - What comes in is inflated in steps of 64 KiB at most, each when the session asks to read: a session that waits has
///   nothing inflated for it.
/// - An idle connection holds neither of zlib's streams, only what the client may still refer to.
final class DeflateHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    static let step = 64 << 10
    /// A stream may grow without measure up to here, and a hundredfold behind it.
    static let freeGrowth = 1 << 20
    static let growth = 100
    /// Compressing more than this in one go would hold up other sessions.
    static let storedFrom = 1 << 20
    static let idleTime = TimeAmount.seconds(30)

    private let inflater = Inflater()
    private var deflater: Deflater?
    private var compressed: ByteBuffer
    private var outgoing = ByteBuffer()
    private var promises: [EventLoopPromise<Void>] = []
    private var taken = 0
    private var grown = 0
    private var isScheduled = false
    private var isFailed = false
    private var isInputClosed = false
    private var isBusy = false
    private var idleTask: Scheduled<Void>?

    /// - Parameter unread: what came in already and is compressed.
    init(unread: ByteBuffer) {
        compressed = unread
    }

    /// Octets that zlib holds for this connection.
    var heldOctets: Int { inflater.heldOctets + (deflater == nil ? 0 : Deflater.octets) }

    /// What came in lately was a message: how small it was compressed proves nothing.
    func forgive() {
        taken = 0
        grown = 0
    }

    func handlerAdded(context: ChannelHandlerContext) {
        watch(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        idleTask?.cancel()
        idleTask = nil
        fail(ChannelError.ioOnClosedChannel)
    }

    // MARK: Input

    private var hasInput: Bool { !isFailed && (compressed.readableBytes > 0 || inflater.hasMore) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var incoming = unwrapInboundIn(data)
        if compressed.readableBytes == 0 { compressed = incoming } else { compressed.writeBuffer(&incoming) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        deliver(context)
    }

    func read(context: ChannelHandlerContext) {
        guard hasInput else { return isInputClosed ? closeInput(context) : context.read() }
        guard !isScheduled else { return }
        isScheduled = true
        let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        // Not at once: other sessions have their turn between two steps.
        context.eventLoop.execute {
            let (handler, context) = handler.value
            handler.isScheduled = false
            handler.deliver(context)
        }
    }

    private func deliver(_ context: ChannelHandlerContext) {
        guard !isScheduled else { return }
        var output = ByteBuffer()
        if hasInput {
            watch(context)
            do {
                output = try inflateStep(context)
            } catch {
                isFailed = true
                compressed = ByteBuffer()
                context.fireErrorCaught(error)
                return
            }
        }
        if output.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(output)) }
        context.fireChannelReadComplete()
        if isInputClosed, !hasInput { closeInput(context) }
    }

    private func inflateStep(_ context: ChannelHandlerContext) throws(InflateError) -> ByteBuffer {
        let before = compressed.readableBytes
        // Commands are short: most are some ten times what they are compressed.
        let room = min(Self.step, max(1024, before * 8))
        var output = context.channel.allocator.buffer(capacity: room)
        try inflater.step(&compressed, into: &output, room: room)
        if compressed.readableBytes == 0 { compressed = ByteBuffer() }
        taken += before - compressed.readableBytes
        grown += output.readableBytes
        guard grown <= Self.freeGrowth || grown / Self.growth <= taken else { throw .bomb }
        return output
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event, hasInput else {
            return context.fireUserInboundEventTriggered(event)
        }
        // Told behind the last of the input.
        isInputClosed = true
    }

    private func closeInput(_ context: ChannelHandlerContext) {
        isInputClosed = false
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    // MARK: Output

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let buffer = unwrapOutboundIn(data)
        if let promise { promises.append(promise) }
        guard buffer.readableBytes > 0 else { return }
        isBusy = true
        if buffer.readableBytes > Self.storedFrom {
            deflater?.flush(into: &outgoing)
            // What comes next must not refer to what it has not seen in between.
            deflater = nil
            return StoredBlocks.write(buffer, into: &outgoing)
        }
        if deflater == nil { deflater = Deflater() }
        guard let deflater else { return StoredBlocks.write(buffer, into: &outgoing) }
        deflater.write(buffer, into: &outgoing)
    }

    func flush(context: ChannelHandlerContext) {
        if isBusy {
            deflater?.flush(into: &outgoing)
            watch(context)
        }
        let whole = outgoing
        outgoing = ByteBuffer()
        let waiting = promises
        promises = []
        isBusy = false
        guard whole.readableBytes > 0 || !waiting.isEmpty else { return context.flush() }
        let promise: EventLoopPromise<Void>? = waiting.isEmpty ? nil : context.eventLoop.makePromise()
        for other in waiting { promise?.futureResult.cascade(to: other) }
        context.writeAndFlush(wrapOutboundOut(whole), promise: promise)
    }

    private func fail(_ error: any Error) {
        for promise in promises { promise.fail(error) }
        promises = []
    }

    // MARK: Idle

    private var lastUse = NIODeadline.uptimeNanoseconds(0)

    /// One task per burst looks whether the connection has become idle.
    private func watch(_ context: ChannelHandlerContext) {
        lastUse = context.eventLoop.now
        guard idleTask == nil else { return }
        schedule(context)
    }

    private func schedule(_ context: ChannelHandlerContext) {
        let loop = context.eventLoop
        idleTask = loop.assumeIsolated().scheduleTask(deadline: lastUse + Self.idleTime) { [weak self] in
            guard let self else { return }
            self.idleTask = nil
            if loop.now < self.lastUse + Self.idleTime { return self.schedule(context) }
            self.deflater = nil
            self.inflater.rest()
        }
    }
}
