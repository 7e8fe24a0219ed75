import MailModel
import NIOCore

/// An IMAP server that is asked by logging in to it, as saslauthd's mechanism `rimap` does: in clear, so only for a server
/// on this machine or behind a tunnel.
package struct IMAPLoginClient: PasswordService {
    private let service: OneQuestionService
    private let combinesRealm: Bool

    /// - Parameters:
    ///   - combinesRealm: the realm is put behind the login (saslauthd `-r`); else it is left out.
    ///   - timeLimit: for a whole check; 30 seconds is the original's.
    package init(
        host: String, port: Int = 143, combinesRealm: Bool = true, timeLimit: Duration = .seconds(30),
        concurrent: Int = 16
    ) {
        let address = ServiceAddress.tcp(host: host, port: port)
        service = OneQuestionService(
            name: "rimap:\(address)", address: address, timeLimit: timeLimit, concurrent: concurrent)
        self.combinesRealm = combinesRealm
    }

    package var name: String { service.name }

    package func check(_ question: PasswordQuestion) async -> PasswordServiceVerdict {
        let login = combinesRealm ? question.wholeLogin : question.login
        guard !question.password.isEmpty,
            let exchange = IMAPLoginExchange(login: login, password: question.password)
        else { return .rejected }
        return await service.ask(exchange)
    }
}

/// `* OK …`, `saslauthd LOGIN "user" "password"`, `saslauthd OK …`.
struct IMAPLoginExchange: ServiceExchange {
    private enum State {
        case greeting
        case answer
    }

    private static let longestLine = 8192
    private static let mostLines = 100

    private let login: [UInt8]
    private var state = State.greeting
    private var line: [UInt8] = []
    private var lines = 0

    /// Nil for what no quoted string can hold (RFC 3501 §4.3), and for what no server would read in one line.
    init?(login: [UInt8], password: Secret) {
        guard !login.isEmpty, let user = Self.quoted(login), let password = Self.quoted(password.bytes) else {
            return nil
        }
        self.login = Array("saslauthd LOGIN ".utf8) + user + [0x20] + password + [0x0D, 0x0A]
    }

    mutating func begin() -> [UInt8] { [] }

    mutating func receive(_ bytes: ByteBufferView) -> ServiceExchangeStep {
        var question: [UInt8]?
        for byte in bytes {
            guard byte == 0x0A else {
                line.append(byte)
                guard line.count <= Self.longestLine else {
                    return .done(.failed(kind: .incomplete, "a line of its answer is too long"), farewell: [])
                }
                continue
            }
            if line.last == 0x0D { line.removeLast() }
            defer { line = [] }
            lines += 1
            guard lines <= Self.mostLines else {
                return .done(.failed(kind: .incomplete, "its answer has too many lines"), farewell: [])
            }
            switch take(line) {
            case .wait: continue
            case .send(let login): question = login
            // An answer to what was not asked yet is none.
            case .done(let answer, let farewell):
                return question == nil ? .done(answer, farewell: farewell) : unexpected
            }
        }
        return question.map { .send($0) } ?? .wait
    }

    private mutating func take(_ line: [UInt8]) -> ServiceExchangeStep {
        let words = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: true)
            .map { String(decoding: $0, as: UTF8.self).uppercased() }
        guard words.count >= 2 else { return unexpected }
        switch state {
        case .greeting:
            guard words[0] == "*", words[1] == "OK" else {
                return .done(.failed(kind: .unreachable, "it takes no logins now"), farewell: [])
            }
            state = .answer
            return .send(login)
        case .answer:
            if words[0] == "*" { return .wait }
            guard words[0] == "SASLAUTHD" else { return unexpected }
            let answer: ServiceAnswer
            switch words[1] {
            case "OK": answer = .accepted(user: nil)
            case "NO":
                // RFC 5530 §3: these say nothing of the password.
                let code = words.count > 2 ? words[2] : ""
                if ["[UNAVAILABLE]", "[SERVERBUG]", "[INUSE]", "[LIMIT]"].contains(where: code.hasPrefix) {
                    answer = .failed(kind: .incomplete, "it could not check the password")
                } else if code.hasPrefix("[PRIVACYREQUIRED]") {
                    answer = .failed(kind: .misconfigured, "it takes no passwords without TLS")
                } else {
                    answer = .rejected
                }
            default: answer = .failed(kind: .misconfigured, "it does not take LOGIN")
            }
            return .done(answer, farewell: Array("saslauthd LOGOUT\r\n".utf8))
        }
    }

    private var unexpected: ServiceExchangeStep {
        .done(.failed(kind: .misconfigured, "it does not speak IMAP"), farewell: [])
    }

    var endReason: String { "closed the connection without an answer" }

    private static func quoted(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count <= 1024, !bytes.contains(where: { $0 == 0 || $0 == 0x0A || $0 == 0x0D }) else { return nil }
        var text = [UInt8(ascii: "\"")]
        for byte in bytes {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { text.append(UInt8(ascii: "\\")) }
            text.append(byte)
        }
        return text + [UInt8(ascii: "\"")]
    }
}
