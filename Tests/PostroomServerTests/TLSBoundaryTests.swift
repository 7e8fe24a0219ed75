import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

@Suite struct `TLS of a site` {
    @Test(arguments: [ListenerModel.Kind.smtp, .submission])
    func `what stands behind STARTTLS in the clear ends the connection`(kind: ListenerModel.Kind) async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            let dialogue = try await SMTPDialogue(site, kind)
            try await dialogue.connection.send("STARTTLS\r\nMAIL FROM:<x@y.example>\r\nRCPT TO:<anna@example.org>\r\n")
            let rest = try await dialogue.connection.rest()
            #expect(rest.hasPrefix("554 5.5.1 ") && !rest.contains("250"), "\(rest)")
        }
    }

    @Test func `and on the IMAP port, too`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            let connection = try await TestConnection(port: site.port(.imap))
            #expect(try await connection.line().contains("LOGINDISABLED"))
            try await connection.send("a STARTTLS\r\nb LOGIN anna secret\r\nc NOOP\r\n")
            let rest = try await connection.rest()
            #expect(!rest.contains("a OK") && !rest.contains("b ") && !rest.contains("c OK"), "\(rest)")
        }
    }

    @Test func `AUTH is not offered before TLS, and never on port 25`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            for (kind, isOffered) in [(ListenerModel.Kind.smtp, false), (.submission, true)] {
                let dialogue = try await SMTPDialogue(site, kind)
                #expect(!(try await dialogue.ask("EHLO client.example")).contains("AUTH"))
                #expect(try await dialogue.ask("AUTH PLAIN " + plain(People.login)).hasPrefix("5"))
                #expect(try await dialogue.ask("STARTTLS").hasPrefix("220 2.0.0 "))
                try await dialogue.connection.startTLS(TestConnection.anyCertificate())
                let offer = try await dialogue.ask("EHLO client.example")
                #expect(offer.contains("AUTH PLAIN") == isOffered && !offer.contains("STARTTLS"))
                let reply = try await dialogue.ask("AUTH PLAIN " + plain(People.login))
                #expect(reply.hasPrefix(isOffered ? "235 2.7.0 " : "5"))
            }
            let clear = try await TestConnection(port: site.port(.imap))
            _ = try await clear.line()
            try await clear.send("a LOGIN anna secret\r\n")
            #expect(try await clear.line().hasPrefix("a NO [PRIVACYREQUIRED]"))
        }
    }

    @Test func `half a handshake and garbage in its place cost their own connection only`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            var random = SeededGenerator(seed: 11)
            // The record's head promises more than comes; or nothing of it is TLS.
            let half: [UInt8] = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03]
            for kind in ListenerModel.Kind.allCases where kind != .lmtp {
                for round in 0..<6 {
                    let connection = try await TestConnection(port: site.port(kind))
                    if !kind.isImplicitTLS {
                        let (command, answer) =
                            switch kind {
                            case .imap: ("a STARTTLS\r\n", "a OK")
                            case .pop3: ("STLS\r\n", "+OK Begin")
                            default: ("EHLO x\r\nSTARTTLS\r\n", "220 2.0.0")
                            }
                        _ = try await connection.line()
                        try await connection.send(command)
                        while !(try await connection.line()).hasPrefix(answer) {}
                    }
                    let bytes = (0..<Int.random(in: 5...3000, using: &random)).map { _ in
                        UInt8.random(in: 0...255, using: &random)
                    }
                    try? await connection.send(round % 2 == 0 ? Array(half.prefix(2 + round * 2)) : bytes)
                    try? await connection.closeOutput()
                    try await connection.close()
                }
            }
            try await site.swaks(to: "anna@example.org", ["--tls"])
            let imap = try await IMAPDialogue(site, login: People.login)
            #expect(try await imap.ask("SELECT INBOX").contains("* 1 EXISTS"))
        }
    }

    @Test func `a certificate that is replaced is in force after a reload; a broken one is not`() async throws {
        let first = try TemporaryFolder("first")
        let second = try TemporaryFolder("second")
        let certificates = try await TestCertificates.make(in: first)
        let others = try await TestCertificates.make(in: second)
        let tls = "{certificate: \(certificates.serverCertificate), key: \(certificates.serverKey)}"
        try await TestSite.serving(People.configuration(), files: People.files, tls: tls) { site in
            let before = try await shownCertificate(site)
            #expect(try before == pem(certificates.serverCertificate))
            let open = try await IMAPDialogue(site, login: People.login)
            try replace(certificates.serverCertificate, with: "-----BEGIN CERTIFICATE-----\nno\n")
            #expect(await site.server.reload() == false)
            #expect(try await shownCertificate(site) == before)
            try replace(
                certificates.serverCertificate, with: String(contentsOfFile: others.serverCertificate, encoding: .utf8))
            // The new certificate with the old key is no pair.
            #expect(await site.server.reload() == false)
            #expect(try await shownCertificate(site) == before)
            try replace(certificates.serverKey, with: String(contentsOfFile: others.serverKey, encoding: .utf8))
            #expect(await site.server.reload())
            #expect(try await shownCertificate(site) == pem(others.serverCertificate))
            // Who was connected stays so.
            #expect(try await open.ask("NOOP").last?.hasPrefix("t OK") == true)
        }
    }

    private func replace(_ file: String, with text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    }

    private func pem(_ file: String) throws -> String {
        try certificate(in: String(contentsOfFile: file, encoding: .utf8))
    }

    private func certificate(in text: String) throws -> String {
        let lines = text.split(separator: "\n")
        let start = try #require(lines.firstIndex { $0.contains("BEGIN CERTIFICATE") }, "\(text)")
        let end = try #require(lines[start...].firstIndex { $0.contains("END CERTIFICATE") })
        return lines[start...end].joined(separator: "\n")
    }

    /// What `openssl s_client` is shown.
    private func shownCertificate(_ site: TestSite) async throws -> String {
        let text = try await ChildProcess.run(
            ["/usr/bin/openssl", "s_client", "-connect", "127.0.0.1:\(site.port(.imaps))"], in: site.folder)
        return try certificate(in: text)
    }
}
