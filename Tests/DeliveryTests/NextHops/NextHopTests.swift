import DNS
import Delivery
import MailModel
import Testing

@Suite("Next hops, as transport(5) and relayhost write them")
struct NextHopTests {
    @Test(
        "Each spelling means what Postfix means by it",
        arguments: [
            ("example.org", RemoteDestination.Transport.smtp, "example.org:25"),
            ("example.org:587", .smtp, "example.org:587"),
            ("Example.ORG:submission", .smtp, "example.org:587"),
            ("[mail.example.org]", .smtp, "[mail.example.org]:25"),
            ("[mail.example.org]:465", .smtp, "[mail.example.org]:465"),
            ("[192.0.2.1]:2525", .smtp, "[192.0.2.1]:2525"),
            ("[2001:db8::1]", .smtp, "[2001:db8::1]:25"),
            ("[IPv6:2001:db8::1]:26", .smtp, "[2001:db8::1]:26"),
            ("192.0.2.1:26", .smtp, "[192.0.2.1]:26"),
            ("kopano:2003", .lmtp, "[kopano]:2003"),
            ("inet:127.0.0.1:2003", .lmtp, "[127.0.0.1]:2003"),
            ("unix:/run/dovecot/lmtp", .lmtp, "unix:/run/dovecot/lmtp"),
            ("[münchen.example]", .smtp, "[xn--mnchen-3ya.example]:25"),
        ])
    func spelling(_ text: String, _ transport: RemoteDestination.Transport, _ meaning: String) throws {
        #expect(try NextHop(text[...], transport).description == meaning)
    }

    @Test(
        "What is no next hop is told, with its text",
        arguments: [
            "", ":25", "[]", "[mail.example.org", "[mail.example.org]x", "mail.example.org:", "mail.example.org:0",
            "mail.example.org:70000", "mail.example.org:smtpx", "two words", "unix:relative/path", "a..b",
            "[::1]:25:25",
        ])
    func malformed(_ text: String) {
        #expect(throws: NextHop.Malformed(text: text)) { try NextHop(text[...], .smtp) }
    }

    @Test("Without a next hop it is the domain's mail exchangers, or the host that an address literal names")
    func domain() throws {
        let own = try NextHop.list(nil, .smtp, domain: #require(Domain("example.org")))
        #expect(own.map(\.description) == ["example.org:25"])
        let literal = try NextHop.list(nil, .smtp, domain: #require(Domain("[192.0.2.7]")))
        #expect(literal.map(\.description) == ["[192.0.2.7]:25"])
    }

    @Test("Several next hops are tried in their order")
    func several() throws {
        let hops = try NextHop.list("[a.example]:587, b.example", .smtp, domain: #require(Domain("x.example")))
        #expect(hops.map(\.description) == ["[a.example]:587", "b.example:25"])
    }
}
