import Logging
package import NIOCore
import NIOSSL
import NIOTLS

/// The channel handler of every protocol: owns one session's engine, feeds it what arrives and sends what it answers.
///
/// - Input lies in one buffer; the engine is called synchronously, and all it answers to one read leaves in one write.
/// - The handler asks the channel for each read itself (`autoRead` is off): none is asked for while the client leaves our
///   output unread, or while a wait is open and something is there already. Pipelined input stays where it is until then.
/// - An idle session holds no task and no buffer.
package final class SessionHandler<Performer: SessionPerformer>: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer
    package typealias Engine = Performer.Engine
    /// Called on the event loop when the connection stands, after the handshake of implicit TLS.
    package typealias MakeSession =
        @Sendable (ConnectionFacts, SessionNotifier<Engine.Event>) -> (engine: Engine, performer: Performer)

    enum Phase {
        /// Accepted; on a port with implicit TLS, the handshake is going on.
        case connecting
        /// The engine may be fed.
        case open
        /// The engine asked for something; it is begun when the client has taken enough of our output.
        case blocked(Engine.Wait)
        /// The bridge task runs.
        case waiting
        /// The engine permitted a handshake; its reply is not written yet.
        case permittingTLS
        case upgrading
        /// The engine has ended the session; its farewell is not written yet.
        case leaving
        /// The farewell is on its way; nothing more is fed.
        case closing
        case closed
    }

    let options: SessionOptions
    private let makeSession: MakeSession
    private let ended: @Sendable () -> Void
    var facts: ConnectionFacts

    var phase: Phase = .connecting
    var engine: Engine?
    private var performer: Performer?
    private var bridge: Task<Void, Never>?
    private var taskExecutor: EventLoopTaskExecutor?
    private let events = SessionEvents<Engine.Event>()
    private var input = ByteBuffer()
    private var output = ByteBuffer()
    private var isInputClosed = false
    private var isStopping = false
    private var isFinished = false
    private var compression: DeflateHandler?
    var timer = SessionTimer()
    var clock = SessionClock()

    /// - Parameter ended: called once, from any thread, after the session released what it held.
    package init(
        _ options: SessionOptions, _ facts: ConnectionFacts, makeSession: @escaping MakeSession,
        ended: @escaping @Sendable () -> Void = {}
    ) {
        self.options = options
        self.facts = facts
        self.makeSession = makeSession
        self.ended = ended
    }

    // MARK: Life

    package func channelActive(context: ChannelHandlerContext) {
        clock.started(context.eventLoop.now)
        if options.isImplicitTLS {
            installTLS(context)
        } else {
            start(context)
        }
        watchTheClock(context)
        requestRead(context)
        context.fireChannelActive()
    }

    private func start(_ context: ChannelHandlerContext) {
        let loop = context.eventLoop
        let (made, performer) = makeSession(facts, SessionNotifier { [events] in events.add($0) })
        engine = made
        self.performer = performer
        let handler = NIOLoopBound((self, context), eventLoop: loop)
        events.open { loop.execute { handler.value.0.deliverEvents(handler.value.1) } }
        output = context.channel.allocator.buffer(capacity: 256)
        guard let step = engine?.start(&output) else { return }
        take(step, context)
        settle(context)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        timer.cancel()
        events.close()
        input = ByteBuffer()
        output = ByteBuffer()
        phase = .closed
        engine = nil
        if let bridge {
            // The performer is released when its task has ended: `answered` does it.
            bridge.cancel()
        } else {
            finish()
        }
        context.fireChannelInactive()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        // A connection that was lost before it became active is never told that it is inactive.
        if bridge == nil { finish() }
    }

    /// The session is over and no task of it runs.
    private func finish() {
        guard !isFinished else { return }
        isFinished = true
        let ended = self.ended
        guard let performer else { return ended() }
        self.performer = nil
        Task(executorPreference: taskExecutor) {
            await performer.finished()
            ended()
        }
    }

    // MARK: Input

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var incoming = unwrapInboundIn(data)
        switch phase {
        case .connecting, .leaving, .closing, .closed: return
        case .open, .blocked, .waiting, .permittingTLS, .upgrading: break
        }
        if input.readableBytes == 0 {
            input = incoming
        } else {
            input.writeBuffer(&incoming)
        }
        feed(context)
        if input.readableBytes > options.maximumUnreadInput {
            options.logger.warning(
                "dropping a connection that sends more than it may", metadata: ["session": "\(facts.sessionID)"])
            context.close(promise: nil)
        }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        settle(context)
        requestRead(context)
        context.fireChannelReadComplete()
    }

    /// Gives the engine what has arrived, as long as it takes some.
    private func feed(_ context: ChannelHandlerContext) {
        guard case .open = phase, !isStopping, input.readableBytes > 0 else { return }
        if output.storageCapacity == 0 { output = context.channel.allocator.buffer(capacity: 256) }
        let before = input.readableBytes
        guard let step = engine?.receive(&input, &output) else { return }
        let consumed = before - input.readableBytes
        if consumed > 0 { clock.progressed(consumed, context.eventLoop.now) }
        if engine?.isTakingMessage == true { compression?.forgive() }
        take(step, context)
    }

    private func take(_ step: SessionStep<Engine.Wait>, _ context: ChannelHandlerContext) {
        switch step {
        case .needInput: phase = .open
        case .wait(let wait): phase = .blocked(wait)
        case .startTLS: phase = .permittingTLS
        case .close: phase = .leaving
        }
    }

    /// After a batch: sends what there is to send, then does what the last step asked for. A flush may change the phase
    /// under our feet (the client is gone, the channel is writable again), hence the second look.
    private func settle(_ context: ChannelHandlerContext) {
        if case .permittingTLS = phase, input.readableBytes > 0 {
            // Whatever came in clear behind the command was sent by somebody in the middle, or before its time.
            output.clear()
            engine?.injectedBeforeTLS(&output)
            return close(context)
        }
        if case .open = phase, isInputClosed { return close(context) }
        if case .open = phase, isStopping {
            engine?.shuttingDown(&output)
            return close(context)
        }
        if case .leaving = phase { return close(context) }
        flush(context)
        startCompression(context)
        switch phase {
        case .permittingTLS: installTLS(context)
        case .open: releaseInput()
        case .blocked(let wait) where context.channel.isWritable: begin(wait, context)
        case .connecting, .blocked, .waiting, .upgrading, .leaving, .closing, .closed: break
        }
        watchTheClock(context)
    }

    private func flush(_ context: ChannelHandlerContext) {
        guard output.readableBytes > 0 else { return }
        let written = output
        output = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(written), promise: nil)
    }

    private func startCompression(_ context: ChannelHandlerContext) {
        guard compression == nil, engine?.isCompressing == true else { return }
        let handler = DeflateHandler(unread: input)
        input = ByteBuffer()
        do {
            try context.pipeline.syncOperations.addHandler(handler, position: .before(self))
            compression = handler
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    /// An unfinished line must not keep the buffer alive that a whole read came in.
    private func releaseInput() {
        if input.readableBytes == 0 {
            input = ByteBuffer()
        } else if input.storageCapacity / 4 > input.readableBytes &+ 256 {
            input = ByteBuffer(bytes: input.readableBytesView)
        }
    }

    private func requestRead(_ context: ChannelHandlerContext) {
        switch phase {
        case .open where !isInputClosed && context.channel.isWritable: context.read()
        // To take the socket from the selector and put it back costs two system calls, and most clients wait for the reply.
        case .blocked where !isInputClosed && input.readableBytes == 0 && context.channel.isWritable,
            .waiting where !isInputClosed && input.readableBytes == 0 && context.channel.isWritable:
            context.read()
        case .connecting, .upgrading, .closing: context.read()
        default: break
        }
    }

    // MARK: Waits

    private func begin(_ wait: Engine.Wait, _ context: ChannelHandlerContext) {
        guard let performer else { return }
        phase = .waiting
        clock.lastNotice = context.eventLoop.now
        let loop = context.eventLoop
        let handler = NIOLoopBound((self, context), eventLoop: loop)
        // The one unstructured task of a connection; `channelInactive` cancels it.
        bridge = Task(executorPreference: executor(loop)) {
            let answer = await performer.perform(wait)
            if loop.inEventLoop {
                handler.value.0.answered(answer, handler.value.1)
            } else {
                loop.execute { handler.value.0.answered(answer, handler.value.1) }
            }
        }
    }

    /// Nil for the threads that all tasks share.
    private func executor(_ loop: any EventLoop) -> EventLoopTaskExecutor? {
        guard Performer.worksOnEventLoop else { return nil }
        if taskExecutor == nil { taskExecutor = EventLoopTaskExecutor(loop) }
        return taskExecutor
    }

    private func answered(_ answer: Engine.Answer, _ context: ChannelHandlerContext) {
        bridge = nil
        guard case .waiting = phase else { return finish() }
        clock.progressed(0, context.eventLoop.now)
        if output.storageCapacity == 0 { output = context.channel.allocator.buffer(capacity: 256) }
        guard let step = engine?.resume(with: answer, &output) else { return }
        take(step, context)
        feed(context)
        settle(context)
        deliverEvents(context)
        requestRead(context)
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            clock.unwritableSince = nil
            if case .blocked = phase { settle(context) }
            deliverEvents(context)
            requestRead(context)
        } else {
            clock.unwritableSince = context.eventLoop.now
            watchTheClock(context)
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: News, stopping

    private func deliverEvents(_ context: ChannelHandlerContext) {
        while case .open = phase, context.channel.isWritable, let event = events.take() {
            guard let step = engine?.notify(event, &output) else { return }
            take(step, context)
            settle(context)
        }
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            isStopping = true
            switch phase {
            case .open: settle(context)
            case .connecting, .upgrading: context.close(promise: nil)
            case .blocked, .waiting, .permittingTLS, .leaving, .closing, .closed: break
            }
        case TLSUserEvent.handshakeCompleted:
            handshakeCompleted(context)
        case ChannelEvent.inputClosed:
            isInputClosed = true
            switch phase {
            case .open: settle(context)
            case .closing, .connecting, .upgrading: context.close(promise: nil)
            case .blocked, .waiting, .permittingTLS, .leaving, .closed: break
            }
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        options.logger.log(
            level: error is InflateError ? .warning : .debug, "connection failed",
            metadata: ["session": "\(facts.sessionID)", "error": "\(error)"])
        // A client that closes without the TLS farewell: `inputClosed` or `channelInactive` follows by itself.
        if case NIOSSLError.uncleanShutdown = error { return }
        context.close(promise: nil)
    }

    // MARK: TLS

    private func installTLS(_ context: ChannelHandlerContext) {
        guard let tls = options.tls else {
            options.logger.error(
                "TLS is wanted here but no certificate is configured", metadata: ["session": "\(facts.sessionID)"])
            return context.close(promise: nil)
        }
        if case .permittingTLS = phase { phase = .upgrading }
        clock.started(context.eventLoop.now)
        do {
            try context.pipeline.syncOperations.addHandler(tls.makeHandler(), position: .first)
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    private func handshakeCompleted(_ context: ChannelHandlerContext) {
        let version = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self).tlsVersion
        let tls = TLSFacts(version: version?.protocolName ?? "TLS")
        facts.tls = tls
        clock.started(context.eventLoop.now)
        switch phase {
        case .connecting:
            start(context)
        case .upgrading:
            phase = .open
            if output.storageCapacity == 0 { output = context.channel.allocator.buffer(capacity: 256) }
            guard let step = engine?.tlsEstablished(tls, &output) else { return }
            take(step, context)
            settle(context)
        case .open, .blocked, .waiting, .permittingTLS, .leaving, .closing, .closed: return
        }
        requestRead(context)
    }

    /// A wait takes long.
    func tellProgress(_ context: ChannelHandlerContext) {
        engine?.stillWaiting(&output)
        flush(context)
        clock.lastNotice = context.eventLoop.now
    }

    // MARK: Closing

    /// Sends what is left, then closes. A client that still has bytes on their way is listened to for a moment: the
    /// kernel would answer them with a reset, which may overtake the farewell.
    func close(_ context: ChannelHandlerContext) {
        phase = .closing
        clock.started(context.eventLoop.now)
        let lingers = facts.tls == nil && !isInputClosed && (input.readableBytes > 0 || engine?.minimumInputRate != nil)
        if facts.tls != nil {
            // NIOSSL waits for the client's close_notify, and knows it as the end only without half-closure.
            try? context.channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
        }
        let farewell = output
        input = ByteBuffer()
        output = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(farewell)).assumeIsolated().whenComplete { _ in
            context.close(mode: lingers ? .output : .all, promise: nil)
        }
        watchTheClock(context)
        requestRead(context)
    }

    /// The client's time is over.
    func timeOut(_ context: ChannelHandlerContext) {
        engine?.timedOut(&output)
        close(context)
    }
}
