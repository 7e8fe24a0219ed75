import DequeModule
import NIOCore
import NIOSSL
import NIOTLS
import Synchronization

/// Joins a channel with `LDAPConnectionState`: frames messages, writes what is asked in one write per turn of the loop, and
/// completes exchanges. Confined to its event loop.
final class LDAPChannelHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private struct Request {
        var operation: LDAPOperation
        var kind: LDAPConnectionState<LDAPExchange>.Kind
        var controls: [LDAPControl]
        var exchange: LDAPExchange
        var deadline: NIODeadline
    }

    private let server: LDAPURL
    private let tls: LDAPTLSContext
    private let options: LDAPConnectionOptions
    private let shared: LDAPConnection.Shared
    /// Succeeds when the channel can carry messages: at once without TLS, else behind the handshake.
    private let ready: EventLoopPromise<Void>
    private var state = LDAPConnectionState<LDAPExchange>()
    /// What waits for others to end, since a server takes only so many at a time.
    private var queue: Deque<Request> = []
    private var context: ChannelHandlerContext?
    private var received = ByteBuffer()
    private var outgoing = ByteBuffer()
    private var isFlushScheduled = false
    private var timer: (task: Scheduled<Void>, deadline: NIODeadline)?
    private var lastRead = NIODeadline.now()
    private var pausedExchanges = 0
    private var isReadHeld = false
    private var isSecure = false
    private var closesWhenIdle = false
    private var failure: LDAPError?

    init(
        server: LDAPURL, tls: LDAPTLSContext, options: LDAPConnectionOptions, shared: LDAPConnection.Shared,
        ready: EventLoopPromise<Void>
    ) {
        self.server = server
        self.tls = tls
        self.options = options
        self.shared = shared
        self.ready = ready
    }

    private func error(_ code: LDAPError.Code, _ text: String) -> LDAPError {
        LDAPError(code, server: server.server, text: text)
    }

    var outstandingOperations: Int { state.outstanding.count }

    // MARK: Requests

    func submit(
        _ operation: LDAPOperation, _ kind: LDAPConnectionState<LDAPExchange>.Kind, controls: [LDAPControl],
        for exchange: LDAPExchange
    ) {
        guard !exchange.isCancelled else { return exchange.finish(.failure(CancellationError())) }
        guard context != nil, failure == nil else {
            return exchange.finish(.failure((failure ?? error(.connectionLost, "the connection is closed")).unsent()))
        }
        if kind == .startTLS {
            guard !isSecure, server.scheme == .ldap else {
                return exchange.finish(.failure(error(.operationInProgress, "the connection has TLS already").unsent()))
            }
        }
        let now = NIODeadline.now()
        let request = Request(
            operation: operation, kind: kind, controls: controls, exchange: exchange,
            deadline: now + TimeAmount(exchange.timeout))
        scheduleTimer(request.deadline)
        guard queue.isEmpty, state.outstanding.count < options.maximumOutstanding else {
            guard kind != .bind, kind != .startTLS else {
                return exchange.finish(.failure(refused(.operationsOutstanding)))
            }
            queue.append(request)
            return
        }
        start(request, at: now)
    }

    private func start(_ request: Request, at now: NIODeadline) {
        do throws(LDAPConnectionState<LDAPExchange>.Refusal) {
            let id = try state.start(request.kind, at: now, deadline: request.deadline, ticket: request.exchange)
            request.exchange.id = id
            send(LDAPMessage(id: id, operation: request.operation, controls: request.controls))
        } catch {
            request.exchange.finish(.failure(refused(error)))
        }
    }

    /// Starts what waited, as far as others have ended.
    private func startQueued() {
        guard !queue.isEmpty else { return }
        let now = NIODeadline.now()
        while state.outstanding.count < options.maximumOutstanding, let request = queue.popFirst() {
            guard !request.exchange.isCancelled else { continue }
            start(request, at: now)
        }
    }

    private func failQueued(_ reason: LDAPError) {
        let waiting = queue
        queue = []
        for request in waiting { request.exchange.finish(.failure(reason.unsent())) }
    }

    private func refused(_ refusal: LDAPConnectionState<LDAPExchange>.Refusal) -> LDAPError {
        switch refusal {
        case .closing: error(.connectionLost, "the connection is being closed").unsent()
        case .exclusiveOperationInProgress:
            error(.operationInProgress, "a bind or StartTLS is under way on this connection").unsent()
        case .operationsOutstanding:
            error(.operationInProgress, "a bind or StartTLS must wait for the connection's other operations").unsent()
        }
    }

    func cancel(_ exchange: LDAPExchange) {
        exchange.isCancelled = true
        giveUp(exchange)
        exchange.finish(.failure(CancellationError()))
    }

    /// The consumer of a paused search wants more.
    func resume(_ exchange: LDAPExchange) {
        guard exchange.isPaused else { return }
        unpause(exchange)
        if let id = exchange.id { state.extend(id, to: .now() + TimeAmount(exchange.timeout)) }
    }

    private func unpause(_ exchange: LDAPExchange) {
        guard exchange.isPaused else { return }
        exchange.isPaused = false
        pausedExchanges -= 1
        if pausedExchanges == 0, isReadHeld {
            isReadHeld = false
            context?.read()
        }
    }

    /// Abandons what can be abandoned. A bind or StartTLS can't: nobody would know the connection's state any more.
    private func giveUp(_ exchange: LDAPExchange) {
        unpause(exchange)
        guard let id = exchange.id, let operation = state.remove(id) else { return }
        abandon(id, operation.kind)
    }

    private func abandon(_ id: Int, _ kind: LDAPConnectionState<LDAPExchange>.Kind) {
        guard failure == nil else { return }
        switch kind {
        case .bind, .startTLS:
            fail(error(.connectionLost, "a bind or StartTLS was given up, and the connection with it"))
        default:
            // Abandon is a request of its own, with an id that gets no answer.
            send(LDAPMessage(id: state.nextUnansweredID(), operation: .abandonRequest(id: id)))
            startQueued()
            closeIfIdle()
        }
    }

    private func send(_ message: LDAPMessage) {
        message.encode(into: &outgoing)
        guard !isFlushScheduled, let context else { return }
        isFlushScheduled = true
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.flush() }
    }

    private func flush() {
        isFlushScheduled = false
        guard let context, outgoing.readableBytes > 0 else { return }
        context.writeAndFlush(wrapOutboundOut(outgoing), promise: nil)
        outgoing.clear()
    }

    // MARK: Ends

    /// Lets outstanding operations end, takes no new ones, then unbinds.
    func closeGracefully() {
        state.drain()
        closesWhenIdle = true
        failQueued(refused(.closing))
        shared.isClosed.store(true, ordering: .relaxed)
        closeIfIdle()
    }

    private func closeIfIdle() {
        guard closesWhenIdle, state.isIdle else { return }
        unbind()
    }

    /// RFC 4511 §4.3: an unbind request has no answer; the connection is closed behind it.
    func unbind() {
        guard context != nil, failure == nil else { return }
        send(LDAPMessage(id: state.nextUnansweredID(), operation: .unbindRequest))
        flush()
        fail(error(.connectionLost, "the connection was closed by this side"))
    }

    func fail(_ reason: LDAPError) {
        guard failure == nil else { return }
        failure = reason
        shared.isClosed.store(true, ordering: .relaxed)
        timer?.task.cancel()
        timer = nil
        ready.fail(reason)
        for operation in state.close() { operation.ticket.finish(.failure(reason)) }
        failQueued(reason)
        context?.close(promise: nil)
    }

    // MARK: Deadlines

    private func scheduleTimer(_ deadline: NIODeadline) {
        guard let context else { return }
        if let timer {
            guard deadline < timer.deadline else { return }
            timer.task.cancel()
        }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = (context.eventLoop.scheduleTask(deadline: deadline) { bound.value.expire() }, deadline)
    }

    private func expire() {
        timer = nil
        var isSilent = false
        let now = NIODeadline.now()
        for request in queue where request.deadline <= now {
            request.exchange.finish(
                .failure(error(.timedOut, "not sent within \(request.exchange.timeout)").unsent()))
        }
        queue.removeAll { $0.deadline <= now }
        for (id, operation) in state.expire(at: now) {
            unpause(operation.ticket)
            operation.ticket.finish(
                .failure(error(.timedOut, "no answer within \(operation.ticket.timeout)")))
            if lastRead < operation.started { isSilent = true }
            abandon(id, operation.kind)
        }
        if isSilent {
            // Not one byte in all that time: a dead host or a firewall that forgot the connection.
            fail(error(.connectionLost, "the server has fallen silent"))
        }
        let next = ([state.nextDeadline] + queue.map(\.deadline)).compactMap(\.self).min()
        if failure == nil, let next { scheduleTimer(next) }
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        outgoing = context.channel.allocator.buffer(capacity: 1024)
        if context.channel.isActive, server.scheme != .ldaps { ready.succeed() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        fail(error(.connectionLost, "the connection is closed"))
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        if server.scheme != .ldaps { ready.succeed() }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(error(.connectionLost, "the server closed the connection"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOSSLError.uncleanShutdown:
            fail(self.error(.connectionLost, "the server closed the connection without a TLS close_notify"))
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            fail(LDAPTLSContext.failure(error, server: server))
        default:
            fail(self.error(.connectionLost, "the connection failed: \(error)"))
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event {
            isSecure = true
            if let operation = state.finishTLS() {
                operation.ticket.finish(
                    .success(
                        LDAPMessage(id: 0, operation: .extendedResponse(LDAPExtendedResponse(LDAPResult(.success))))))
            }
            ready.succeed()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func read(context: ChannelHandlerContext) {
        if pausedExchanges > 0 {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        guard failure == nil else { return }
        lastRead = .now()
        shared.lastActivity.store(lastRead.uptimeNanoseconds, ordering: .relaxed)
        if received.readableBytes == 0 {
            received = buffer
        } else {
            received.writeBuffer(&buffer)
        }
        do throws(LDAPDecodingError) {
            while failure == nil {
                let before = received.readableBytes
                guard let message = try LDAPMessage(from: &received, maximumLength: options.maximumMessageLength) else {
                    break
                }
                receive(message, bytes: before - received.readableBytes)
            }
        } catch {
            fail(self.error(.protocolViolation, error.description))
        }
        if received.readableBytes == 0 { received = ByteBuffer() }
        startQueued()
        closeIfIdle()
    }

    private func receive(_ message: LDAPMessage, bytes: Int) {
        switch state.receive(message) {
        case .ignore: break
        case .disconnect(let code, let text): fail(error(code, text))
        case .startTLS: startTLS()
        case .deliver(let operation, isFinal: true):
            unpause(operation.ticket)
            operation.ticket.finish(.success(message))
        case .deliver(let operation, isFinal: false):
            let exchange = operation.ticket
            switch exchange.receive(message.operation, bytes: bytes) {
            case .goOn:
                if exchange.isStream { state.extend(message.id, to: lastRead + TimeAmount(exchange.timeout)) }
            case .pause:
                guard !exchange.isPaused else { break }
                exchange.isPaused = true
                pausedExchanges += 1
                state.extend(message.id, to: .distantFuture)
            case .tooMuch:
                giveUp(exchange)
                let limits = exchange.limits
                exchange.finish(
                    .failure(
                        error(
                            .tooManyResults,
                            "the search brings more than \(limits.maximumEntries) entries or \(limits.maximumBytes) bytes"
                        )))
            }
        }
    }

    /// The answer to StartTLS has come. A byte behind it was sent in the clear, by whomever: it must not be taken for a
    /// part of what the server says under TLS (RFC 4513 §3.1.1; the response injection of CVE-2011-0411 and its kin).
    private func startTLS() {
        guard received.readableBytes == 0 else {
            return fail(error(.protocolViolation, "data came behind the StartTLS response, before the TLS handshake"))
        }
        guard let context else { return }
        do {
            try context.pipeline.syncOperations.addHandler(tls.makeHandler(for: server), position: .first)
        } catch {
            fail(LDAPTLSContext.failure(error, server: server))
        }
    }
}
