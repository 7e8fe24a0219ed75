import MailModel
import Testing

/// What can be a domain.
@Suite struct DomainTests {
    @Test(
        "names and address literals are domains, in lower case and without a final dot",
        arguments: [
            ("Example.ORG", "example.org"), ("example.org.", "example.org"), ("exämple.org", "exämple.org"),
            ("[192.0.2.1]", "[192.0.2.1]"), ("[IPv6:2001:DB8::1]", "[ipv6:2001:db8::1]"),
        ])
    func domains(text: String, expected: String) {
        #expect(Domain(text)?.description == expected)
    }

    @Test(
        "what would read as something else in an address is no domain",
        arguments: [
            "", "a b", "a@b", "<a>", "a,b", "a;b", "a\"b", "a\\b", "a(b)", "a:b", "[a", "a]", "[]", "[a]b]", "[[a]",
            "x[a]", "[ipv]6:2001:b:d8:1]", "a\r\nb", ".", "..", "a..", "a..b", ".a", "a\u{0}",
            String(repeating: "a", count: 256),
        ])
    func noDomains(text: String) {
        #expect(Domain(text) == nil)
    }

    @Test func `parents end at the top, and an address literal has none`() {
        #expect(Domain("a.b.example")?.parent == Domain("b.example"))
        #expect(Domain("example")?.parent == nil)
        #expect(Domain("[192.0.2.1]")?.parent == nil)
    }
}
