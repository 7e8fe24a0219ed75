import Glibc
import Logging
package import NIOCore
package import NIOPosix
import Synchronization

/// Accepts connections on one bound socket and gives each a `SessionHandler`.
package final class Listener<Performer: SessionPerformer>: Sendable {
    /// What new connections get.
    private struct Serving: Sendable {
        var options: ListenerOptions
        var makeSession: SessionHandler<Performer>.MakeSession
    }

    /// Shared with the channel that accepts.
    private final class Current: Sendable {
        let serving: Mutex<Serving>

        init(_ serving: Serving) {
            self.serving = Mutex(serving)
        }
    }

    private let current: Current
    package var options: ListenerOptions { current.serving.withLock { $0.options } }
    /// Where it listens, with the real port; nil for a Unix socket.
    package let localAddress: String?
    package let localPort: Int?
    private let channel: any Channel
    private let table: ConnectionTable

    /// Starts accepting.
    ///
    /// - Parameter socket: closed with the listener, or when this throws.
    package init(
        boundSocket socket: BoundSocket, _ options: ListenerOptions, group: MultiThreadedEventLoopGroup,
        makeSession: @escaping SessionHandler<Performer>.MakeSession
    ) async throws {
        do {
            try Self.check(options, address: socket.address, port: socket.port)
        } catch {
            socket.close()
            throw error
        }
        guard listen(socket.descriptor, CInt(clamping: options.backlog)) == 0 else {
            let reason = String(cString: strerror(errno))
            socket.close()
            throw ListenerError(address: options.name, reason: reason, remedy: "check the address")
        }
        let table = ConnectionTable(options.limits)
        let current = Current(Serving(options: options, makeSession: makeSession))
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptErrorLog(options))
                    // Out of descriptors: wait a second instead of spinning on the same error.
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                PeerCredentials.of(channel).flatMapThrowing { peer in
                    let serving = current.serving.withLock { $0 }
                    try Self.accept(channel, peer, serving.options, table, serving.makeSession)
                }
            }
        self.current = current
        self.table = table
        localAddress = socket.address
        localPort = socket.port
        channel = try await bootstrap.withBoundSocket(socket.descriptor).get()
    }

    /// What a listener on this address must not be given.
    private static func check(
        _ options: ListenerOptions, address: String?, port: Int?
    ) throws(ListenerError) {
        guard let tls = options.session.tls, tls.isSelfSigned, isPublicAddress(address) else { return }
        throw ListenerError(
            address: ListenAddress.tcp(host: address ?? "", port: port ?? 0).description,
            reason: "a made-up certificate is never offered on a public address",
            remedy: "configure a certificate and its key, or listen on 127.0.0.1 or a private address")
    }

    /// Whether `reconfigure` would take these.
    package func check(_ options: ListenerOptions) throws(ListenerError) {
        try Self.check(options, address: localAddress, port: localPort)
    }

    /// Connections that come from now on get these; those that stand go on as they are.
    package func reconfigure(
        _ options: ListenerOptions, makeSession: @escaping SessionHandler<Performer>.MakeSession
    ) throws(ListenerError) {
        try check(options)
        table.change(options.limits)
        current.serving.withLock { $0 = Serving(options: options, makeSession: makeSession) }
    }

    private static func accept(
        _ channel: any Channel, _ peer: PeerCredentials?, _ options: ListenerOptions, _ table: ConnectionTable,
        _ makeSession: @escaping SessionHandler<Performer>.MakeSession
    ) throws {
        let facts = ConnectionFacts(
            sessionID: SessionIDs.make(), remoteAddress: channel.remoteAddress?.ipAddress,
            remotePort: channel.remoteAddress?.port, localAddress: channel.localAddress?.ipAddress,
            localPort: channel.localAddress?.port, peerUID: peer?.uid)
        if facts.remoteAddress != nil {
            // Replies are small and awaited: Nagle's algorithm would only hold them back. A refusal is no reason to fail.
            _ = try? channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1)
        }
        let refusal =
            options.admits(facts)
            ? table.add(facts, channel, perClient: options.perClient(facts)) : ConnectionRefusal.tooManyFromClient
        if let refusal {
            options.session.logger.notice(
                "refusing a connection",
                metadata: [
                    "listener": "\(options.name)", "peer": "\(facts.remoteAddress ?? "local")", "reason": "\(refusal)",
                ])
            let text = options.session.isImplicitTLS ? "" : options.refusal(refusal)
            try channel.pipeline.syncOperations.addHandler(RefusalHandler(text))
            return
        }
        let handler = SessionHandler<Performer>(options.session, facts, makeSession: makeSession) {
            table.remove(facts.sessionID)
        }
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            table.remove(facts.sessionID)
            throw error
        }
    }

    /// Who is connected now.
    package var connections: [ConnectionFacts] { table.all.map(\.facts) }

    /// Ends one session at its next command boundary, as a shutdown would; false when there is none of this id.
    package func end(_ sessionID: String) -> Bool {
        guard let connection = table.connection(sessionID) else { return false }
        connection.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        return true
    }

    /// Stops accepting, tells every session, waits until all have released what they held; those that have not within
    /// `grace` are cut off.
    package func shutDown(grace: TimeAmount) async {
        table.stop()
        try? await channel.close()
        for connection in table.all {
            connection.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        let options = options
        let cut = channel.eventLoop.scheduleTask(in: grace) { [table, options] in
            let late = table.all
            guard !late.isEmpty else { return }
            options.session.logger.warning(
                "cutting off sessions that did not end in time",
                metadata: ["listener": "\(options.name)", "sessions": "\(late.count)"])
            for connection in late { connection.channel.close(promise: nil) }
        }
        await table.waitUntilEmpty()
        cut.cancel()
    }
}
