import MailModel
import NIOCore

/// Cyrus saslauthd, asked over its `mux` socket: one question for each connection.
package struct SaslauthdClient: PasswordService {
    private let service: OneQuestionService

    /// - Parameters:
    ///   - path: of the socket: `/var/run/saslauthd/mux`.
    ///   - timeLimit: for a whole check, the wait for others included.
    ///   - concurrent: questions at once; saslauthd itself answers five (`-n`).
    package init(path: String, timeLimit: Duration = .seconds(30), concurrent: Int = 16) {
        service = OneQuestionService(
            name: "saslauthd:\(path)", address: .unix(path), timeLimit: timeLimit, concurrent: concurrent)
    }

    package var name: String { service.name }

    package func check(_ question: PasswordQuestion) async -> PasswordServiceVerdict {
        guard !question.password.isEmpty, let exchange = SaslauthdExchange(question) else { return .rejected }
        return await service.ask(exchange)
    }
}

/// Four counted strings there, one back, with counts of two octets.
struct SaslauthdExchange: ServiceExchange {
    /// MAX_REQ_LEN: the daemon drops who sends more.
    static let longestField = 1024

    private let request: [UInt8]
    private var received: [UInt8] = []

    /// Nil for what saslauthd can't be asked: too long, or with a NUL, behind which it would not look.
    init?(_ question: PasswordQuestion) {
        var request: [UInt8] = []
        for field in [question.login, question.password.bytes, Array(question.service.utf8), question.realm] {
            guard field.count <= Self.longestField, !field.contains(0), let count = UInt16(exactly: field.count) else {
                return nil
            }
            withUnsafeBytes(of: count.bigEndian) { request += $0 }
            request += field
        }
        self.request = request
    }

    mutating func begin() -> [UInt8] { request }

    mutating func receive(_ bytes: ByteBufferView) -> ServiceExchangeStep {
        received += bytes.prefix(2 + Self.longestField)
        guard received.count >= 2 else { return .wait }
        let count = Int(received[0]) << 8 | Int(received[1])
        guard count <= Self.longestField else {
            return .done(.failed(kind: .incomplete, "answered with more than it may"), farewell: [])
        }
        guard received.count >= 2 + count else { return .wait }
        let text = received[2..<2 + count]
        if text.starts(with: "OK".utf8) { return .done(.accepted(user: nil), farewell: []) }
        // With an alert it tells that it could not ask whoever knows.
        if text.starts(with: "NO [ALERT]".utf8) {
            return .done(.failed(kind: .incomplete, "it could not check the password"), farewell: [])
        }
        if text.starts(with: "NO".utf8) { return .done(.rejected, farewell: []) }
        return .done(.failed(kind: .incomplete, "its answer is neither OK nor NO"), farewell: [])
    }

    var endReason: String { "closed the connection without an answer" }
}
