import IMAP
import MailModel
import NIOCore
import Net
import SASL
import SMTP

/// The words in which the engines answer a login: theirs, asked of an engine that speaks to nobody.
enum AuthenticationWords {
    private static let connection = ConnectionFacts(sessionID: "explain", tls: TLSFacts(version: "TLSv1.3"))

    /// The reply to AUTH (RFC 4954).
    static func smtp(_ outcome: SMTPAuthenticationOutcome, hostname: String) -> String {
        let options = SMTPServerOptions(
            hostname: hostname, tls: .required, authentication: .underTLS, requiresAuthentication: true)
        var engine = SMTPServerEngine(options, connection)
        let credentials = String(decoding: Base64.encode(Array("\0explain\0explain".utf8)), as: UTF8.self)
        var input = ByteBuffer(string: "EHLO explain\r\nAUTH PLAIN \(credentials)\r\n")
        var output = ByteBuffer()
        _ = engine.receive(&input, &output)
        output.clear()
        _ = engine.resume(with: .authentication(outcome), &output)
        return lines(output).joined(separator: " ")
    }

    /// The tagged response to LOGIN (RFC 3501 §6.2.3), without its tag.
    static func imap(_ outcome: IMAPLoginOutcome) -> String {
        var engine = IMAPServerEngine(IMAPServerOptions(offersStartTLS: true), connection)
        var input = ByteBuffer(string: "a LOGIN explain explain\r\n")
        var output = ByteBuffer()
        _ = engine.receive(&input, &output)
        output.clear()
        _ = engine.resume(with: .loggedIn(outcome), &output)
        let tagged = lines(output).first { $0.hasPrefix("a ") } ?? ""
        return String(tagged.dropFirst(2))
    }

    private static func lines(_ output: ByteBuffer) -> [String] {
        String(buffer: output).split(whereSeparator: \.isNewline).map(String.init)
    }
}
