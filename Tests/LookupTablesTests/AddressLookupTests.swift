import Directory
import LookupTables
import Testing

@Suite struct AddressLookupTests {
    private func lookup(
        _ tables: [RecordingTable], delimiters: String = "+", spelling: AddressLookup.Spelling = .quotedThenBare,
        local: Set<String> = []
    ) -> AddressLookup {
        AddressLookup(tables: tables, delimiters: bytes(delimiters), spelling: spelling) { domain in
            Answer(.found(local.contains(String(decoding: domain, as: UTF8.self))))
        }
    }

    @Test func `keys are asked from the whole address to the bare domain`() async {
        let table = RecordingTable()
        let answer = await lookup([table]).find(localPart: bytes("Info+Sales"), domain: bytes("Example.ORG"))
        #expect(answer.outcome == .absent)
        #expect(table.keys == ["info+sales@example.org", "info@example.org", "@example.org"])
    }

    @Test func `user names stand for addresses of local domains only`() async {
        let table = RecordingTable()
        _ = await lookup([table], local: ["example.org"]).find(localPart: bytes("a+b"), domain: bytes("example.org"))
        #expect(table.keys == ["a+b@example.org", "a@example.org", "a+b", "a", "@example.org"])
    }

    @Test func `a hit without the extension reports the extension in its own case`() async {
        let table = RecordingTable(["info@example.org": "team@example.org"])
        let answer = await lookup([table]).find(localPart: bytes("info+Sales"), domain: bytes("example.org"))
        #expect(
            answer.outcome
                == .found(
                    .init(
                        value: bytes("team@example.org"), key: bytes("info@example.org"),
                        match: .addressWithoutExtension, table: "test:", unmatchedExtension: bytes("+Sales"))))
    }

    @Test func `a catch-all has no unmatched extension`() async {
        let table = RecordingTable(["@example.org": "all@example.org"])
        let answer = await lookup([table]).find(localPart: bytes("info+x"), domain: bytes("example.org"))
        guard case .found(let hit) = answer.outcome else {
            Issue.record("nothing was found")
            return
        }
        #expect(hit.match == .domain && hit.unmatchedExtension == nil)
    }

    @Test func `each key is asked of every table before the next key`() async {
        let first = RecordingTable(["@example.org": "catch-all"])
        let second = RecordingTable(["a@example.org": "a"])
        let answer = await lookup([first, second]).find(localPart: bytes("a"), domain: bytes("example.org"))
        #expect(answer.outcome.map { String(decoding: $0.value, as: UTF8.self) } == .found("a"))
        #expect(first.keys == ["a@example.org"])
    }

    @Test func `a table that fails ends the lookup`() async {
        let table = RecordingTable(["@example.org": "catch-all"], failing: ["a@example.org"])
        let answer = await lookup([table]).find(localPart: bytes("a"), domain: bytes("example.org"))
        #expect(answer.outcome == .unavailable(UnavailableReason(.unreachable, "down")))
        #expect(table.keys == ["a@example.org"])
    }

    @Test func `a local domain that can't be decided ends the lookup before the catch-all`() async {
        let table = RecordingTable(["@example.org": "catch-all"])
        let reason = UnavailableReason(.unreachable, "mydestination")
        let lookup = AddressLookup(tables: [table]) { _ in Answer(.unavailable(reason)) }
        #expect(await lookup.find(localPart: bytes("a"), domain: bytes("example.org")).outcome == .unavailable(reason))
        #expect(table.keys == ["a@example.org"])
    }

    @Test func `a pattern table sees whole addresses only`() async {
        let pattern = RecordingTable(isPattern: true)
        let fixed = RecordingTable()
        _ = await lookup([pattern, fixed]).find(localPart: bytes("a+b"), domain: bytes("example.org"))
        #expect(pattern.keys == ["a+b@example.org"])
        #expect(fixed.keys == ["a+b@example.org", "a@example.org", "@example.org"])
    }

    @Test func `a local part that needs quotes is asked with them first`() async {
        let table = RecordingTable()
        _ = await lookup([table]).find(localPart: bytes("ops(24x7)"), domain: bytes("example.org"))
        #expect(table.keys == ["\"ops(24x7)\"@example.org", "ops(24x7)@example.org", "@example.org"])
    }

    @Test func `alias expansion asks the quoted form alone`() async {
        let table = RecordingTable()
        _ = await lookup([table], spelling: .quoted).find(localPart: bytes("a b\""), domain: bytes("example.org"))
        #expect(table.keys == ["\"a b\\\"\"@example.org", "@example.org"])
    }

    @Test(arguments: [
        ("user+ext", "+", "user|ext"), ("user+a+b", "+", "user|a+b"), ("user-a+b", "+-", "user|a+b"),
        ("+tag", "+", nil), ("user+", "+", nil), ("user", "+", nil), ("user+ext", "", nil),
        ("owner-list", "-", nil), ("list-request", "-", nil), ("mailer-daemon", "-", nil), ("a-b", "-", "a|b"),
    ])
    func `extensions are split where Postfix splits them`(
        localPart: String, delimiters: String, expected: String?
    ) {
        let split = AddressExtension.split(bytes(localPart), delimiters: bytes(delimiters))
        #expect(split.map { String(decoding: $0.user + [0x7C] + $0.extension, as: UTF8.self) } == expected)
    }

    @Test(arguments: [
        ("Alice@Example.ORG", "alice@example.org"), ("JÜRGEN", "jürgen"), ("STRASSE straße", "strasse strasse"),
        ("ΣΑΣ", "σασ"), ("ı", "ı"), ("GROẞ", "gross"), ("İ", "i\u{307}"), ("ꭰᏸ", "ᎠᏰ"),
    ])
    func `keys are folded as Unicode folds case`(key: String, expected: String) {
        #expect(LookupKey.folded(bytes(key)) == bytes(expected))
    }

    @Test func `bytes that are no text keep all but their ASCII letters`() {
        #expect(LookupKey.folded([0x41, 0xFF, 0xC3]) == [0x61, 0xFF, 0xC3])
    }
}

@Suite struct PatternKeyTests {
    @Test func `pattern tables are asked for the address as it was sent, the others for it in lower case`() async {
        let pattern = RecordingTable(isPattern: true)
        let fixed = RecordingTable()
        let lookup = AddressLookup(tables: [pattern, fixed], spelling: .quoted) { _ in Answer(.found(false)) }
        _ = await lookup.find(localPart: bytes("Alice"), domain: bytes("Example.ORG"))
        #expect(pattern.keys == ["Alice@Example.ORG"])
        #expect(fixed.keys == ["alice@example.org", "@example.org"])
    }
}
