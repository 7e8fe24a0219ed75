import MailModel
import Testing

@Suite struct MessageIdentifiersTests {
    @Test(arguments: [
        ("<a@b>", ["a@b"]), ("<a@b> <c@d>", ["a@b", "c@d"]), ("your mail of <a@b>, Monday", ["a@b"]),
        ("<\"a b\"@c>", ["a b@c"]),
        ("<\"a\"@c>", ["a@c"]), ("<a (comment) @b>", ["a@b"]), ("<a\r\n @b>", ["a@b"]), ("<nothing>", []), ("<a@b", []),
        ("", []),
        ("<x> <a@b>", ["a@b"]), ("<<a@b>", ["<a@b"]),
    ])
    func `identifiers are found and made comparable`(_ field: String, _ identifiers: [String]) {
        #expect(
            MessageIdentifiers.list(Array(field.utf8), limit: 10).map { String(decoding: $0, as: UTF8.self) }
                == identifiers)
    }

    @Test func `no more than the limit is looked at`() {
        let many = Array(String(repeating: "<a@b>", count: 5_000).utf8)
        #expect(MessageIdentifiers.list(many, limit: 100).count == 100)
        _ = MessageIdentifiers.list(Array(String(repeating: "<(", count: 300_000).utf8), limit: 1_000)
    }
}
