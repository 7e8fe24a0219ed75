import DNS
import MailModel
import Net
import PostroomTesting
import Testing

@testable import Delivery

/// Entries of smtp_tls_policy_maps, as postconf(5) describes them.
struct OutgoingTLSPolicyTests {
    private func policy(_ entry: String) throws -> OutgoingTLSPolicy {
        try OutgoingTLSPolicy(parsing: Array(entry.utf8))
    }

    @Test func `the examples of the manual are read`() throws {
        #expect(try policy("none") == OutgoingTLSPolicy(level: .none))
        #expect(try policy("may") == OutgoingTLSPolicy(level: .may))
        #expect(try policy("dane-only").level == .daneOnly)
        let encrypt = try policy("encrypt protocols=TLSv1")
        #expect(encrypt.protocols == TLSProtocolRange(minimum: nil, maximum: .tls10))
        let verify = try policy("verify ciphers=high")
        #expect(verify.level == .verify && verify.cipherGrade == "high" && verify.match == nil)
        #expect(
            try policy("secure match=.example.net:example.net").match == [.name(".example.net"), .name("example.net")])
        #expect(try policy("secure match=nexthop").match == [.nexthop])
        let fingerprint = try policy("fingerprint\n\tmatch=b6:b4:72\n\tmatch=51:E9:AF|00ff")
        #expect(fingerprint.fingerprints == [[0xB6, 0xB4, 0x72], [0x51, 0xE9, 0xAF], [0x00, 0xFF]])
    }

    @Test func `words go by blanks and commas, names and levels in any case`() throws {
        let policy = try policy(
            "Secure, MATCH=nexthop:hostname:dot-nexthop\tProtocols=!SSLv2:!SSLv3:!TLSv1 exclude=aNULL:RC4 servername=hostname,"
                + "ciphers=medium connection_reuse=no tafile=/etc/a.pem tafile=/etc/b.pem match=mx.example.org")
        #expect(policy.level == .secure)
        #expect(policy.match == [.nexthop, .hostname, .dotNexthop, .name("mx.example.org")])
        #expect(policy.protocols == TLSProtocolRange(minimum: .tls11))
        #expect(policy.excludedCiphers == ["aNULL", "RC4"])
        #expect(policy.serverName == .hostname)
        #expect(policy.trustAnchorFiles == ["/etc/a.pem", "/etc/b.pem"])
    }

    @Test func `attributes after none are passed over`() throws {
        #expect(try policy("none match=nexthop whatever") == OutgoingTLSPolicy(level: .none))
    }

    @Test(arguments: [
        "", "  ", "maybe", "half", "secure match", "secure match=", "secure =x", "secure unknown=x",
        "may match=nexthop",
        "encrypt match=nexthop", "dane match=nexthop", "dane-only match=nexthop", "fingerprint match=nexthop",
        "fingerprint match=|", "fingerprint match=ab:c", "may tafile=/etc/a.pem", "dane tafile=/etc/a.pem",
        "encrypt protocols=", "encrypt protocols=TLSv2", "encrypt protocols=!TLSv1:!TLSv1.1:!TLSv1.2:!TLSv1.3",
        "encrypt ciphers=best", "encrypt connection_reuse=perhaps", "secure match=:",
    ])
    func `what Postfix refuses is refused`(entry: String) {
        #expect(throws: OutgoingTLSPolicyFault.self) { try policy(entry) }
    }

    @Test(
        arguments: [
            (">=TLSv1.2", .tls12, nil), ("!SSLv2, !SSLv3", nil, nil), ("!SSLv2 !SSLv3 !TLSv1 !TLSv1.1", .tls12, nil),
            ("TLSv1.2", .tls12, .tls12), ("TLSv1.2:TLSv1.3", .tls12, nil), (">=TLSv1,<=TLSv1.2", nil, .tls12),
            (">=SSLv3", nil, nil), ("", nil, nil), ("tlsv1.3", .tls13, nil), (">=0303", .tls12, nil),
            // A gap: the newest part.
            ("!TLSv1.1", .tls12, nil), ("TLSv1:TLSv1.2", .tls12, .tls12),
        ] as [(String, ServerTLSOptions.Version?, ServerTLSOptions.Version?)])
    func `a list of protocols is a range`(
        text: String, minimum: ServerTLSOptions.Version?, maximum: ServerTLSOptions.Version?
    ) throws {
        #expect(try TLSProtocolRange(parsing: text) == TLSProtocolRange(minimum: minimum, maximum: maximum))
    }

    @Test(arguments: [
        ("example.org", ["example.org", "example.org:25", "example.org:smtp", ".org"]),
        (
            "A.B.example.org",
            ["a.b.example.org", "a.b.example.org:25", "a.b.example.org:smtp", ".b.example.org", ".example.org", ".org"]
        ),
        ("example.org:587", ["example.org:587", "example.org:submission"]),
        ("[mail.example.org]", ["[mail.example.org]", "[mail.example.org]:25", "[mail.example.org]:smtp"]),
        ("[mail.example.org]:587", ["[mail.example.org]:587", "[mail.example.org]:submission"]),
        ("[192.0.2.1]:2525", ["[192.0.2.1]:2525"]),
        ("[2001:db8::1]:2525", ["[2001:db8::1]:2525", "[IPv6:2001:db8::1]:2525"]),
        ("unix:/run/lmtp", ["/run/lmtp"]),
    ])
    func `a table is asked for the destination, then for the domains above a bare one`(text: String, keys: [String])
        throws
    {
        #expect(try NextHop(text[...], .smtp).policyKeys(defaultPort: 25) == keys)
    }

    @Test func `no octets are too strange for an entry`() {
        var generator = SeededGenerator(seed: 25)
        let words = [
            "secure", "fingerprint", "match=", "protocols=", "|", ":", ",", "=", "!", ">=", "TLSv1", "\0", "\u{FF}",
            " ",
        ]
        for _ in 0..<5000 {
            var entry: [UInt8] = []
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                entry += (words.randomElement(using: &generator) ?? "").utf8
                if Bool.random(using: &generator) { entry.append(.random(in: 0...255, using: &generator)) }
            }
            _ = try? OutgoingTLSPolicy(parsing: entry)
        }
        #expect(throws: OutgoingTLSPolicyFault.self) {
            try OutgoingTLSPolicy(parsing: Array("may ".utf8) + [UInt8](repeating: 0x61, count: 20_000))
        }
    }
}
