package import NIOCore
package import NIOPosix
import NIOSSL
import Synchronization

/// Why a conversation with another server came to its end.
package struct LineConnectionError: Error, Hashable, CustomStringConvertible {
    /// Whom we talked to: `mail.example.org:587`.
    package let peer: String
    package let reason: String
    /// What is wrong with the server's certificate, where it was that.
    package var certificate: PeerVerification?

    package init(peer: String, reason: String, certificate: PeerVerification? = nil) {
        self.peer = peer
        self.reason = reason
        self.certificate = certificate
    }

    package var description: String { "\(peer): \(reason)" }
}

/// A connection that we opened to a server of a line protocol: whole lines in, bytes out, TLS when told to. Every call has
/// its time limit; after a failure nothing but `close` is of use.
package final class LineConnection: Sendable {
    package let peer: String
    private let host: String
    let channel: any Channel
    let inbox: LineInbox

    /// - Parameters:
    ///   - tls: TLS from the first byte; nil starts in clear.
    ///   - localAddress: the address of this machine that the connection comes from; nil leaves it to the system.
    ///   - serverName: whom TLS expects there; nil for the host of the address.
    ///   - lineLimit: bytes; a server that sends longer lines is given up.
    package init(
        to address: ListenAddress, from localAddress: String? = nil, serverName: String? = nil,
        tls: ClientTLSOptions? = nil,
        timeout: TimeAmount = .seconds(30), lineLimit: Int = 4096, group: MultiThreadedEventLoopGroup
    ) async throws(LineConnectionError) {
        let inbox = LineInbox(lineLimit: lineLimit)
        // Where the caller is on one of the group's loops, the connection stays with it.
        var bootstrap = ClientBootstrap(group: group.any())
            .connectTimeout(timeout)
            .channelOption(.autoRead, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LineInboxHandler(inbox))
                }
            }
        self.inbox = inbox
        peer = "\(address)"
        do {
            switch address {
            case .tcp(let host, let port):
                if let localAddress {
                    bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: localAddress, port: 0))
                }
                self.host = serverName ?? host
                channel = try await bootstrap.connect(host: host, port: port).get()
            case .unix(let path, _, _, _):
                host = serverName ?? "localhost"
                channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
            }
        } catch {
            throw LineConnectionError(peer: "\(address)", reason: ConnectFailure.text(error))
        }
        if let tls {
            do throws(LineConnectionError) {
                try await startTLS(tls, timeout: timeout)
            } catch {
                await close()
                throw error
            }
        }
    }

    /// The next line, without its line end.
    package func line(timeout: TimeAmount) async throws(LineConnectionError) -> [UInt8] {
        var line: [UInt8] = []
        try await wait(timeout, "no answer in time") { $0.hasLine }
        inbox.update { line = $0.takeLine() }
        return line
    }

    package func send(_ bytes: ByteBuffer, timeout: TimeAmount) async throws(LineConnectionError) {
        let cut = channel.eventLoop.scheduleTask(in: timeout) { [channel] in channel.close(promise: nil) }
        defer { cut.cancel() }
        do {
            try await channel.writeAndFlush(bytes).get()
        } catch {
            throw LineConnectionError(peer: peer, reason: inbox.failure ?? "the connection was lost (\(error))")
        }
    }

    /// Returns when the handshake is done and the server is who it should be.
    @discardableResult
    package func startTLS(
        _ options: ClientTLSOptions, timeout: TimeAmount
    ) async throws(LineConnectionError) -> TLSFacts {
        // An answer that stands behind the one to STARTTLS was put there in clear, by somebody else.
        guard inbox.isEmpty else {
            throw LineConnectionError(peer: peer, reason: "bytes in clear behind the answer to STARTTLS")
        }
        let tls: PreparedClientTLS
        do {
            tls = try await options.prepare(host: host)
            try await channel.eventLoop.submit { [channel] in
                try channel.pipeline.syncOperations.addHandler(try tls.makeHandler(), position: .first)
            }.get()
        } catch {
            throw LineConnectionError(peer: peer, reason: "TLS can't be set up (\(error))")
        }
        do throws(LineConnectionError) {
            try await wait(timeout, "no TLS handshake in time") { $0.isSecured }
        } catch {
            guard let certificate = tls.rejection else { throw error }
            throw LineConnectionError(
                peer: peer, reason: "the server's certificate is not accepted: \(certificate.explanation)",
                certificate: certificate)
        }
        let version = try? await channel.pipeline.handler(type: NIOSSLClientHandler.self)
            .map { $0.tlsVersion?.protocolName }.get()
        return TLSFacts(
            version: version.flatMap { $0 } ?? "TLS", serverName: options.serverName ?? host, peer: tls.peer)
    }

    /// Whether the calling thread is that of the connection's event loop.
    package var isOnThisThread: Bool { channel.eventLoop.inEventLoop }

    package func close() async {
        try? await channel.close().get()
    }

    private func wait(
        _ timeout: TimeAmount, _ reason: String, until condition: @escaping @Sendable (LineInbox.State) -> Bool
    ) async throws(LineConnectionError) {
        let late = channel.eventLoop.scheduleTask(in: timeout) { [inbox] in inbox.fail(reason) }
        defer { late.cancel() }
        channel.read()
        let failure = await withTaskCancellationHandler {
            await inbox.wait(until: condition)
        } onCancel: {
            inbox.fail("cancelled")
        }
        guard let failure else { return }
        await close()
        throw LineConnectionError(peer: peer, reason: failure)
    }
}
