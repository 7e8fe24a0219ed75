public import NIOCore
public import NIOPosix
import NIOSSL
import Synchronization

#if os(Linux)
    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif
#endif

/// The settings of one connection.
public struct LDAPConnectionOptions: Hashable, Sendable {
    /// For the connection and, with TLS, for the handshake.
    public var connectTimeout: Duration
    /// For an operation that names no other.
    public var operationTimeout: Duration
    /// Bytes; a longer message ends the connection before it is gathered.
    public var maximumMessageLength: Int
    /// Operations that are outstanding at the server at a time; further ones wait here. OpenLDAP closes a connection with
    /// more than 100 (`conn_max_pending`).
    public var maximumOutstanding: Int

    public init(
        connectTimeout: Duration = .seconds(5), operationTimeout: Duration = .seconds(10),
        maximumMessageLength: Int = LDAPMessage.defaultMaximumLength, maximumOutstanding: Int = 64
    ) {
        self.connectTimeout = connectTimeout
        self.operationTimeout = operationTimeout
        self.maximumMessageLength = maximumMessageLength
        self.maximumOutstanding = maximumOutstanding
    }
}

/// One connection to one server. Any number of operations may be outstanding; answers find their requests by message id.
/// Cancelling a task abandons its operation at the server.
public final class LDAPConnection: Sendable {
    /// What is read from outside the event loop.
    final class Shared: Sendable {
        let isClosed = Atomic<Bool>(false)
        /// Uptime in nanoseconds of the last bytes from the server.
        let lastActivity = Atomic<UInt64>(NIODeadline.now().uptimeNanoseconds)
    }

    public let server: LDAPURL
    public let options: LDAPConnectionOptions
    let shared: Shared
    private let channel: any Channel
    private let handler: NIOLoopBound<LDAPChannelHandler>

    private init(
        server: LDAPURL, options: LDAPConnectionOptions, shared: Shared, channel: any Channel,
        handler: NIOLoopBound<LDAPChannelHandler>
    ) {
        self.server = server
        self.options = options
        self.shared = shared
        self.channel = channel
        self.handler = handler
    }

    /// Whether nothing can be started on it any more.
    public var isClosed: Bool { shared.isClosed.load(ordering: .relaxed) }

    /// How long nothing has come from the server.
    var idleTime: Duration {
        let last = shared.lastActivity.load(ordering: .relaxed)
        let now = NIODeadline.now().uptimeNanoseconds
        return .nanoseconds(Int64(clamping: now > last ? now - last : 0))
    }

    /// Connects; with `ldaps`, returns behind the TLS handshake. Nothing is sent yet: the connection is anonymous.
    ///
    /// - Throws: `LDAPError` with the code `connectFailed`, `timedOut` or `tlsFailed`.
    public static func connect(
        to server: LDAPURL, tls: LDAPTLSContext, options: LDAPConnectionOptions = LDAPConnectionOptions(),
        on group: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup
    ) async throws -> LDAPConnection {
        let shared = Shared()
        let eventLoop = group.next()
        let ready = eventLoop.makePromise(of: Void.self)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(options.connectTimeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = LDAPChannelHandler(
                        server: server, tls: tls, options: options, shared: shared, ready: ready)
                    if server.scheme == .ldaps {
                        try channel.pipeline.syncOperations.addHandler(tls.makeHandler(for: server))
                    }
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        do {
            let channel = try await open(bootstrap, server)
            let timer = eventLoop.scheduleTask(in: TimeAmount(options.connectTimeout)) {
                ready.fail(
                    LDAPError(
                        .timedOut, server: server.server,
                        text: "the TLS handshake did not end within \(options.connectTimeout)"))
            }
            defer { timer.cancel() }
            do {
                try await ready.futureResult.get()
                let handler = try await channel.eventLoop.submit {
                    NIOLoopBound(
                        try channel.pipeline.syncOperations.handler(type: LDAPChannelHandler.self),
                        eventLoop: channel.eventLoop)
                }.get()
                return LDAPConnection(
                    server: server, options: options, shared: shared, channel: channel, handler: handler)
            } catch {
                channel.close(promise: nil)
                throw error
            }
        } catch let error as LDAPError {
            throw error
        } catch {
            ready.fail(error)
            throw connectFailure(error, server: server, timeout: options.connectTimeout)
        }
    }

    private static func open(_ bootstrap: ClientBootstrap, _ server: LDAPURL) async throws -> any Channel {
        guard server.scheme != .ldapi else {
            return try await bootstrap.connect(unixDomainSocketPath: server.effectiveHost).get()
        }
        var bootstrap =
            bootstrap
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        #if os(Linux)
            // A peer that vanished is noticed after two minutes, even with nothing to send.
            for (option, seconds) in [(TCP_KEEPIDLE, 60), (TCP_KEEPINTVL, 15), (TCP_KEEPCNT, 4)] {
                bootstrap = bootstrap.channelOption(
                    .tcpOption(NIOBSDSocket.Option(rawValue: CInt(option))), value: seconds)
            }
        #endif
        return try await bootstrap.connect(host: server.effectiveHost, port: server.effectivePort).get()
    }

    /// What the system said, in its own words.
    private static func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return String(cString: strerror(error.errnoCode))
    }

    private static func connectFailure(_ error: any Error, server: LDAPURL, timeout: Duration) -> LDAPError {
        switch error {
        case ChannelError.connectTimeout:
            return LDAPError(.timedOut, server: server.server, text: "no connection within \(timeout)")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            return LDAPTLSContext.failure(error, server: server)
        case let error as NIOConnectionError:
            let reasons = error.connectionErrors.map { reason($0.error) }
            let names = [error.dnsAError, error.dnsAAAAError].compactMap(\.self).map { reason($0) }
            let all = reasons.isEmpty ? names : reasons
            return LDAPError(
                .connectFailed, server: server.server, text: "can't connect: \(all.joined(separator: "; "))")
        default:
            return LDAPError(.connectFailed, server: server.server, text: "can't connect: \(reason(error))")
        }
    }

    // MARK: Requests

    func perform(
        _ operation: LDAPOperation, _ kind: LDAPConnectionState<LDAPExchange>.Kind, controls: [LDAPControl] = [],
        timeout: Duration? = nil, limits: LDAPSearchLimits = LDAPSearchLimits()
    ) async throws -> LDAPAnswer {
        let exchange = LDAPExchange(timeout: timeout ?? options.operationTimeout, limits: limits)
        let eventLoop = channel.eventLoop
        let handler = self.handler
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                eventLoop.execute {
                    exchange.wait(continuation)
                    handler.value.submit(operation, kind, controls: controls, for: exchange)
                }
            }
        } onCancel: {
            eventLoop.execute { handler.value.cancel(exchange) }
        }
    }

    func stream(
        _ request: SearchRequest, controls: [LDAPControl], timeout: Duration?, limits: LDAPSearchLimits
    ) -> LDAPEntrySequence {
        let exchange = LDAPExchange(timeout: timeout ?? options.operationTimeout, limits: limits)
        let producer = LDAPEntrySequence.Producer.makeSequence(
            backPressureStrategy: .init(lowWatermark: 64, highWatermark: 256), finishOnDeinit: true,
            delegate: LDAPEntrySequence.Delegate(eventLoop: channel.eventLoop, exchange: exchange, handler: handler))
        let handler = self.handler
        let source = producer.source
        channel.eventLoop.execute {
            exchange.wait(source)
            handler.value.submit(.searchRequest(request), .search, controls: controls, for: exchange)
        }
        return LDAPEntrySequence(producer: producer.sequence)
    }

    /// How many operations wait for their answer.
    package func outstandingOperations() async throws -> Int {
        let handler = self.handler
        return try await channel.eventLoop.submit { handler.value.outstandingOperations }.get()
    }

    /// Says goodbye and closes; operations that are outstanding fail.
    public func unbind() async {
        let handler = self.handler
        channel.eventLoop.execute { handler.value.unbind() }
        try? await channel.closeFuture.get()
    }

    /// Takes no new operations, and unbinds when the outstanding ones have ended.
    func closeGracefully() {
        let handler = self.handler
        channel.eventLoop.execute { handler.value.closeGracefully() }
    }

    /// Drops the connection.
    func close(_ reason: LDAPError) {
        let handler = self.handler
        channel.eventLoop.execute { handler.value.fail(reason) }
    }
}
