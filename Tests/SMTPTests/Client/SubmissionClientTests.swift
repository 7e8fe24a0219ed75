import MailModel
import NIOCore
import Net
import Testing

@testable import SMTP

struct SubmissionClientTests {
    private static func credentials(_ password: String) -> SMTPCredentials {
        SMTPCredentials(login: Array("Alice".utf8), authorizationIdentity: nil, password: Secret(password))
    }

    private static let sender = EmailAddress("a@example.net").map { ReversePath.address($0) } ?? .null

    /// A client that trusts the server's certificate and no other.
    private static func client(
        _ server: TestServer, implicit: Bool = false, password: String? = "secret", host: String = "localhost"
    ) -> SMTPSubmissionClient {
        let tls = ClientTLSOptions(trustedCertificates: server.certificate.certificatePEM)
        return SMTPSubmissionClient(
            server: .tcp(host: host, port: server.port), security: implicit ? .implicitTLS(tls) : .startTLS(tls),
            credentials: password.map(credentials))
    }

    @Test(arguments: [false, true])
    func `a message is submitted with a login over TLS`(implicit: Bool) async throws {
        let server = try await TestServer(Profile.submission.options, isImplicitTLS: implicit)
        let recipients = ["b@example.org", "c@example.org"].compactMap { EmailAddress($0) }
        let reply = try await Self.client(server, implicit: implicit)
            .submit(ByteBuffer(string: "Subject: x\n\n.dot\r\nbare\rend"), from: Self.sender, to: recipients)
        #expect(reply.description == "250 2.0.0 Ok: queued as 31")
        #expect(
            server.services.messages == [
                CannedServices.Message(
                    sender: "a@example.net", recipients: ["b@example.org", "c@example.org"],
                    body: "Subject: x\r\n\r\n.dot\r\nbare\r\nend\r\n")
            ])
        await server.stop()
    }

    @Test func `a wrong password is the server's refusal, and the error does not hold it`() async throws {
        let server = try await TestServer(Profile.submission.options)
        let error = await #expect(throws: SMTPSubmissionClient.Failure.self) {
            try await Self.client(server, password: "canary").logIn()
        }
        #expect(error?.description.hasSuffix("failed: 535 5.7.8 Error: authentication failed") ?? false)
        #expect(!(error?.description.contains("canary") ?? true))
        await server.stop()
    }

    @Test func `a refused recipient is named by the server's reply`() async throws {
        let server = try await TestServer(Profile.submission.options)
        let nobody = [EmailAddress("nobody@example.org")].compactMap { $0 }
        let error = await #expect(throws: SMTPSubmissionClient.Failure.self) {
            try await Self.client(server).submit(ByteBuffer(string: "x"), from: .null, to: nobody)
        }
        #expect(error?.description.hasPrefix("<nobody@example.org>: 550 5.1.1 <nobody@example.org>:") ?? false)
        await server.stop()
    }

    @Test func `a server that is not who it should be gets no password`() async throws {
        let server = try await TestServer(Profile.submission.options)
        // The system's certificates do not vouch for ours.
        let client = SMTPSubmissionClient(
            server: .tcp(host: "localhost", port: server.port), security: .startTLS(ClientTLSOptions()),
            credentials: Self.credentials("secret"))
        let error = await #expect(throws: SMTPSubmissionClient.Failure.self) { try await client.logIn() }
        #expect(error?.description.hasPrefix("TLS with localhost:\(server.port) failed") ?? false)
        #expect(server.services.logins.isEmpty)
        await server.stop()
    }

    @Test func `no password goes out in clear`() async throws {
        let server = try await TestServer(Profile.normalize.options)
        let client = SMTPSubmissionClient(
            server: .tcp(host: "127.0.0.1", port: server.port), security: .none,
            credentials: Self.credentials("secret"))
        await #expect(throws: SMTPSubmissionClient.Failure.self) { try await client.logIn() }
        #expect(server.services.logins.isEmpty)
        await server.stop()
    }

    @Test func `a server without STARTTLS, and none at all, are told apart`() async throws {
        let server = try await TestServer(Profile.normalize.options)
        let refusal = await #expect(throws: SMTPSubmissionClient.Failure.self) {
            try await Self.client(server).logIn()
        }
        #expect(refusal?.description.hasPrefix("TLS is required, but was not offered by localhost") ?? false)
        let port = server.port
        await server.stop()
        let client = SMTPSubmissionClient(server: .tcp(host: "127.0.0.1", port: port), security: .none)
        let failure = await #expect(throws: SMTPSubmissionClient.Failure.self) { try await client.logIn() }
        #expect(failure?.description.hasPrefix("connect to 127.0.0.1:\(port): Connection refused") ?? false)
    }

    @Test(arguments: [
        ("", ".\r\n"), ("a", "a\r\n.\r\n"), ("a\n", "a\r\n.\r\n"), (".\r\n", "..\r\n.\r\n"),
        ("\n.\n", "\r\n..\r\n.\r\n"),
        ("a\r.b", "a\r\n..b\r\n.\r\n"), ("a\r\r\nb", "a\r\n\r\nb\r\n.\r\n"), ("\r\n\r\n", "\r\n\r\n.\r\n"),
    ])
    func `a message can't end before its end`(message: String, expected: String) {
        var output = ByteBuffer()
        MessageEncoder.encode(ByteBuffer(string: message), into: &output)
        #expect(String(buffer: output) == expected)
    }
}
