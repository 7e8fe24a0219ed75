import Foundation
import NIOSSL
import PostroomTesting
import SiteConfiguration

/// What a mail server or a mail program says to a site, line by line.
struct SMTPDialogue {
    let connection: TestConnection

    /// Reads the greeting and says EHLO; with a login on a port that speaks TLS.
    init(_ site: some RunningSite, _ kind: ListenerModel.Kind = .smtp, login: (String, String)? = nil) async throws {
        connection = try await TestConnection(
            port: site.port(kind), tls: kind.isImplicitTLS ? TestConnection.anyCertificate() : nil)
        _ = try await connection.reply()
        _ = try await ask("EHLO client.example")
        if let login { _ = try await ask("AUTH PLAIN " + plain(login)) }
    }

    func ask(_ line: String) async throws -> String {
        try await connection.send(line + "\r\n")
        return try await connection.reply()
    }

    /// MAIL and RCPT; the reply to the last.
    func envelope(from sender: String = "somebody@elsewhere.example", to recipients: [String]) async throws -> String {
        var reply = try await ask("MAIL FROM:<\(sender)>")
        for recipient in recipients { reply = try await ask("RCPT TO:<\(recipient)>") }
        return reply
    }

    /// The message by DATA; the reply to its end.
    func data(_ message: String) async throws -> String {
        let reply = try await ask("DATA")
        guard reply.hasPrefix("354") else { return reply }
        try await connection.send(message + "\r\n.\r\n")
        return try await connection.reply()
    }
}

struct IMAPDialogue {
    let connection: TestConnection

    /// Reads the greeting.
    init(_ site: some RunningSite) async throws {
        connection = try await TestConnection(port: site.port(.imaps), tls: TestConnection.anyCertificate())
        _ = try await connection.line()
    }

    /// Without TLS, as a site allows that has no certificate.
    init(inClear site: some RunningSite) async throws {
        connection = try await TestConnection(port: site.port(.imap))
        _ = try await connection.line()
    }

    init(_ site: some RunningSite, login: (String, String)) async throws {
        try await self.init(site)
        let answer = try await ask("AUTHENTICATE PLAIN " + plain(login))
        guard answer.last?.hasPrefix("t OK") == true else {
            throw TestFailure(description: "\(login.0) can't log in: \(answer)")
        }
    }

    /// All lines of the answer; the last is the tagged one.
    func ask(_ command: String) async throws -> [String] {
        try await connection.send("t \(command)\r\n")
        return try await lines { $0.hasPrefix("t ") }
    }

    /// Lines up to the first that `isLast`.
    @discardableResult
    func lines(until isLast: (String) -> Bool) async throws -> [String] {
        var lines: [String] = []
        repeat { lines.append(try await connection.line()) } while lines.last.map(isLast) != true
        return lines
    }
}

/// RFC 4616's message, in Base64.
func plain(_ login: (String, String)) -> String {
    Data("\0\(login.0)\0\(login.1)".utf8).base64EncodedString()
}

extension TestConnection {
    /// For a client that does not care who the server is.
    static func anyCertificate() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        return try NIOSSLContext(configuration: configuration)
    }
}
