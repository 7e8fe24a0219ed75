import DNS
import Testing

@Suite struct DNSNameTests {
    @Test(
        arguments: [
            ("Example.ORG", "example.org"), ("example.org.", "example.org"), ("_25._tcp.mail.example.org", nil),
            ("bücher.example", "xn--bcher-kva.example"), ("BÜCHER.example", "xn--bcher-kva.example"),
            // IDNA 2008, not 2003: the sharp s stays one.
            ("straße.example", "xn--strae-oqa.example"), ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            ("_dmarc.bücher.example", "_dmarc.xn--bcher-kva.example"), ("192.0.2.1", nil), ("localhost", nil),
        ] as [(String, String?)])
    func `a name is lower-case, in A-labels and without the trailing dot`(_ text: String, _ expected: String?) {
        #expect(DNSName(text)?.description == expected ?? text)
    }

    @Test(arguments: [
        "", ".", "..", "a..b", ".a", "a.b..", "a b", "a\0b", "a\r\nb", "a/b", "a\\b", "a@b", "a*b", "a;b", "ä\0b",
        "a\u{200B}\u{202E}ä",
    ])
    func `what is no name is refused`(_ text: String) {
        #expect(DNSName(text) == nil)
    }

    @Test func `octets that are no UTF-8 are no name`() {
        #expect(DNSName([0x61, 0xFF, 0xFE]) == nil)
        #expect(DNSName([0xC3]) == nil)
    }

    @Test func `labels end at 63 octets and names at 253`() {
        let label = String(repeating: "a", count: 63)
        #expect(DNSName(label) != nil)
        #expect(DNSName(label + "a") == nil)
        let longest = [label, label, label, String(repeating: "a", count: 61)].joined(separator: ".")
        #expect(longest.utf8.count == 253)
        #expect(DNSName(longest) != nil)
        #expect(DNSName(longest + ".") != nil)
        #expect(DNSName(longest + "a") == nil)
        #expect(DNSName(String(repeating: "ä", count: 100_000)) == nil)
        #expect(DNSName(repeatElement(UInt8(ascii: "a"), count: 10_000_000)) == nil)
    }

    @Test func `labels before a name make a name, as long as it is not too long`() throws {
        let name = try #require(DNSName("mail.example.org"))
        #expect(name.prefixed(by: "_25._tcp")?.description == "_25._tcp.mail.example.org")
        #expect(name.prefixed(by: String(repeating: "a.", count: 120)) == nil)
        #expect(name.parent?.description == "example.org")
        #expect(name.parent?.parent?.parent == nil)
    }

    @Test func `an address is looked up by its octets or nibbles in reverse`() {
        #expect(DNSAddress("192.0.2.1")?.reverseName?.description == "1.2.0.192.in-addr.arpa")
        #expect(DNSAddress("::ffff:192.0.2.1")?.reverseName?.description == "1.2.0.192.in-addr.arpa")
        #expect(
            DNSAddress("2001:DB8::1")?.reverseName?.description
                == "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")
        #expect(DNSAddress("2001:DB8:0::1")?.description == "2001:db8::1")
        #expect(DNSAddress("192.0.2.01") == nil)
        #expect(DNSAddress("fe80::1%eth0") == nil)
        #expect(DNSAddress(bytes: [1, 2, 3]) == nil)
    }
}
