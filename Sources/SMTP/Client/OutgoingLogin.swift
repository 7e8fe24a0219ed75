import MailModel
import SASL

/// The login of a session, while it lasts.
struct OutgoingLogin: Sendable {
    /// Challenges of one exchange; no mechanism has more than three.
    private static let maximumRounds = 8
    /// RFC 4954 §4: a longer command must do without its initial response.
    private static let commandLimit = 510

    var candidates: [SASLClientMechanism] = []
    var credentials: SASLPlainCredentials?
    private(set) var wasCancelled = false
    private var exchange: (any ClientExchange)?
    private var rounds = 0

    var isComplete: Bool { exchange?.isComplete ?? false }

    /// AUTH with the next mechanism; nil behind the last.
    mutating func next() -> [UInt8]? {
        guard let credentials, let mechanism = candidates.first else { return nil }
        candidates.removeFirst()
        let exchange = mechanism.exchange(credentials)
        self.exchange = exchange
        (rounds, wasCancelled) = (0, false)
        let command = Array("AUTH \(mechanism.rawValue)".utf8)
        guard let initial = exchange.initialResponse else { return command }
        // An empty response is written "=".
        let encoded = initial.isEmpty ? [UInt8(ascii: "=")] : Base64.encode(initial)
        guard command.count + 1 + encoded.count <= Self.commandLimit else { return command }
        return command + [UInt8(ascii: " ")] + encoded
    }

    /// The line that answers a 334: `*` where there is no answer.
    mutating func respond(to reply: SMTPReply) -> [UInt8] {
        rounds += 1
        let text = Array((reply.lines.first ?? "").utf8)
        guard rounds <= Self.maximumRounds, let challenge = challenge(text),
            let response = exchange?.respond(to: challenge)
        else {
            wasCancelled = true
            return [UInt8(ascii: "*")]
        }
        return Base64.encode(response)
    }

    /// LOGIN's prompts differ and some are not base 64; its answers go by their order.
    private func challenge(_ text: [UInt8]) -> [UInt8]? {
        Base64.decode(text, limit: 3000) ?? (exchange is LoginClientExchange ? [] : nil)
    }

    /// A server that repeats what it was told shall not bring a password into a log.
    func withoutSecrets(_ reply: SMTPReply) -> SMTPReply {
        guard let credentials, !credentials.password.isEmpty else { return reply }
        let text = reply.lines.joined(separator: " ")
        let password = String(decoding: credentials.password, as: UTF8.self)
        let words = text.split(whereSeparator: { " \t<>\"'()[],;:".contains($0) })
        let isTold =
            text.contains(password)
            || words.contains { Base64.decode(Array($0.utf8)).map { contains($0, credentials.password) } ?? false }
        return isTold ? SMTPReply(reply.code, reply.enhanced, "(text withheld: it repeats the password)") : reply
    }

    private func contains(_ bytes: [UInt8], _ password: [UInt8]) -> Bool {
        guard bytes.count >= password.count else { return false }
        return (0...(bytes.count - password.count)).contains { bytes[$0...].starts(with: password) }
    }
}
