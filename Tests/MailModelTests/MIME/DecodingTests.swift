import Foundation
import MailModel
import Testing

@Suite struct DecodingTests {
    @Test(arguments: [
        ("=?utf-8?B?R3LDvMOfZQ==?=", "Grüße"), ("=?iso-8859-1?q?a=E4_b?=", "aä b"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"), ("x =?utf-8?q?a?=", "x a"), ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("=?utf-8?q?a b?=", "=?utf-8?q?a b?="), ("=?utf-8*en?q?=41?=", "A"), ("=?windows-1252?q?=80=93?=", "€“"),
        ("=?", "=?"), ("=?a?q?", "=?a?q?"), ("plain", "plain"), ("=?iso-8859-15?q?=A4?=", "€"),
    ])
    func `encoded words`(_ text: String, _ decoded: String) {
        #expect(String(decoding: EncodedWord.decode(Array(text.utf8)), as: UTF8.self) == decoded)
    }

    @Test(arguments: [
        (TransferDecoding.base64, "aGVs\r\nbG8=", "hello"), (.base64, "aGVsbG8", "hello"),
        (.base64, "!!aG\u{0}k=", "hi"),
        (.quotedPrintable, "a=3Db=\r\nc", "a=bc"), (.quotedPrintable, "a=  \r\nb=zz=", "ab=zz"),
        (.identity, "a=3D", "a=3D"),
    ])
    func `transfer encodings`(_ encoding: TransferDecoding, _ text: String, _ decoded: String) {
        let bytes = Array(text.utf8)
        let result = encoding.decode(bytes.span, 0..<bytes.count)
        #expect(String(decoding: result, as: UTF8.self) == decoded)
    }

    @Test(arguments: [
        ("grüße", "Viele GRÜßE", true), ("STRASSE", "straße", false), ("ΣΊΣΥΦΟΣ", "σίσυφος", true),
        ("aab", "aaab", true),
        ("abab", "abaab", false), ("", "x", true), ("x", "", false), ("é", "e", false), ("\u{FFFD}", "x", false),
    ])
    func `text is found whatever its case`(_ pattern: String, _ text: String, _ isFound: Bool) {
        let bytes = Array(text.utf8)
        let result = TextPattern(Array(pattern.utf8)).matches(bytes.span)
        #expect(result == isFound)
    }

    /// Letters whose folded forms begin with one another's, half of a character, octets that are none.
    @Test func `a pattern is found wherever the folded text has the folded pattern, and nowhere else`() {
        let alphabet: [[UInt8]] =
            ["a", "A", "b", "é", "E", "ß", "漢", " ", "@"].map { Array($0.utf8) } + [[0xCC, 0x81], [0xFF], [0x80]]
        func text(_ length: Int) -> [UInt8] { (0..<length).flatMap { _ in alphabet.randomElement() ?? [] } }
        var found = 0
        for _ in 0..<20_000 {
            let (pattern, text) = (text(Int.random(in: 0...4)), text(Int.random(in: 0...40)))
            let (key, folded) = (UnicodeCasemap.key(pattern), UnicodeCasemap.key(text))
            let isThere = key.isEmpty || folded.indices.contains { folded[$0...].starts(with: key) }
            if isThere { found += 1 }
            let isFound = TextPattern(pattern).matches(text.span)
            #expect(isFound == isThere, "\(pattern) in \(text)")
        }
        #expect(found > 1000 && found < 19_000)
    }

    @Test(arguments: [
        ("Subject: plain words\r\n\r\n", "subject: plain"), ("Subject:plain words\r\n\r\n", "subject: plain"),
        ("Subject:   plain words\r\n\r\n", "subject: plain words"), ("Subject: plain\r\n words\r\n\r\n", "plain words"),
        ("Subject: =?utf-8?q?plain?= words\r\n\r\n", "plain words"),
        ("Subject : plain words\r\n\r\n", "subject: plain"),
        ("Subject: plain words", "words"),
    ])
    func `a field is searched as a reader sees it, however it is written`(header: String, pattern: String) {
        let bytes = Array(header.utf8)
        let isFound = MessageTextSearch().anyHeader(
            has: TextPattern(Array(pattern.utf8)), in: bytes.span, header: 0..<bytes.count)
        #expect(isFound)
    }

    @Test func `base64 of any length comes back`() {
        for length in 0..<40 {
            let octets = (0..<length).map { _ in UInt8.random(in: 0...255) }
            for encoded in [
                Data(octets).base64EncodedString(), Data(octets).base64EncodedString().replacing("=", with: ""),
            ] {
                let bytes = Array(encoded.utf8)
                let decoded = TransferDecoding.base64.decode(bytes.span, 0..<bytes.count)
                #expect(decoded == octets)
            }
        }
    }

    @Test func `text of an unknown set is searched as it stands`() {
        let text: [UInt8] = [0x20, 0xC1, 0xF2, 0x20]
        let isFound = TextPattern([0xC1, 0xF2]).matches(text.span)
        #expect(isFound)
    }

    @Test func `a search sees what a reader sees`() {
        let message = Array(
            """
            Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r
            MIME-Version: 1.0\r
            Content-Type: multipart/mixed; boundary=b\r
            \r
            preamble\r
            --b\r
            Content-Type: text/plain; charset=iso-8859-1\r
            Content-Transfer-Encoding: quoted-printable\r
            \r
            M=FCn=\r
            chen\r
            --b\r
            Content-Type: image/png\r
            \r
            pixels\r
            --b--\r

            """.utf8)
        let structure = MIMEStructure.parse(message.span)
        let search = MessageTextSearch()
        func pattern(_ text: String) -> TextPattern { TextPattern(Array(text.utf8)) }
        func isFound(_ text: String) -> Bool { search.body(has: pattern(text), in: message.span, structure) }
        #expect(isFound("MÜNCHEN"))
        #expect(isFound("image/png"))
        #expect(!isFound("pixels"))
        #expect(!isFound("preamble"))
        #expect(!isFound("Grüße"))
        let header = MIMEStructure.headerRange(message.span)
        func isInHeader(_ name: String, _ text: String) -> Bool {
            search.header(named: name, has: pattern(text), in: message.span, header: header)
        }
        #expect(isInHeader("subject", "grüße"))
        #expect(!isInHeader("From", ""))
        let isInAny = search.anyHeader(has: pattern("subject: grüße"), in: message.span, header: header)
        #expect(isInAny)
    }
}
