import Directory
import LookupTables
import Testing

@Suite struct PatternTableTests {
    @Test func `the rule that fits is named with its line`() async throws {
        let table = try RegexpTable(contents: bytes("# x\n/^a/ b\n"), file: "/etc/r")
        let steps = await table.lookup(bytes("a")).steps
        #expect(steps.map(\.location) == [SourceLocation(file: "/etc/r", line: 2)])
    }

    @Test func `malformed rules are passed over with their places`() throws {
        let table = try PCRETable(contents: bytes("/a/ ok\n/(/ x\n/b/ $2\nendif\nif /x/\n"), file: "/etc/p")
        #expect(table.warnings.map(\.location?.line) == [2, 3, 4, nil])
    }

    @Test(arguments: [
        "/(a)\\1/ x", "/((a{200}){200}){200}/ x", "/\(String(repeating: "(", count: 101))/ x",
        "/\(String(repeating: "a", count: 17_000))/ x", "/\\(a\\)\\1/x x", "/a{40000}{40000}/ x", "/((a?){50}){50}b/ x",
        "/a{400}b{400}/ x", "/(a{20})+{30}/ x", "/a++++++++++/ x", "/((((((((((a+)+)+)+)+)+)+)+)+)+/ x",
        "/a{1,}{1,}{1,}{1,}{1,}{1,}{1,}{1,}{1,}{1,}/ x", "/a\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+/x x",
        "/(\\?\\*\\+\\?\\*\\+){90}/ x", "/\\(++++++++++\\)\\{60\\}/x x",
    ])
    func `given a POSIX pattern that nothing bounds in time, the table is a fault`(text: String) {
        #expect(throws: TableFaults.self) { try RegexpTable(contents: bytes(text), file: "/etc/r") }
    }

    @Test(arguments: [
        "/^[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}$/ x", "/[\\1]/ x",
        "/^([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}$/ x", "/[[:alpha:]]{60,}/ x", "/[](){]{2}/ x",
        "/^([a-z0-9]+(-[a-z0-9]+)*\\.)+[a-z]+$/ x", "/^([^@]+)\\+[^@]*@(.+)$/ x", "/a\\+b++++++++++++/x x",
    ])
    func `ordinary POSIX patterns are within the bounds`(text: String) throws {
        let table = try RegexpTable(contents: bytes(text), file: "/etc/r")
        #expect(table.warnings.isEmpty)
    }

    @Test(arguments: ["/^(a+)+$/ x", "/^(a|aa)+$/ x", "!/^(a+)+$/ x"])
    func `given a pattern that backtracks without end, when a key provokes it, then the answer is unavailable`(
        text: String
    ) async throws {
        let table = try PCRETable(contents: bytes(text), file: "/etc/p")
        let key = String(repeating: "a", count: 60) + "b"
        #expect(await table.lookup(bytes(key)).outcome.text == "<unavailable>")
    }

    @Test func `a key beyond the bound is unavailable, not absent`() async throws {
        let key = [UInt8](repeating: 0x61, count: 9000)
        #expect(try await RegexpTable(contents: bytes("/b/ x"), file: "r").lookup(key).outcome.text == "<unavailable>")
        #expect(try await PCRETable(contents: bytes("/b/ x"), file: "r").lookup(key).outcome.text == "<unavailable>")
    }

    @Test func `a key with a NUL never slips past a POSIX pattern`() async throws {
        let table = try RegexpTable(contents: bytes("/evil/ REJECT"), file: "r")
        #expect(await table.lookup(bytes("a\0evil")).outcome.text == "<unavailable>")
    }
}
