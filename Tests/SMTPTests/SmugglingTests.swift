import MailModel
import NIOCore
import Net
import PostroomTesting
import Testing

@testable import SMTP

/// CVE-2023-51764 and its relatives: one message in must stay one message, whatever stands for a line end inside it.
struct SmugglingTests {
    enum Way: String, CaseIterable { case data, bdat, lmtp, submission }

    /// What some servers take for the end of a message.
    static let falseEnds = [
        "\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\n.\r", "\r.\n", "\r\n\0.\r\n", "\r\n.\0\r\n",
    ]

    private static let inner =
        "MAIL FROM:<admin@example.org>\r\nRCPT TO:<victim@example.org>\r\nDATA\r\nsmuggled\r\n.\r\n"

    private static func options(_ way: Way, _ bareLineEnds: SMTPServerOptions.BareLineEnds) -> SMTPServerOptions {
        SMTPServerOptions(
            hostname: "mx.example.org", dialogue: way == .lmtp ? .lmtp : .smtp,
            authentication: way == .submission ? .always : .off, requiresAuthentication: way == .submission,
            bareLineEnds: bareLineEnds)
    }

    private static func dialogue(_ way: Way, _ body: String) -> String {
        let hello = way == .lmtp ? "LHLO c.example\r\n" : "EHLO c.example\r\n"
        let login = way == .submission ? "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n" : ""
        let envelope = "MAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\n"
        let message = way == .bdat ? "BDAT \(body.utf8.count) LAST\r\n\(body)" : "DATA\r\n\(body)\r\n.\r\n"
        return hello + login + envelope + message + "QUIT\r\n"
    }

    @Test(arguments: falseEnds, Way.allCases)
    func `natively, a false end of a message ends the session and delivers nothing`(end: String, way: Way) async {
        let services = CannedServices()
        var session = await InProcessSession(Self.options(way, .reject), services)
        await session.send(Self.dialogue(way, "harmless" + end + Self.inner))
        let answers = session.answers()
        if end.contains("\0") {
            // NUL is an octet like any other: a dot beside it ends nothing, and the message goes on to its true end.
            #expect(services.messages.count == 1)
            #expect(services.messages.first?.body.contains("smuggled") ?? false)
        } else {
            #expect(answers.contains("521 5.5.2 mx.example.org Error: bare <"))
            #expect(session.isClosed)
            #expect(services.messages.isEmpty)
        }
    }

    @Test(arguments: falseEnds, Way.allCases)
    func `an imported site mends it, and one message stays one`(end: String, way: Way) async throws {
        let services = CannedServices()
        var session = await InProcessSession(Self.options(way, .normalize), services)
        // The smuggled commands without their own true end, which would be the message's.
        let inner = "MAIL FROM:<admin@example.org>\r\nRCPT TO:<victim@example.org>\r\nDATA\r\nsmuggled"
        await session.send(Self.dialogue(way, "harmless" + end + inner))
        let message = try #require(services.messages.first)
        #expect(services.messages.count == 1)
        #expect(message.sender == "a@example.net")
        #expect(message.body.contains("smuggled"))
        let bytes = Array(message.body.utf8)
        for (index, byte) in bytes.enumerated() {
            if byte == 0x0A { #expect(index > 0 && bytes[index - 1] == 0x0D) }
            if byte == 0x0D { #expect(index + 1 < bytes.count && bytes[index + 1] == 0x0A) }
        }
    }

    /// However the true end is cut, it is one.
    @Test(arguments: 1...12)
    func `the true end of a message is found in any pieces`(size: Int) async {
        let services = CannedServices()
        var session = await InProcessSession(Self.options(.data, .reject), services)
        await session.send(Array(Self.dialogue(.data, "a\r\n..\r\n.b\r\n\r\n....c").utf8), inPiecesOf: size)
        #expect(services.messages.map(\.body) == ["a\r\n.\r\nb\r\n\r\n...c\r\n"])
        #expect(session.isClosed)
    }

    @Test(arguments: 0..."STARTTLS\r\nNOOP\r\n".utf8.count)
    func `a command sent behind STARTTLS is never answered under TLS`(split: Int) async throws {
        let server = try await TestServer(Profile.mx.options)
        let client = try await TestConnection(port: server.port)
        #expect(try await client.line().hasPrefix("220 "))
        try await client.send("HELO c.example\r\n")
        #expect(try await client.line() == "250 mx.example.org")
        let bytes = Array("STARTTLS\r\nNOOP\r\n".utf8)
        try await client.send(Array(bytes[..<split]))
        try await client.send(Array(bytes[split...]))
        // Refused where the bytes came together; where the handshake had begun, NOOP is no record of TLS.
        let rest = try await client.rest()
        #expect(!rest.contains("250"))
        try await client.close()
        await server.stop()
    }
}
