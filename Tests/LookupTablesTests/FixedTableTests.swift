import Directory
import LookupTables
import Testing

@Suite struct FixedTableTests {
    @Test(arguments: [
        "{ {Postmaster@example.org = dora@example.org}, {b = two words} }",
        "{postmaster@example.org=dora@example.org, b=x, {b = two words}}",
    ])
    func `inline pairs are read in both forms and the later of two counts`(text: String) async throws {
        let table = try InlineTable(text.utf8)
        #expect(await table.lookup(bytes("postmaster@example.org")).outcome.text == "dora@example.org")
        #expect(await table.lookup(bytes("b")).outcome.text == "two words")
        #expect(await table.lookup(bytes("c")).outcome.text == "<absent>")
    }

    @Test(arguments: ["a=b", "{a}", "{}", "{ {a=b }", "{ {a = } }", "{a=b} {c=d}"])
    func `a malformed inline table is a fault`(text: String) {
        #expect(throws: TableFault.self) { try InlineTable(text.utf8) }
    }

    @Test(arguments: [("5000", "5000"), ("{two words}", "two words"), ("{}x", "{}x")])
    func `a static table has one value for every key`(text: String, value: String) async throws {
        let table = try StaticTable(text.utf8)
        #expect(await table.lookup(bytes("anything")).outcome.text == value)
    }

    @Test func `a static table without a value is a fault`() {
        #expect(throws: TableFault.self) { try StaticTable("".utf8) }
    }

    private static let text = """
        # comment
        Alice@example.org   alice@store.example,
          bob@store.example
        "quoted user"@example.org\tquoted
        alice@example.org second
        lonely
        alias: value
        "open value
        back\\ slash x
        """

    @Test(arguments: [
        ("alice@example.org", "alice@store.example,  bob@store.example"), ("\"quoted user\"@example.org", "quoted"),
        ("lonely", "<absent>"), ("alias:", "value"), ("back\\ slash", "x"), ("", "<absent>"),
    ])
    func `a texthash file maps folded keys to the rest of their lines`(key: String, value: String) async {
        let table = TextHashTable(contents: bytes(Self.text), file: "/etc/aliases")
        #expect(await table.lookup(bytes(key)).outcome.text == value)
    }

    @Test func `lines that are passed over are reported with their place`() {
        let table = TextHashTable(contents: bytes(Self.text), file: "/etc/aliases")
        #expect(table.name == "texthash:/etc/aliases")
        #expect(table.warnings.map(\.location?.line) == [5, 6, 7, 8])
    }

    @Test func `logical lines know where they begin`() {
        let lines = Array(LogicalLines(bytes("\r\n# x\na\r\n\n # y\n b\nc")))
        #expect(lines.map(\.number) == [3, 7])
        #expect(lines.map(\.bytes) == [bytes("a b"), bytes("c")])
    }
}
