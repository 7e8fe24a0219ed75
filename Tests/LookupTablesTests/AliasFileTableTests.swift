import Directory
import Foundation
import LookupTables
import PostroomTesting
import Testing

@Suite struct AliasFileTableTests {
    private static let text = """
        # comment
        Root: alice, "bob smith"@example.org , |"cmd a, b"
        "Quoted Name": x
        list: :include:/lists/all, carol
        dup: 1
        dup: 2
        noval:
        nocolon x
        cont: a,
          b
        file: /var/mail/x
        "|cmd": z
        a@b: atdomain
        "a@b": quoted
        two words: v
        named: Foo <foo@x.example>, bar@y (the, Comment)
        """

    private func table(
        _ text: String = Self.text, files: [String: String] = [:]
    ) -> AliasFileTable {
        AliasFileTable(contents: bytes(text), file: "/etc/aliases") { path in
            guard let contents = files[path] else { throw TableFault("no such file") }
            return bytes(contents)
        }
    }

    @Test func `given an aliases file, the values as written are postalias' own`() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(Self.text, to: "aliases")
        try folder.write("compatibility_level = 3.6\n", to: "main.cf")
        let built = try await ChildProcess.start(
            ["/usr/sbin/postalias", "-c", folder.path, "hash:\(file)"], outputFile: folder.path("built"))
        _ = await built.waitForExit()
        let text = try await ChildProcess.run(
            ["/usr/sbin/postalias", "-c", folder.path, "-s", "hash:\(file)"], in: folder)
        var expected: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "\t", maxSplits: 1)
            guard parts.count == 2, parts[0] != "@:", !parts[0].hasPrefix("YP_") else { continue }
            expected[String(parts[0].dropLast())] = String(parts[1])
        }
        let read = table().sourceValues.map {
            (String(decoding: $0.key, as: UTF8.self), String(decoding: $0.value, as: UTF8.self))
        }
        #expect(expected.count == 10)
        #expect(Dictionary(uniqueKeysWithValues: read) == expected)
    }

    @Test func `lines that are passed over are reported with their place`() {
        #expect(table().warnings.map(\.location?.line) == [6, 7, 8, 13])
    }

    @Test func `members of include files stand in the value, and files within files too`() async {
        let table = table(files: ["/lists/all": "# x\ndora,\n  emil\n:include:/lists/more\n", "/lists/more": "fritz"])
        #expect(await table.lookup(bytes("list")).outcome.text == "dora, emil, fritz, carol")
        #expect(table.findings.map(\.alias) == [bytes("root"), bytes("file")])
    }

    @Test func `what can't be delivered to is found with its place, and stays in the value`() async {
        let table = table()
        #expect(
            table.findings == [
                .init(
                    kind: .command, alias: bytes("root"), target: bytes("cmd a, b"),
                    location: SourceLocation(file: "/etc/aliases", line: 2)),
                .init(
                    kind: .include("can't be read: no such file"), alias: bytes("list"), target: bytes("/lists/all"),
                    location: SourceLocation(file: "/etc/aliases", line: 4)),
                .init(
                    kind: .file, alias: bytes("file"), target: bytes("/var/mail/x"),
                    location: SourceLocation(file: "/etc/aliases", line: 11)),
            ])
        guard case .found(let value) = await table.lookup(bytes("root")).outcome else {
            Issue.record("root is no alias")
            return
        }
        #expect(
            AliasTarget.list(value) == [
                .address(bytes("alice")), .address(bytes("\"bob smith\"@example.org")), .command(bytes("cmd a, b")),
            ])
    }

    @Test func `a command in an include file is found at the file's own line`() {
        let table = table("l: :include:/l\n", files: ["/l": "a\n\"|run\"\n"])
        #expect(table.findings.map(\.location) == [SourceLocation(file: "/l", line: 2)])
    }

    @Test func `names and comments around an address are left out`() {
        let value = bytes("Foo <foo@x.example>, bar@y (the, Comment), , \"|x\", \":include:/a b\", :INCLUDE: /c")
        #expect(
            AliasTarget.list(value) == [
                .address(bytes("foo@x.example")), .address(bytes("bar@y")), .command(bytes("x")),
                .include(bytes("/a b")), .include(bytes("/c")),
            ])
    }

    @Test func `given files that include themselves or are too large, they are findings`() {
        let table = table(
            "loop: :include:/loop\nlarge: :include:/large\n",
            files: [
                "/loop": "a, :include:/loop",
                "/large": String(repeating: "x", count: AliasFileTable.maximumIncludeSize + 1),
            ])
        #expect(table.findings.map(\.alias) == [bytes("loop"), bytes("large")])
    }

    @Test func `given files that include each other twice, reading them ends`() {
        var reads = 0
        let table = AliasFileTable(contents: bytes("bomb: :include:/b\n"), file: "/etc/aliases") { _ in
            reads += 1
            return bytes(String(repeating: ":include:/b\n", count: 50))
        }
        #expect(table.values.count == 1)
        #expect(reads <= AliasFileTable.maximumIncludes)
    }

    @Test func `random text never traps`() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<300 {
            let text = generator.mutate(bytes(Self.text))
            let table = AliasFileTable(contents: text, file: "a") { _ in text }
            #expect(table.values.count == table.sourceValues.count)
        }
    }
}
