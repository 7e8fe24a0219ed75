import MailModel
import Testing

/// What ENVELOPE makes of addresses; the many odd ones are compared with Dovecot in IMAPTests.
@Suite struct AddressTests {
    private func list(_ text: String) -> [String] {
        MessageAddress.list(Array(text.utf8)).map { address in
            [address.name, address.route, address.mailbox, address.host]
                .map { $0.map { String(decoding: $0, as: UTF8.self) } ?? "-" }.joined(separator: "|")
        }
    }

    @Test(arguments: [
        ("a@b.c", ["-|-|a|b.c"]), ("Fred <a@b>", ["Fred|-|a|b"]), ("a@b (Fred)", ["Fred|-|a|b"]),
        ("\"Doe, J.\" <a@b>, c@d", ["Doe, J.|-|a|b", "-|-|c|d"]),
        ("G: a@b, c@d;", ["-|-|G|-", "-|-|a|b", "-|-|c|d", "-|-|-|-"]),
        ("<@x,@y:a@b>", ["-|@x,@y|a|b"]), ("nobody", ["-|-|nobody|MISSING_DOMAIN"]),
        ("two words", ["two words|-|MISSING_MAILBOX|MISSING_DOMAIN"]), ("<a@b", ["-|-|a|SYNTAX_ERROR"]), ("", []),
    ])
    func `an address list`(_ text: String, _ expected: [String]) {
        #expect(list(text) == expected)
    }

    @Test func `no more addresses than the limit are kept`() {
        let text = Array(String(repeating: "a@b,", count: 100).utf8)
        #expect(MessageAddress.list(text, limits: MIMELimits(addresses: 7)).count == 7)
    }
}
