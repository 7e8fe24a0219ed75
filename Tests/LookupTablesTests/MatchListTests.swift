import Directory
import LookupTables
import Testing

@Suite struct MatchListTests {
    private func list(
        _ text: String, style: MatchList.Style = .exact, files: [String: String] = [:], table: RecordingTable? = nil
    ) throws -> MatchList {
        let reader = MatchList.Reader(
            readFile: { path in
                guard let contents = files[path] else { throw TableFault("\(path): no such file") }
                return bytes(contents)
            },
            openTable: { name, _ in
                guard let table else { throw TableFault("\(name): no such table") }
                return table
            })
        return try MatchList(name: "list", parsing: text.utf8, style: style, reader: reader)
    }

    @Test(arguments: [
        ("example.org, example.net", "Example.NET", true), ("example.org example.net", "example.com", false),
        ("!mail.example.org example.org", "mail.example.org", false), ("example.org", "sub.example.org", false),
        ("example.org !example.org", "example.org", true), ("example.org", "", false), ("", "example.org", false),
        ("!!example.org", "example.org", true),
    ])
    func `names are compared from left to right`(text: String, name: String, expected: Bool) async throws {
        #expect(try await list(text).contains(bytes(name)).outcome == .found(expected))
    }

    @Test(arguments: [
        (MatchList.Style.domain, ".example.org", "sub.example.org", true),
        (.domain, ".example.org", "example.org", false), (.domain, "example.org", "sub.example.org", false),
        (.domainAndSubdomains, "example.org", "sub.example.org", true),
        (.domainAndSubdomains, "example.org", "badexample.org", false),
        (.domainAndSubdomains, "example.org", "example.org", true),
    ])
    func `subdomains match as the style has it`(
        style: MatchList.Style, text: String, name: String, expected: Bool
    ) async throws {
        #expect(try await list(text, style: style).contains(bytes(name)).outcome == .found(expected))
    }

    @Test func `a file is replaced by its words, negated when the file is`() async throws {
        let files = ["/a": "# ours\nexample.org\n  example.net, !kept.example\n"]
        #expect(try await list("/a", files: files).contains(bytes("example.net")).outcome == .found(true))
        #expect(try await list("!/a all.example", files: files).contains(bytes("example.net")).outcome == .found(false))
        #expect(try await list("!/a", files: files).contains(bytes("kept.example")).outcome == .found(true))
    }

    @Test func `files that include each other are a fault`() {
        #expect(throws: TableFault.self) { try list("/a", files: ["/a": "/b", "/b": "/a"]) }
    }

    @Test func `whatever a table finds is a match`() async throws {
        let table = RecordingTable(["example.org": "anything"])
        let list = try list("ldap:/etc/domains.cf, last.example", table: table)
        #expect(await list.contains(bytes("EXAMPLE.org")).outcome == .found(true))
        #expect(await list.contains(bytes("last.example")).outcome == .found(true))
        #expect(table.keys == ["example.org", "last.example"])
    }

    @Test func `a table is asked for parents when subdomains match`() async throws {
        let table = RecordingTable()
        _ = try await list("hash:/t", style: .domainAndSubdomains, table: table).contains(bytes("a.b.example"))
        #expect(table.keys == ["a.b.example", "b.example", "example"])
        let dotted = RecordingTable()
        _ = try await list("hash:/t", style: .domain, table: dotted).contains(bytes("a.b.example"))
        #expect(dotted.keys == ["a.b.example", ".b.example", ".example"])
    }

    @Test func `a table that fails leaves the question open`() async throws {
        let table = RecordingTable(failing: ["example.org"])
        let list = try list("ldap:/t example.org", table: table)
        #expect(
            await list.contains(bytes("example.org")).outcome == .unavailable(UnavailableReason(.unreachable, "down")))
    }

    @Test func `an address literal is a name, not a table`() async throws {
        #expect(try await list("[2001:db8::1]").contains(bytes("[2001:DB8::1]")).outcome == .found(true))
    }
}
