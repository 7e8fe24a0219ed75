import NIOCore
import NIOPosix
import PostroomTesting

@testable import Net

/// A server that presents the certificates it is given, the own one first, from the first byte on.
struct PeerServer {
    let listener: TestListener

    /// - Parameter more: certificates in PEM form that follow.
    init(_ presented: [IssuedCertificate], more: String = "") async throws {
        let chain = try presented.map { try $0.pem }.joined() + more
        let key = presented.first?.keyPEM ?? ""
        let context = try ServerTLSContext(
            ServerTLSOptions(
                certificate: .contents(
                    chain: Array(chain.utf8), chainFile: "chain", key: Array(key.utf8), keyFile: "key")))
        listener = try await TestListener(tls: context, isImplicitTLS: true)
    }

    var port: Int { listener.port }

    /// What a client with these options finds out about the server, whether it goes on or not.
    func verification(_ options: ClientTLSOptions) async throws -> PeerVerification {
        let connection = try await LineConnection(to: .tcp(host: "127.0.0.1", port: port), group: .singleton)
        do throws(LineConnectionError) {
            let facts = try await connection.startTLS(options, timeout: .seconds(120))
            // Application data goes through, too.
            _ = try await connection.line(timeout: .seconds(120))
            await connection.close()
            return facts.peer ?? PeerVerification(.anonymous, "nothing is known")
        } catch {
            guard let certificate = error.certificate else { throw error }
            return certificate
        }
    }

    func stop() async { await listener.stop() }
}
