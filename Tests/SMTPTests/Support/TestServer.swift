import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Net
import Testing

@testable import SMTP

/// A real listener on a free loopback port.
struct TestServer {
    let listener: Listener<SMTPPerformer>
    let services = CannedServices()
    let clientTLS: NIOSSLContext
    let certificate: SelfSignedCertificate

    init(_ options: SMTPServerOptions, isImplicitTLS: Bool = false) async throws {
        let certificate = try SelfSignedCertificate(hostname: "mx.example.org")
        self.certificate = certificate
        let tls = try ServerTLSContext(ServerTLSOptions(certificate: .selfSigned(certificate)))
        var client = TLSConfiguration.makeClientConfiguration()
        client.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(certificate.certificatePEM.utf8)))
        client.certificateVerification = .noHostnameVerification
        clientTLS = try NIOSSLContext(configuration: client)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let socket = try #require(try BoundSocket.bind(.tcp(host: "127.0.0.1", port: 0)).first)
        let budget = GatherBudget()
        let services = self.services
        listener = try await Listener(
            boundSocket: socket,
            ListenerOptions(
                name: "test", session: SessionOptions(tls: tls, isImplicitTLS: isImplicitTLS, logger: logger),
                refusal: options.refusal),
            group: .singleton
        ) { facts, _ in
            (SMTPServerEngine(options, facts, budget: budget), SMTPPerformer(services))
        }
    }

    var port: Int { listener.localPort ?? 0 }

    func stop() async {
        await listener.shutDown(grace: .seconds(5))
    }
}
