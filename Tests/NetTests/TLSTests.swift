import Foundation
import NIOCore
import NIOSSL
import PostroomTesting
import Testing

@testable import Net

struct TLSTests {
    private static func context(_ certificate: SelfSignedCertificate) throws -> ServerTLSContext {
        try ServerTLSContext(ServerTLSOptions(certificate: .selfSigned(certificate)))
    }

    /// A folder of its own, gone with the test.
    private static func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    @Test(arguments: 0..."STARTTLS\r\n".utf8.count)
    func `STARTTLS may be split anywhere`(split: Int) async throws {
        let certificate = try SelfSignedCertificate(hostname: "mx.example.org")
        let server = try await TestListener(tls: try Self.context(certificate))
        let client = try await TestConnection(port: server.port)
        #expect(try await client.line() == "hello")
        let bytes = Array("STARTTLS\r\n".utf8)
        try await client.send(Array(bytes[..<split]))
        try await client.send(Array(bytes[split...]))
        #expect(try await client.line() == "go ahead")
        try await client.startTLS(try certificate.clientContext)
        #expect(try await client.line() == "secured TLSv1.3")
        try await client.send("a\r\nWAIT b\r\nQUIT\r\n")
        #expect(try await client.rest() == "echo a\r\nanswer b\r\nbye\r\n")
        try await client.close()
        await server.stop()
    }

    @Test func `implicit TLS greets after the handshake`() async throws {
        let certificate = try SelfSignedCertificate(hostname: "mx.example.org")
        let server = try await TestListener(tls: try Self.context(certificate), isImplicitTLS: true)
        let client = try await TestConnection(port: server.port, tls: try certificate.clientContext)
        #expect(try await client.line() == "hello in private")
        try await client.send("QUIT\r\n")
        #expect(try await client.rest() == "bye\r\n")
        try await client.close()
        await server.stop()
    }

    @Test func `a failed handshake costs its own connection only`() async throws {
        let certificate = try SelfSignedCertificate(hostname: "mx.example.org")
        let server = try await TestListener(tls: try Self.context(certificate), isImplicitTLS: true)
        let intruder = try await TestConnection(port: server.port)
        try await intruder.send("EHLO in clear\r\n")
        _ = try await intruder.rest()
        try await intruder.close()
        let client = try await TestConnection(port: server.port, tls: try certificate.clientContext)
        #expect(try await client.line() == "hello in private")
        try await client.close()
        await server.stop()
        // The intruder never had a session.
        #expect(server.performer.finishedCount == 1)
    }

    @Test func `a new certificate reaches new connections, and old ones go on`() async throws {
        try await Self.withFolder { folder in
            let files = (chain: folder + "/cert.pem", key: folder + "/key.pem")
            let old = try SelfSignedCertificate(hostname: "old.example.org")
            try old.write(certificate: files.chain, key: files.key)
            let context = try ServerTLSContext(
                ServerTLSOptions(certificate: .files(chain: files.chain, key: files.key)))
            let server = try await TestListener(tls: context, isImplicitTLS: true)
            let before = try await TestConnection(port: server.port, tls: try old.clientContext)
            #expect(try await before.line() == "hello in private")

            let new = try SelfSignedCertificate(hostname: "new.example.org")
            try new.write(certificate: files.chain, key: files.key)
            try context.reload()
            let after = try await TestConnection(port: server.port, tls: try new.clientContext)
            #expect(try await after.line() == "hello in private")
            try await before.send("still here\r\n")
            #expect(try await before.line() == "echo still here")

            // A reload that fails leaves the one before in force.
            try Data("rubbish".utf8).write(to: URL(fileURLWithPath: files.chain))
            #expect(throws: ServerTLSError.self) { try context.reload() }
            let again = try await TestConnection(port: server.port, tls: try new.clientContext)
            #expect(try await again.line() == "hello in private")
            for client in [before, after, again] { try await client.close() }
            await server.stop()
        }
    }

    @Test func `a name that is asked for gets its own certificate, any other the main one`() async throws {
        let main = try SelfSignedCertificate(hostname: "main.example")
        let exact = try SelfSignedCertificate(hostname: "mail.exact.example")
        let wild = try SelfSignedCertificate(hostname: "*.wild.example")
        let context = try ServerTLSContext(
            ServerTLSOptions(
                certificate: .selfSigned(main),
                byServerName: ["Mail.exact.example": .selfSigned(exact), "*.wild.example": .selfSigned(wild)]))
        let server = try await TestListener(tls: context)
        let expectations = [
            ("mail.exact.example", exact), ("MAIL.EXACT.EXAMPLE", exact), ("a.wild.example", wild),
            ("a.b.wild.example", main), ("unknown.example", main),
        ]
        for (name, certificate) in expectations {
            let client = try await TestConnection(port: server.port)
            try await client.send("STARTTLS\r\n")
            #expect(try await client.line() == "hello")
            #expect(try await client.line() == "go ahead")
            try await client.startTLS(try certificate.clientContext, serverName: name)
            #expect(try await client.line() == "secured TLSv1.3", "\(name)")
            try await client.close()
        }
        await server.stop()
    }

    @Test func `an old version is refused where the minimum is newer`() async throws {
        let certificate = try SelfSignedCertificate(hostname: "mx.example.org")
        let context = try ServerTLSContext(
            ServerTLSOptions(certificate: .selfSigned(certificate), minimumVersion: .tls13))
        let server = try await TestListener(tls: context, isImplicitTLS: true)
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        configuration.maximumTLSVersion = .tlsv12
        let client = try await TestConnection(port: server.port, tls: try NIOSSLContext(configuration: configuration))
        await #expect(throws: TestConnection.Failure.self) { _ = try await client.line() }
        try await client.close()
        await server.stop()
    }

    @Test func `what is wrong with the files is said with their names`() async throws {
        try await Self.withFolder { folder in
            let one = try SelfSignedCertificate(hostname: "one.example")
            let two = try SelfSignedCertificate(hostname: "two.example")
            try one.write(certificate: folder + "/one.crt", key: folder + "/one.key")
            try two.write(certificate: folder + "/two.crt", key: folder + "/two.key")
            func failure(_ chain: String, _ key: String) -> ServerTLSError? {
                do throws(ServerTLSError) {
                    _ = try ServerTLSContext(
                        ServerTLSOptions(certificate: .files(chain: folder + chain, key: folder + key)))
                    return nil
                } catch {
                    return error
                }
            }
            #expect(failure("/one.crt", "/one.key") == nil)
            #expect(failure("/none.crt", "/one.key")?.file == folder + "/none.crt")
            #expect(failure("/one.crt", "/none.key")?.file == folder + "/none.key")
            #expect(failure("/one.key", "/one.key")?.file == folder + "/one.key")
            #expect(failure("/one.crt", "/one.crt")?.file == folder + "/one.crt")
            #expect(failure("/one.crt", "/two.key")?.description.contains("does not belong") ?? false)
        }
    }

    @Test(arguments: [["NO-SUCH-CIPHER"], [], ["ECDHE-RSA-AES128-GCM-SHA256", "HIGH:!aNULL"]])
    func `a bad list of ciphers is an error`(names: [String]) throws {
        let certificate = try SelfSignedCertificate(hostname: "mx.example.org")
        #expect(throws: ServerTLSError.self) {
            _ = try ServerTLSContext(ServerTLSOptions(certificate: .selfSigned(certificate), cipherSuites: names))
        }
    }

    @Test(arguments: ["ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"])
    func `a cipher goes by either of its names`(name: String) async throws {
        let certificate = try SelfSignedCertificate(hostname: "mx.example.org")
        let context = try ServerTLSContext(
            ServerTLSOptions(certificate: .selfSigned(certificate), cipherSuites: [name]))
        let server = try await TestListener(tls: context, isImplicitTLS: true)
        for (cipher, isOffered) in [
            (NIOTLSCipher.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, true),
            (NIOTLSCipher.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, false),
        ] {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.certificateVerification = .none
            configuration.maximumTLSVersion = .tlsv12
            configuration.cipherSuiteValues = [cipher]
            let client = try await TestConnection(
                port: server.port, tls: try NIOSSLContext(configuration: configuration))
            #expect((try? await client.line()) == (isOffered ? "hello in private" : nil))
            try await client.close()
        }
        await server.stop()
    }

    @Test func `a made-up key is its owner's only, and files are replaced`() async throws {
        try await Self.withFolder { folder in
            for _ in 0..<2 {
                let made = try SelfSignedCertificate(hostname: "mx.example.org")
                try made.write(certificate: folder + "/cert.pem", key: folder + "/key.pem")
                let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/key.pem")
                #expect(attributes[.posixPermissions] as? Int == 0o600)
                #expect(try String(contentsOfFile: folder + "/cert.pem", encoding: .utf8) == made.certificatePEM)
            }
        }
    }

    @Test func `a made-up certificate is never offered on a public address`() async throws {
        let certificate = try SelfSignedCertificate(hostname: "mx.example.org")
        let context = try Self.context(certificate)
        let error = await #expect(throws: ListenerError.self) {
            _ = try await TestListener(.tcp(host: "0.0.0.0", port: 0), tls: context)
        }
        #expect(error?.description.contains("made-up certificate") ?? false)
    }

    @Test(arguments: [
        ("127.0.0.1", false), ("127.9.9.9", false), ("::1", false), ("10.0.0.1", false), ("172.16.0.1", false),
        ("172.31.255.255", false), ("192.168.1.1", false), ("169.254.1.1", false), ("fe80::1", false),
        ("fe80::1%eth0", false), ("fd00::1", false), ("::ffff:10.0.0.1", false), ("localhost", false),
        ("0.0.0.0", true), ("::", true), ("172.32.0.1", true), ("192.0.2.1", true), ("2001:db8::1", true),
        ("fec0::1", true), ("::ffff:192.0.2.1", true), ("mail.example.org", true), ("", true),
    ])
    func `an address is public or it is not`(address: String, expected: Bool) {
        #expect(isPublicAddress(address) == expected)
        #expect(!isPublicAddress(nil))
    }
}
