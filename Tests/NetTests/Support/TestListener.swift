import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

@testable import Net

/// A listener that speaks `LineEngine`, on a free loopback port.
final class TestListener: Sendable {
    let listener: Listener<LinePerformer>
    let performer: LinePerformer

    init(
        _ address: ListenAddress = .tcp(host: "127.0.0.1", port: 0), tls: ServerTLSContext? = nil,
        isImplicitTLS: Bool = false, limits: ConnectionLimits = ConnectionLimits(), answersAtOnce: Bool = true
    ) async throws {
        let performer = LinePerformer(answersAtOnce: answersAtOnce)
        self.performer = performer
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let socket = try #require(try BoundSocket.bind(address).first)
        listener = try await Listener(
            boundSocket: socket,
            ListenerOptions(
                name: "test", session: SessionOptions(tls: tls, isImplicitTLS: isImplicitTLS, logger: logger),
                limits: limits, refusal: { "refused: \($0)\r\n" }),
            group: .singleton
        ) { facts, _ in (LineEngine(isTLS: facts.tls != nil), performer) }
    }

    var port: Int { listener.localPort ?? 0 }

    func stop() async { await listener.shutDown(grace: .seconds(10)) }
}

extension SelfSignedCertificate {
    /// What a client needs to trust this certificate and no other.
    var clientContext: NIOSSLContext {
        get throws {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(certificatePEM.utf8)))
            configuration.certificateVerification = .noHostnameVerification
            return try NIOSSLContext(configuration: configuration)
        }
    }
}
