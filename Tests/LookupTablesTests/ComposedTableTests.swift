import Directory
import LookupTables
import PostroomTesting
import Testing

@Suite struct ComposedTableTests {
    @Test func `a union joins what its members found, as postmap does`() async throws {
        let folder = try TemporaryFolder()
        let table = UnionTable(
            [try StaticTable("x".utf8), try InlineTable("{a=b,c=d}".utf8)], name: "{static:x, inline:{a=b,c=d}}")
        try await Postmap.compare(table, with: table.name, keys: ["a", "C", "e"], in: folder)
    }

    @Test func `a pipe asks each member for what the one before answered, as postmap does`() async throws {
        let folder = try TemporaryFolder()
        let table = PipeTable(
            [try InlineTable("{a=B,c=D}".utf8), try InlineTable("{b=two,e=f}".utf8)],
            name: "{inline:{a=B,c=D}, inline:{b=two,e=f}}")
        try await Postmap.compare(table, with: table.name, keys: ["A", "c", "b"], in: folder)
    }

    @Test func `given a member that can't answer, a union and a pipe can't either`() async throws {
        let members: [any LookupTable] = [try StaticTable("x".utf8), FailTable("down")]
        #expect(await UnionTable(members, name: "").lookup(bytes("a")).outcome.text == "<unavailable>")
        #expect(await PipeTable(members, name: "").lookup(bytes("a")).outcome.text == "<unavailable>")
    }

    @Test func `the members' steps stand below the union's own`() async throws {
        let table = UnionTable([try StaticTable("x".utf8), try StaticTable("y".utf8)], name: "{static:x,static:y}")
        let steps = await table.lookup(bytes("a")).steps
        #expect(steps.map(\.children.count) == [2])
    }

    @Test func `the first member decides whether a union or pipe is asked for partial keys`() throws {
        let pattern = RecordingTable(isPattern: true)
        let fixed = RecordingTable()
        #expect(UnionTable([pattern, fixed], name: "").isPattern)
        #expect(!UnionTable([fixed, pattern], name: "").isPattern)
        #expect(PipeTable([pattern, fixed], name: "").isPattern)
        #expect(!PipeTable([fixed, pattern], name: "").isPattern)
    }

    @Test func `given a pattern before a fixed table, only the fixed one's key is folded`() async throws {
        let pattern = RecordingTable(isPattern: true)
        let fixed = RecordingTable()
        _ = await UnionTable([pattern, fixed], name: "").lookup(bytes("Ab"))
        #expect(pattern.keys == ["Ab"])
        #expect(fixed.keys == ["ab"])
    }

    @Test func `a random table gives one of its values`() async throws {
        let table = try RandomTable("{a, {b c}}".utf8)
        for _ in 0..<20 { #expect(["a", "b c"].contains(await table.lookup(bytes("k")).outcome.text)) }
        #expect(throws: TableFault.self) { try RandomTable("a".utf8) }
        #expect(throws: TableFault.self) { try RandomTable("{}".utf8) }
    }
}
