import Directory
import LookupTables
import Testing

@Suite struct TableSpecificationTests {
    private func list(_ text: String) throws -> [TableSpecification] {
        try TableSpecification.list(text.utf8, at: SourceLocation(file: "main.cf", line: 3))
    }

    @Test func `tables are separated by commas and blanks outside braces`() throws {
        let tables = try list(
            "hash:/etc/aliases, proxy:ldap:/etc/users.cf\n  unionmap:{static:a, inline:{ {a = b}, c=d }}")
        #expect(tables.map(\.type) == ["hash", "ldap", "unionmap"])
        #expect(tables.map(\.isProxied) == [false, true, false])
        #expect(tables[2].members.map(\.description) == ["static:a", "inline:{ {a = b}, c=d }"])
        #expect(tables[1].description == "proxy:ldap:/etc/users.cf")
    }

    @Test func `an empty list has no tables`() throws {
        #expect(try list(" , ").isEmpty)
    }

    @Test(
        "what is no table is told with its place",
        arguments: [
            "/etc/aliases", ":name", "hash:", "unionmap:static:a", "unionmap:{}", "unionmap:{static:a", "ha sh:x",
            "hsah:/etc/aliases",
            "inline:{a=b",
        ])
    func faults(text: String) {
        #expect { try list(text) } throws: { "\($0)".contains("main.cf:3") }
    }

    @Test func `tables within tables have a bound`() {
        let deep = String(repeating: "unionmap:{", count: 40) + "static:a" + String(repeating: "}", count: 40)
        #expect(throws: TableFaults.self) { try list(deep) }
        let proxied = String(repeating: "proxy:", count: 4000) + "static:a"
        #expect(throws: TableFaults.self) { try list(proxied) }
    }
}
