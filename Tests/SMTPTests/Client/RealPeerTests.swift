import Foundation
import MailModel
import NIOCore
import Net
import PostroomTesting
import SASL
import Testing

@testable import SMTP

/// The client against servers that others wrote, and against our own.
@Suite(.serialized) struct RealPeerTests {
    private static func options(_ change: (inout OutgoingOptions) -> Void = { _ in }) throws -> OutgoingOptions {
        var options = OutgoingOptions(heloName: try #require(Domain("client.example")))
        change(&options)
        return options
    }

    private static func transaction(
        _ message: String, to recipients: [String] = ["b@example.org"], body: EnvelopeSender.Body = .sevenBit
    ) throws -> OutgoingTransaction {
        OutgoingTransaction(
            sender: EnvelopeSender(path: .address(try #require(EmailAddress("a@example.net"))), body: body),
            recipients: try recipients.map { EnvelopeRecipient(address: try #require(EmailAddress($0))) },
            size: UInt64(message.utf8.count), content: OutgoingContent(ByteBuffer(string: message)))
    }

    private static func texts(_ result: TransactionResult) -> [String] { result.recipients.map(\.scriptText) }

    // MARK: smtp-sink

    struct Sink: Sendable, CustomTestStringConvertible {
        var arguments: [String]
        var expected: String
        var isLMTP = false

        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let sinks = [
        Sink(arguments: [], expected: "delivered 250"), Sink(arguments: ["-p"], expected: "delivered 250"),
        Sink(arguments: ["-e"], expected: "delivered 250"), Sink(arguments: ["-8"], expected: "delivered 250"),
        Sink(arguments: ["-L"], expected: "delivered 250", isLMTP: true),
        Sink(arguments: ["-w", "1"], expected: "delivered 250"),
        Sink(arguments: ["-f", "ehlo"], expected: "delivered 250"),
        Sink(arguments: ["-f", "connect"], expected: "greeting refused 5"),
        Sink(arguments: ["-r", "connect"], expected: "greeting refused 4"),
        Sink(arguments: ["-f", "mail"], expected: "refused mail 5"),
        Sink(arguments: ["-r", "mail"], expected: "deferred mail 4"),
        Sink(arguments: ["-f", "rcpt"], expected: "refused recipient 5"),
        Sink(arguments: ["-r", "data"], expected: "deferred data 4"),
        Sink(arguments: ["-f", "."], expected: "refused endOfContent 5"),
        Sink(arguments: ["-L", "-r", "."], expected: "deferred endOfContent 4", isLMTP: true),
        Sink(arguments: ["-q", "connect"], expected: "greeting"),
        Sink(arguments: ["-q", "mail"], expected: "deferred mail"),
        Sink(arguments: ["-q", "rcpt"], expected: "deferred recipient"),
        Sink(arguments: ["-q", "data"], expected: "deferred data"),
        Sink(arguments: ["-q", "."], expected: "lost"),
    ]

    @Test(arguments: sinks)
    func `Postfix's smtp-sink takes or refuses`(sink: Sink) async throws {
        let folder = try TemporaryFolder("sink")
        let port = try LoopbackPort.free()
        let process = try await ChildProcess.start(
            ["/usr/sbin/smtp-sink"] + (geteuid() == 0 ? ["-u", "nobody"] : []) + sink.arguments + [
                "127.0.0.1:\(port)", "10",
            ], outputFile: folder.path("log"))
        defer { process.signal(SIGTERM) }
        while !LoopbackPort.isOpen(port) {
            try #require(process.exit == nil, "\(process.output)")
            try await Task.sleep(for: .milliseconds(10))
        }
        let transaction = try Self.transaction(
            "Subject: x\r\n\r\n" + String(repeating: "Käse\r\n.\r\n", count: 20_000),
            to: ["b@example.org", "c@example.org"])
        let options = try Self.options { $0.transport = sink.isLMTP ? .lmtp : .smtp }
        do throws(OutgoingFailure) {
            let connection = try await OutgoingConnection.connect(
                to: .tcp(host: "127.0.0.1", port: port), options: options)
            let result = await connection.send(transaction)
            #expect(result.recipients.count == 2)
            #expect(result.recipients.allSatisfy { $0.scriptText.hasPrefix(sink.expected) }, "\(Self.texts(result))")
            // Whatever happened to the first, the second fares the same, or there is none.
            if result.canGoOn {
                let second = await connection.send(transaction)
                #expect(
                    second.recipients.allSatisfy { $0.scriptText.hasPrefix(sink.expected) }, "\(Self.texts(second))")
            }
            await connection.quit()
        } catch {
            #expect(error.scriptText.hasPrefix(sink.expected), "\(error.scriptText)")
        }
    }

    // MARK: Postroom

    @Test(arguments: [true, false])
    func `our own server gets every octet, by DATA and by BDAT`(isChunked: Bool) async throws {
        let server = try await TestServer(Profile.mx.options)
        let connection = try await OutgoingConnection.connect(
            to: .tcp(host: "127.0.0.1", port: server.port), serverName: "mx.example.org",
            options: try Self.options {
                $0.tls = .may(ClientTLSOptions(verification: .none))
                $0.chunking = isChunked ? .whenOffered : .never
            })
        let tls = await connection.tls
        #expect(tls?.version.hasPrefix("TLS") ?? false)
        var generator = SeededGenerator(seed: 7)
        for round in 0..<20 {
            var message = "Subject: \(round)\r\n\r\n"
            for _ in 0..<Int.random(in: 0...3000, using: &generator) {
                message += ["a", ".", "ü", "\r\n", "\r\n.", "."].randomElement(using: &generator) ?? ""
            }
            message += "\r\n"
            let result = await connection.send(
                try Self.transaction(message, to: ["b@example.org", "nobody@example.org", "c@example.org"]))
            #expect(result.canGoOn)
            #expect(result.isDSNHandedOver)
            #expect(
                Self.texts(result).map { $0.prefix(13) } == ["delivered 250", "refused recip", "delivered 250"],
                "\(Self.texts(result))")
            #expect(server.services.messages.last?.body == message)
        }
        await connection.quit()
        await server.stop()
    }

    @Test func `a login with every mechanism that our server offers`() async throws {
        let server = try await TestServer(Profile.submission.options)
        for mechanisms in [[SASLClientMechanism.plain], [.login]] {
            let connection = try await OutgoingConnection.connect(
                to: .tcp(host: "localhost", port: server.port),
                options: try Self.options {
                    $0.tls = .required(ClientTLSOptions(trustedCertificates: server.certificate.certificatePEM))
                    $0.credentials = SMTPCredentials(
                        login: Array("Alice".utf8), authorizationIdentity: nil, password: Secret("secret"))
                    $0.mechanisms = mechanisms
                })
            #expect(await connection.isVerified)
            await connection.quit()
        }
        #expect(server.services.logins.count == 2)
        await server.stop()
    }

    // MARK: Dovecot

    @Test(arguments: [true, false])
    func `Dovecot's LMTP answers for each recipient`(isUnixSocket: Bool) async throws {
        let folder = try TemporaryFolder("lmtp")
        let port = try LoopbackPort.free()
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
        let configuration = try folder.write(
            """
            base_dir = \(try folder.makeFolder("run"))
            state_dir = \(folder.path("run"))
            log_path = \(folder.path("log"))
            protocols = lmtp
            ssl = no
            default_internal_user = nobody
            default_login_user = nobody
            default_internal_group = nogroup
            mail_location = maildir:\(folder.path)/mail-%n
            first_valid_uid = 1000
            passdb {
              driver = passwd-file
              args = \(folder.path("users"))
            }
            userdb {
              driver = passwd-file
              args = \(folder.path("users"))
            }
            service lmtp {
              unix_listener \(folder.path("socket")) {
                mode = 0666
              }
              inet_listener lmtp {
                address = 127.0.0.1
                port = \(port)
              }
            }
            service anvil {
              unix_listener anvil-auth-penalty {
                mode = 0
              }
            }

            """, to: "dovecot.conf")
        try folder.write(
            ["b@example.org", "c@example.org"].map { "\($0)::2000:2000::\(folder.path)::\n" }.joined(), to: "users")
        let process = try await ChildProcess.start(
            ["/usr/sbin/dovecot", "-c", configuration, "-F"], outputFile: folder.path("output"))
        defer { process.signal(SIGTERM) }
        while !LoopbackPort.isOpen(port) {
            try #require(process.exit == nil, "\(process.output)")
            try await Task.sleep(for: .milliseconds(10))
        }
        let connection = try await OutgoingConnection.connect(
            to: isUnixSocket ? .unix(path: folder.path("socket")) : .tcp(host: "127.0.0.1", port: port),
            options: try Self.options { $0.transport = .lmtp })
        let message = "Subject: x\r\n\r\n.\r\n..\r\nKäse\r\n"
        for _ in 0..<3 {
            let result = await connection.send(
                try Self.transaction(message, to: ["b@example.org", "nobody@example.org", "c@example.org"]))
            let log = (try? String(contentsOfFile: folder.path("log"), encoding: .utf8)) ?? ""
            #expect(
                Self.texts(result).map { $0.prefix(13) } == ["delivered 250", "refused recip", "delivered 250"],
                "\(Self.texts(result))\n\(log)")
        }
        await connection.quit()
        for user in ["b", "c"] {
            let mail = folder.path("mail-\(user)/new")
            let files = try FileManager.default.contentsOfDirectory(atPath: mail)
            #expect(files.count == 3)
            for file in files {
                let text = try String(contentsOfFile: "\(mail)/\(file)", encoding: .utf8)
                #expect(text.hasSuffix("Subject: x\n\n.\n..\nKäse\n"), "\(text)")
            }
        }
    }
}
