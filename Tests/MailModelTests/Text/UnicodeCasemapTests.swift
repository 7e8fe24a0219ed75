import MailModel
import Testing

/// RFC 5051.
@Suite struct UnicodeCasemapTests {
    private func key(_ text: String) -> [UInt8] { UnicodeCasemap.key(Array(text.utf8)) }

    @Test(arguments: [
        ("abc", "ABC"), ("é", "É"), ("\u{e9}", "e\u{301}"), ("Å", "\u{212b}"), ("ａ", "A"), ("ω", "Ω"),
        ("σ", "ς".uppercased()), ("мир", "МИР"), ("한", "\u{1112}\u{1161}\u{11ab}"), ("½", "1\u{2044}2"),
        ("ﷺ", "صلى الله عليه وسلم"),
    ])
    func `case and form make no difference`(_ one: String, _ other: String) {
        #expect(key(one) == key(other))
    }

    @Test(arguments: [("ß", "ss"), ("e", "é"), ("ǆ", "D\u{17e}"), ("a", "b"), ("ﬁ", "FI")])
    func `other letters are others`(_ one: String, _ other: String) {
        #expect(key(one) != key(other))
    }

    @Test func `what is no UTF-8 stays`() {
        #expect(UnicodeCasemap.key([0xFF, 0x61, 0xC3]) == [0xFF, 0x41, 0xC3])
    }

    @Test(
        arguments: [
            ("iso-8859-2", [0xB1], "ą"), ("koi8-r", [0xCD, 0xC9, 0xD2], "мир"), ("Shift_JIS", [0x93, 0xFA], "日"),
            ("iso-2022-jp", [0x1B, 0x24, 0x42, 0x46, 0x7C, 0x1B, 0x28, 0x42], "日"), ("gb2312", [0xC8, 0xD5], "日"),
            ("windows-1251", [0xEC], "м"), ("euc-kr", [0xC7, 0xD1], "한"), ("koi8-r", [], ""),
            ("shift_jis", [0x93], "\u{FFFD}"),
            ("utf-16be", [0xD8, 0x00, 0x00, 0x41], "\u{FFFD}"),
        ] as [(String, [UInt8], String)])
    func `text of other character sets becomes UTF-8`(_ name: String, _ bytes: [UInt8], _ text: String) {
        let result = String(decoding: TextCharset(Array(name.utf8)).utf8(bytes), as: UTF8.self)
        #expect(result == text || text == "\u{FFFD}" && result.contains(text))
    }

    @Test func `long text is converted whole`() {
        let bytes = [UInt8](repeating: 0xCD, count: 100_000)
        #expect(TextCharset(Array("koi8-r".utf8)).utf8(bytes).count == 200_000)
    }
}
