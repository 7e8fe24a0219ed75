import LookupTables
import Testing

/// Editing a file of aliases without touching anything else in it.
@Suite struct `A texthash file` {
    private let text = """
        # ours
        info@example.org   dora@mailbox.example
        team@example.org dora@example.org,
        # erik joined in May
          erik@example.org

        Postmaster@example.org\troot@example.org
        """

    private func file(_ text: String, separator: String = ", ") -> TextHashFile {
        TextHashFile(Array(text.utf8), separator: separator)
    }

    private func edited(
        _ text: String, separator: String = ", ", _ edit: (inout TextHashFile) throws -> Void
    ) rethrows -> String {
        var file = file(text, separator: separator)
        try edit(&file)
        return String(decoding: file.contents, as: UTF8.self)
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func `is read as the table reads it`() {
        let entries = file(text).entries
        let table = TextHashTable(contents: Array(text.utf8), file: "f")
        #expect(entries.map { LookupKey.folded($0.key) }.allSatisfy { table.values[$0] != nil })
        #expect(entries.count == table.values.count)
        #expect(entries[1].targets == [bytes("dora@example.org"), bytes("erik@example.org")])
    }

    @Test func `unchanged is the same to the octet`() {
        for text in [text, "", "\n", "a b\r\n# c\r\n\r\n", "  odd\na b"] {
            #expect(String(decoding: file(text).contents, as: UTF8.self) == text)
        }
    }

    @Test func `gains an alias at its end`() throws {
        let new = try edited(text) {
            try $0.add([bytes("a@b.example"), bytes("c@d.example")], to: bytes("x@example.org"))
        }
        #expect(new == text + "\nx@example.org a@b.example, c@d.example\n")
    }

    @Test func `gains a target where the alias ends, whatever stands between`() throws {
        let new = try edited(text, separator: ",") { try $0.add([bytes("f@b.example")], to: bytes("TEAM@example.org")) }
        #expect(new == text.replacing("  erik@example.org", with: "  erik@example.org,f@b.example"))
    }

    @Test func `refuses what is there, in whatever case`() {
        #expect(throws: TextHashFile.Refusal.alreadyThere(target: bytes("Dora@mailbox.example"))) {
            try edited(text) { try $0.add([bytes("Dora@mailbox.example")], to: bytes("info@example.org")) }
        }
        #expect(throws: TextHashFile.Refusal.alreadyThere(target: bytes("a@b.example"))) {
            try edited(text) { try $0.add([bytes("a@b.example"), bytes("a@b.example")], to: bytes("new@example.org")) }
        }
    }

    @Test func `loses a target, and the alias with the last one`() throws {
        let one = try edited(text) { try $0.remove([bytes("dora@example.org")], from: bytes("team@example.org")) }
        #expect(one.contains("\nteam@example.org erik@example.org\n# erik joined in May\n\n"))
        let none = try edited(text) { try $0.remove([bytes("dora@mailbox.example")], from: bytes("info@example.org")) }
        #expect(none == text.replacing("info@example.org   dora@mailbox.example\n", with: ""))
        let all = try edited(text) { try $0.remove([], from: bytes("team@example.org")) }
        #expect(!all.contains("team@") && all.contains("# erik joined in May"))
    }

    @Test func `does not bring a hidden second line to life`() throws {
        let twice = "a@x.example b@x.example\na@x.example c@x.example\n"
        #expect(try edited(twice) { try $0.remove([], from: bytes("a@x.example")) } == "")
    }

    @Test func `refuses to remove what is not there`() {
        #expect(throws: TextHashFile.Refusal.noAlias) {
            try edited(text) { try $0.remove([], from: bytes("q@example.org")) }
        }
        #expect(throws: TextHashFile.Refusal.noTarget(bytes("q@x.example"))) {
            try edited(text) { try $0.remove([bytes("q@x.example")], from: bytes("info@example.org")) }
        }
    }

    @Test func `keeps the line ends it has`() throws {
        let new = try edited("a@x.example b@x.example\r\n") {
            try $0.add([bytes("c@x.example")], to: bytes("a@x.example"))
        }
        #expect(new == "a@x.example b@x.example, c@x.example\r\n")
    }
}
