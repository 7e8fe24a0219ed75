import SASL
import Testing

struct MechanismTests {
    @Test(arguments: [("PLAIN", SASLMechanism.plain), ("plain", .plain), ("Login", .login)])
    func `names are matched without regard to case`(name: String, mechanism: SASLMechanism) {
        #expect(SASLMechanism(name: name) == mechanism)
    }

    @Test(arguments: ["", "PLAINS", "PLAI", "CRAM-MD5", "PLAIN ", "ﬁ"])
    func `other names are unknown`(name: String) {
        #expect(SASLMechanism(name: name) == nil)
    }
}

struct PlainTests {
    private func outcome(_ message: [UInt8]) -> SASLServerStep {
        var exchange = SASLMechanism.plain.serverExchange()
        return exchange.step(message)
    }

    private func isMalformed(_ step: SASLServerStep) -> Bool {
        if case .malformed = step { true } else { false }
    }

    @Test func `the initial response holds it all`() {
        // RFC 4616 §4.
        #expect(
            outcome(Array("\0tim\0tanstaaftanstaaf".utf8))
                == .credentials(.init(login: Array("tim".utf8), password: Array("tanstaaftanstaaf".utf8))))
        #expect(
            outcome(Array("Ursel\0Kurt\0xipj3plmq".utf8))
                == .credentials(
                    .init(
                        login: Array("Kurt".utf8), authorizationIdentity: Array("Ursel".utf8),
                        password: Array("xipj3plmq".utf8))))
    }

    @Test func `without an initial response an empty challenge asks for it`() {
        var exchange = SASLMechanism.plain.serverExchange()
        #expect(exchange.step(nil) == .challenge([]))
        #expect(
            exchange.step(Array("\0tim\0secret".utf8))
                == .credentials(.init(login: Array("tim".utf8), password: Array("secret".utf8))))
        #expect(isMalformed(exchange.step(Array("\0tim\0secret".utf8))))
    }

    @Test(arguments: [
        "", "\0", "\0\0", "tim", "tim\0secret", "\0tim", "\0\0secret", "\0tim\0secret\0", "a\0b\0c\0d", "\0\0\0\0\0",
    ])
    func `a message without exactly three fields or without a name is malformed`(message: String) {
        #expect(isMalformed(outcome(Array(message.utf8))))
    }

    @Test func `an empty password is for the accounts to refuse`() {
        #expect(outcome(Array("\0tim\0".utf8)) == .credentials(.init(login: Array("tim".utf8), password: [])))
    }

    @Test func `fields are bounded`() {
        func message(authorization: Int, login: Int, password: Int) -> [UInt8] {
            Array(repeating: 0x61, count: authorization) + [0] + Array(repeating: 0x62, count: login) + [0]
                + Array(repeating: 0x63, count: password)
        }
        #expect(!isMalformed(outcome(message(authorization: 320, login: 320, password: 1024))))
        #expect(isMalformed(outcome(message(authorization: 321, login: 320, password: 1))))
        #expect(isMalformed(outcome(message(authorization: 0, login: 321, password: 1))))
        #expect(isMalformed(outcome(message(authorization: 0, login: 1, password: 1025))))
    }

    @Test func `a nil response after the challenge is malformed`() {
        var exchange = SASLMechanism.plain.serverExchange()
        _ = exchange.step(nil)
        #expect(isMalformed(exchange.step(nil)))
    }
}

struct LoginTests {
    private func isMalformed(_ step: SASLServerStep) -> Bool {
        if case .malformed = step { true } else { false }
    }

    @Test func `name and password are asked for`() {
        var exchange = SASLMechanism.login.serverExchange()
        #expect(exchange.step(nil) == .challenge(Array("Username:".utf8)))
        #expect(exchange.step(Array("tim".utf8)) == .challenge(Array("Password:".utf8)))
        #expect(
            exchange.step(Array("secret".utf8))
                == .credentials(.init(login: Array("tim".utf8), password: Array("secret".utf8))))
        #expect(isMalformed(exchange.step(Array("secret".utf8))))
    }

    @Test func `an initial response is the name`() {
        var exchange = SASLMechanism.login.serverExchange()
        #expect(exchange.step(Array("tim".utf8)) == .challenge(Array("Password:".utf8)))
    }

    @Test(arguments: [[], [0x61, 0], [UInt8](repeating: 0x61, count: 321)])
    func `a bad name ends the exchange`(name: [UInt8]) {
        var exchange = SASLMechanism.login.serverExchange()
        #expect(isMalformed(exchange.step(name)))
        #expect(isMalformed(exchange.step(Array("tim".utf8))))
    }

    @Test(arguments: [[0x61, 0], [UInt8](repeating: 0x61, count: 1025)])
    func `a bad password ends the exchange`(password: [UInt8]) {
        var exchange = SASLMechanism.login.serverExchange()
        _ = exchange.step(Array("tim".utf8))
        #expect(isMalformed(exchange.step(password)))
    }
}

struct ClientExchangeTests {
    static let credentials = SASLPlainCredentials(login: Array("tim".utf8), password: Array("pa ss".utf8))

    @Test(arguments: SASLMechanism.allCases)
    func `our client and our server understand each other`(mechanism: SASLMechanism) {
        var client = mechanism.clientExchange(Self.credentials)
        var server = mechanism.serverExchange()
        var step = server.step(client.initialResponse)
        for _ in 0..<4 {
            guard case .challenge(let challenge) = step else { break }
            guard let response = client.respond(to: challenge) else { break }
            step = server.step(response)
        }
        #expect(step == .credentials(Self.credentials))
    }

    @Test(arguments: SASLMechanism.allCases)
    func `and without the initial response`(mechanism: SASLMechanism) {
        var client = mechanism.clientExchange(Self.credentials)
        var server = mechanism.serverExchange()
        var step = server.step(nil)
        for _ in 0..<4 {
            guard case .challenge(let challenge) = step else { break }
            guard let response = client.respond(to: challenge) else { break }
            step = server.step(response)
        }
        #expect(step == .credentials(Self.credentials))
        #expect(client.respond(to: []) == nil)
    }

    @Test func `nothing shows a password or a name`() {
        var server = SASLMechanism.login.serverExchange()
        _ = server.step(Self.credentials.login)
        let step = SASLServerStep.credentials(Self.credentials)
        var text = "\(Self.credentials)\(step)\(server)\(String(reflecting: server))\(String(reflecting: step))"
        text += SASLMechanism.allCases.map { "\($0.clientExchange(Self.credentials))" }.joined()
        dump(Self.credentials, to: &text)
        dump(step, to: &text)
        dump(server, to: &text)
        dump(SASLMechanism.plain.clientExchange(Self.credentials), to: &text)
        #expect(!text.contains("pa ss"))
        #expect(!text.contains("tim"))
        #expect(!text.contains("112"))
    }
}
