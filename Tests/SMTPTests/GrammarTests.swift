import MailModel
import Testing

@testable import SMTP

struct GrammarTests {
    private static let parser = MailCommandParser(origin: Domain("example.org"))

    private func bytes(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }

    @Test(arguments: [
        ("FROM:<a@b.example>", "a@b.example"), ("from:<a@B.Example>", "a@b.example"),
        ("FROM: <a@b.example>", "a@b.example"),
        ("FROM :<a@b.example>", "a@b.example"), ("FROM:a@b.example", "a@b.example"),
        ("FROM:< a@b.example >", "a@b.example"),
        ("FROM:<>", ""), ("FROM: <>", ""), ("FROM:<a@b.example.>", "a@b.example"),
        ("FROM:<\"a b\"@b.example>", "\"a b\"@b.example"), ("FROM:<\"a\\\"b\"@b.example>", "\"a\\\"b\"@b.example"),
        ("FROM:<\"plain\"@b.example>", "plain@b.example"), ("FROM:<\"a>b\"@b.example>", "\"a>b\"@b.example"),
        ("FROM:<a..b.@b.example>", "\"a..b.\"@b.example"), ("FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]"),
        ("FROM:<a@[IPv6:2001:db8::1]>", "a@[ipv6:2001:db8::1]"),
        ("FROM:<@x.example,@y.example:a@b.example>", "a@b.example"),
        ("FROM:<postmaster>", "postmaster@example.org"),
        ("FROM:<j\u{F6}rg@m\u{FC}ller.example>", "j\u{F6}rg@m\u{FC}ller.example"),
        ("FROM:<a@under_score.example>", "a@under_score.example"),
    ])
    func `MAIL takes a path`(text: String, expected: String) throws {
        #expect(try Self.parser.sender(bytes(text)).path.description == expected)
    }

    @Test(arguments: [
        "FROM:", "FROM:<", "FROM:<a@b.example", "FROM:<a@>", "FROM:<@b.example>", "FROM:<a@b..example>",
        "FROM:<a@b@c.example>",
        "FROM:<a b@c.example>", "FROM:<a@b c.example>", "FROM:<a@b.example>SIZE=1", "FROM:<a@[192.0.2]>",
        "FROM:<a@[::1]>",
        "FROM:<a@[IPv6:192.0.2.1]>", "FROM:<a@[IPv6:::g]>", "FROM:<\"a@b.example>", "FROM:<\"a\"b@c.example>",
        "FROM:<a\u{0}@b.example>", "FROM:<\"a\u{1}\"@b.example>", "FROM:<\"a\\\u{7F}\"@b.example>",
        "FROM:<a\t@b.example>",
        "FROM:<@x.example:postmaster>", "FROM:<@x:a@b.example,c@d.example>", "FROM:<someone>", "FROM:<<a@b.example>>",
        "FROM:<a@-b\u{0}.example>", "FROM:<a,b@c.example>", "FROM:<a@b/c.example>",
    ])
    func `MAIL refuses what is no path`(text: String) throws {
        let error = try #require(throws: SMTPSyntaxError.self) { try Self.parser.sender(bytes(text)) }
        #expect(error.reply.description == "501 5.1.7 Bad sender address syntax")
    }

    @Test func `a path with octets that are no UTF-8 is refused`() {
        #expect(throws: SMTPSyntaxError.self) {
            try Self.parser.sender(bytes("FROM:<a") + [0xFF] + bytes("@b.example>"))
        }
        #expect(throws: SMTPSyntaxError.self) {
            try Self.parser.sender(bytes("FROM:<a@b") + [0xC3] + bytes(".example>"))
        }
    }

    @Test func `an international address needs the extension`() {
        var parser = Self.parser
        parser.extensions.remove(.smtpUTF8)
        #expect(throws: SMTPSyntaxError.self) { try parser.sender(bytes("FROM:<j\u{F6}rg@b.example>")) }
    }

    @Test func `over-long parts are refused`() {
        let long = String(repeating: "a", count: 257)
        #expect(throws: SMTPSyntaxError.self) { try Self.parser.sender(bytes("FROM:<\(long)@b.example>")) }
        #expect(throws: SMTPSyntaxError.self) { try Self.parser.sender(bytes("FROM:<a@\(long).example>")) }
        let label = String(repeating: "a", count: 64)
        #expect(throws: SMTPSyntaxError.self) { try Self.parser.sender(bytes("FROM:<a@\(label).example>")) }
    }

    @Test func `MAIL's parameters are kept`() throws {
        let sender = try Self.parser.sender(
            bytes("FROM:<a@b.example> size=20 BODY=8bitmime SMTPUTF8 RET=full ENVID=A+2BB auth=x+40y"))
        #expect(
            sender
                == EnvelopeSender(
                    path: sender.path, declaredSize: 20, body: .eightBitMIME, smtpUTF8: true, ret: .full,
                    envelopeID: Array("A+B".utf8)))
    }

    @Test(arguments: [
        ("SIZE=1 SIZE=2", "501 5.5.4 Duplicate parameter: SIZE"), ("SIZE=", "501 5.5.4 Syntax error in parameters"),
        ("SIZE", "555 5.5.4 Unsupported option: SIZE"), ("SIZE=-1", "501 5.5.4 Bad message size syntax"),
        ("SIZE=99999999999999999999", "501 5.5.4 Bad message size syntax"),
        ("SIZE=111111111111111111111", "501 5.5.4 Bad message size syntax"),
        ("RET=ALL", "501 5.5.4 Bad RET parameter syntax"), ("ENVID=a+b", "501 5.5.4 Bad ENVID parameter syntax"),
        ("ENVID=a+0A", "501 5.5.4 Bad ENVID parameter syntax"), ("AUTH=a=b", "501 5.5.4 Bad AUTH parameter syntax"),
        ("SMTPUTF8=1", "555 5.5.4 Unsupported option: SMTPUTF8=1"), ("=x", "501 5.5.4 Syntax error in parameters"),
        ("NOTIFY=NEVER", "555 5.5.4 Unsupported option: NOTIFY=NEVER"),
    ])
    func `a bad parameter of MAIL has its reply`(parameters: String, reply: String) throws {
        let error = try #require(throws: SMTPSyntaxError.self) {
            try Self.parser.sender(bytes("FROM:<a@b.example> " + parameters))
        }
        #expect(error.reply.description == reply)
    }

    @Test func `RCPT's parameters are kept`() throws {
        let recipient = try Self.parser.recipient(
            bytes("TO:<a@b.example> NOTIFY=failure,DELAY ORCPT=rfc822;x+2By@z.example"))
        #expect(recipient.notify == [.failure, .delay])
        #expect(recipient.originalRecipient == "rfc822;x+y@z.example")
        #expect(try Self.parser.recipient(bytes("TO:<a@b.example> NOTIFY=NEVER")).notify == [])
        #expect(try Self.parser.recipient(bytes("TO:<a@b.example>")).notify == nil)
    }

    // Hazard: relaying by the back door. Whatever names a second place to go to is flagged, for relay rules to refuse.
    @Test(arguments: [
        ("TO:<user%other.example@us.example>", true), ("TO:<other.example!user@us.example>", true),
        ("TO:<\"user@other.example\"@us.example>", true), ("TO:<@us.example:user@other.example>", true),
        ("TO:<@a.example,@b.example:user@us.example>", true), ("TO:<\"user%other\"@us.example>", true),
        ("TO:<user@us.example>", false), ("TO:<user+detail@us.example>", false),
        ("TO:<\"user name\"@us.example>", false),
        ("TO:<user@us.example.>", false), ("TO:<user@[192.0.2.1]>", false),
    ])
    func `routing that the sender asks for is seen`(text: String, expected: Bool) throws {
        #expect(try Self.parser.recipient(bytes(text)).hasSenderSpecifiedRouting == expected)
    }

    @Test func `a bare name is completed only where the site says so`() throws {
        #expect(throws: SMTPSyntaxError.self) { try Self.parser.recipient(bytes("TO:<root>")) }
        var parser = Self.parser
        parser.completesPostmasterOnly = false
        #expect(try parser.recipient(bytes("TO:<root>")).address.description == "root@example.org")
    }

    @Test func `xtext is decoded strictly and comes back the same`() {
        #expect(XText.decode("a+2Bb".utf8) == Array("a+b".utf8))
        for bad in ["a+2", "a+2b", "a=b", "a b", "a+00", "a+0D", "+", "\u{E9}"] {
            #expect(XText.decode(bad.utf8) == nil)
        }
        let octets = (1...255).map(UInt8.init).filter { $0 != 10 && $0 != 13 }
        #expect(XText.decode(XText.encode(octets)) == octets)
    }

    /// No input may trap, and what is accepted must hold no control character and survive being written and read again.
    @Test func `mutated commands never do harm`() throws {
        var generator = SplitMix(state: 0x5EED)
        let seeds = [
            "FROM:<a@b.example> SIZE=10 RET=HDRS ENVID=a+2Bb", "FROM:<\"a \\\" b\"@[IPv6:2001:db8::1]> BODY=7BIT",
            "FROM:<@a,@b:c@d> AUTH=<>", "FROM: a@b.example SMTPUTF8", "FROM:<>",
        ]
        var accepted = 0
        for round in 0..<20_000 {
            var bytes = Array(seeds[round % seeds.count].utf8)
            for _ in 0...(generator.next() % 3) where !bytes.isEmpty {
                let position = Int(generator.next() % UInt64(bytes.count))
                switch generator.next() % 4 {
                case 0: bytes[position] = UInt8(truncatingIfNeeded: generator.next())
                case 1: bytes.remove(at: position)
                case 2: bytes.insert(UInt8(truncatingIfNeeded: generator.next()), at: position)
                default: bytes.insert(contentsOf: bytes[position...].prefix(8), at: position)
                }
            }
            guard let sender = try? Self.parser.sender(bytes[...]) else { continue }
            accepted += 1
            guard let address = sender.path.address else { continue }
            #expect(address.localPart.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
            let written = Array("FROM:<".utf8) + address.quoted + Array(">".utf8)
            #expect(try Self.parser.sender(written[...]).path == sender.path)
        }
        #expect(accepted > 500)
    }
}

/// A generator that a test can repeat.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
