import MailModel
import NIOCore
import Testing

@testable import Accounts

/// What the services may say, right and wrong, without a connection.
struct ServiceExchangeTests {
    static let question = PasswordQuestion(login: Array("al".utf8), password: Secret("pw"), service: "smtp")

    /// The answer to these octets one by one.
    private func answer(_ exchange: some ServiceExchange, _ bytes: [UInt8]) -> String {
        var exchange = exchange
        _ = exchange.begin()
        for byte in bytes {
            switch exchange.receive(ByteBuffer(bytes: [byte]).readableBytesView) {
            case .wait, .send: continue
            case .done(let answer, _): return name(answer)
            }
        }
        return "waits"
    }

    private func name(_ answer: ServiceAnswer) -> String {
        switch answer {
        case .accepted(let user): "accepted \(user.map { String(decoding: $0, as: UTF8.self) } ?? "-")"
        case .rejected: "rejected"
        case .failed(let kind, _): "\(kind)"
        }
    }

    @Test(
        arguments: [
            ([0, 2, 0x4F, 0x4B], "accepted -"), ([0, 2, 0x4E, 0x4F], "rejected"), ([0, 2, 0x4F], "waits"),
            ([0], "waits"),
            ([0xFF, 0xFF, 0x4F, 0x4B], "incomplete"), ([0, 0], "incomplete"), ([0, 2, 0x59, 0x53], "incomplete"),
            ([0, 5] + Array("OK ok".utf8), "accepted -"), ([0, 13] + Array("NO Incorrect!".utf8), "rejected"),
            ([0, 14] + Array("NO [ALERT] gone".utf8), "incomplete"),
        ] as [([UInt8], String)])
    func `answers of saslauthd`(bytes: [UInt8], expected: String) throws {
        #expect(answer(try #require(SaslauthdExchange(Self.question)), bytes) == expected)
    }

    @Test func `saslauthd is asked with four counted strings`() throws {
        var exchange = try #require(SaslauthdExchange(Self.question))
        #expect(
            exchange.begin() == [0, 2] + Array("al".utf8) + [0, 2] + Array("pw".utf8) + [0, 4] + Array("smtp".utf8) + [
                0, 0,
            ])
        var question = Self.question
        question.login = Array("al\0".utf8)
        #expect(SaslauthdExchange(question) == nil)
        question.login = Array(repeating: 0x61, count: 1025)
        #expect(SaslauthdExchange(question) == nil)
    }

    @Test(arguments: [
        ("* OK hi\r\nsaslauthd OK in\r\n", "accepted -"),
        ("* OK hi\r\n* CAPABILITY X\r\nsaslauthd NO [AUTHENTICATIONFAILED] x\r\n", "rejected"),
        ("* OK hi\r\nsaslauthd NO [UNAVAILABLE] later\r\n", "incomplete"), ("* BYE full\r\n", "unreachable"),
        ("* OK hi\r\nsaslauthd NO [PRIVACYREQUIRED] x\r\n", "misconfigured"), ("220 smtp\r\n", "unreachable"),
        ("* OK hi\r\nsaslauthd BAD what\r\n", "misconfigured"), ("* OK hi\r\nother OK x\r\n", "misconfigured"),
        ("* OK hi\r\n+ go on\r\n", "misconfigured"), ("* OK hi\r\n", "waits"), ("\r\n", "misconfigured"),
        ("* OK hi\r\n" + String(repeating: "* X y\r\n", count: 200), "incomplete"),
        (String(repeating: "x", count: 9000), "incomplete"),
    ])
    func `answers of an IMAP server`(text: String, expected: String) throws {
        let exchange = try #require(IMAPLoginExchange(login: Array("al".utf8), password: Secret("pw")))
        #expect(answer(exchange, Array(text.utf8)) == expected)
    }

    @Test func `what an IMAP server says behind its greeting is heard, but an answer before the question is none`()
        throws
    {
        func steps(_ chunks: [String]) throws -> [String] {
            var exchange = try #require(IMAPLoginExchange(login: Array("al".utf8), password: Secret("pw")))
            return chunks.map { chunk in
                switch exchange.receive(ByteBuffer(string: chunk).readableBytesView) {
                case .wait: "waits"
                case .send: "asks"
                case .done(let answer, _): name(answer)
                }
            }
        }
        #expect(
            try steps(["* OK hi\r\n* CAPA", "BILITY x\r\n", "saslauthd OK\r\n"]) == ["asks", "waits", "accepted -"])
        #expect(try steps(["* OK hi\r\nsaslauthd OK in\r\n"]) == ["misconfigured"])
    }

    @Test func `what no quoted string can hold is not sent to an IMAP server`() {
        for wrong in ["a\rb", "a\nb", "a\0b", String(repeating: "x", count: 1025)] {
            #expect(IMAPLoginExchange(login: Array("al".utf8), password: Secret(wrong)) == nil)
            #expect(IMAPLoginExchange(login: Array(wrong.utf8), password: Secret("pw")) == nil)
        }
        var exchange = IMAPLoginExchange(login: Array("a\"l".utf8), password: Secret("p\\w"))
        let step = exchange?.receive(ByteBuffer(string: "* OK\r\n").readableBytesView)
        guard case .done? = step else {
            guard case .send(let bytes)? = step else {
                Issue.record("nothing is sent")
                return
            }
            #expect(String(decoding: bytes, as: UTF8.self) == "saslauthd LOGIN \"a\\\"l\" \"p\\\\w\"\r\n")
            return
        }
        Issue.record("the greeting was not taken")
    }

    private static let greeting = "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t7\nCUID\t1\nCOOKIE\tab\nDONE\n"

    private func events(_ text: String) -> [String] {
        var session = DovecotAuthSession()
        return text.utf8.flatMap { byte in
            session.receive(ByteBuffer(bytes: [byte]).readableBytesView).map { event in
                switch event {
                case .ready: "ready"
                case .answer(let number, let answer): "\(number) \(name(answer))"
                case .failed(let kind, _): "failed \(kind)"
                }
            }
        }
    }

    @Test(arguments: [
        ("", ["ready"]), ("OK\t1\tuser=al\tx=y\n", ["ready", "1 accepted al"]),
        ("OK\t1\tuser=a\u{1}tl\n", ["ready", "1 accepted a\tl"]), ("OK\t3\n", ["ready", "3 misconfigured"]),
        ("FAIL\t1\tuser=al\n", ["ready", "1 rejected"]), ("FAIL\t1\tuser=al\ttemp\n", ["ready", "1 incomplete"]),
        ("FAIL\t1\tcode=temp_fail\n", ["ready", "1 incomplete"]),
        ("FAIL\t1\treason=temp\tauthz\n", ["ready", "1 rejected"]),
        ("CONT\t2\t\n", ["ready", "2 incomplete"]), ("OK\tx\tuser=al\n", ["ready", "failed incomplete"]),
        ("NEWS\t1\nFAIL\t9\nOK\t8\tuser=b\n", ["ready", "9 rejected", "8 accepted b"]),
        (String(repeating: "x", count: 20000), ["ready", "failed incomplete"]),
    ])
    func `answers of Dovecot's auth service`(text: String, expected: [String]) {
        #expect(events(Self.greeting + text) == expected)
    }

    @Test(arguments: [
        "VERSION\t2\t0\n", "VERSION\t1\t1\nSPID\t7\n", "VERSION\t1\t1\nMECH\tLOGIN\nSPID\t1\nDONE\n", "DONE\n",
        "MECH\tPLAIN\nDONE\n", String(repeating: "\n", count: 300),
    ])
    func `a greeting that is none is a fault of the configuration`(text: String) {
        #expect(events(text) == ["failed misconfigured"])
    }

    @Test func `a question to Dovecot's auth service has its parameters escaped and the answer last`() throws {
        var question = Self.question
        question.service = "sm\ttp"
        question.remoteAddress = "192.0.2.1"
        question.isSecured = true
        let request = try #require(DovecotAuthRequest(question))
        #expect(
            String(decoding: request.line(number: 4), as: UTF8.self)
                == "AUTH\t4\tPLAIN\tservice=sm\u{1}ttp\tnologin\trip=192.0.2.1\tsecured\tresp=AGFsAHB3\n")
        for wrong in ["", "a\0l", String(repeating: "x", count: 8000)] {
            question.login = Array(wrong.utf8)
            #expect(DovecotAuthRequest(question) == nil)
        }
    }

    @Test func `what is escaped comes back`() {
        let all = (0...255).map { UInt8($0) } + [1, 1, 0x30]
        #expect(DovecotAuthLine.unescaped(DovecotAuthLine.escaped(all)) == all)
        #expect(!DovecotAuthLine.escaped(all).contains { [0, 9, 10, 13].contains($0) })
    }

    @Test(
        arguments: [
            ("private/auth", "/var/spool/postfix/private/auth"), ("/run/auth", "/run/auth"),
            ("unix:private/auth", "/var/spool/postfix/private/auth"),
            ("inet:mail.example.org:12345", "mail.example.org:12345"), ("inet::12345", "localhost:12345"),
            ("inet:[::1]:12345", "[::1]:12345"), ("inet:host", nil), ("inet:host:0", nil), ("", nil),
            (String(repeating: "x", count: 108), nil),
        ] as [(String, String?)])
    func `smtpd_sasl_path`(path: String, expected: String?) {
        #expect(ServiceAddress(smtpdSASLPath: path, queueDirectory: "/var/spool/postfix")?.description == expected)
    }
}
