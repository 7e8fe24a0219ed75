import Foundation
import LookupTables
import PostroomTesting
import Testing

@Suite struct CompiledTableFileTests {
    @Test func `given only the compiled file, the fault says how to get the text`() {
        #expect {
            try CompiledTableFile.check(type: "hash", file: "/etc/virtual", source: nil, compiled: 5)
        } throws: {
            "\($0)".contains("postmap -s hash:/etc/virtual")
        }
    }

    @Test func `given neither file, that is a fault`() {
        #expect(throws: TableFault.self) {
            try CompiledTableFile.check(type: "lmdb", file: "/etc/virtual", source: nil, compiled: nil)
        }
    }

    @Test func `a compiled file older than the text is a warning`() throws {
        func check(_ source: Int64, _ compiled: Int64?) throws -> TableFault? {
            guard
                case .source(let warning) = try CompiledTableFile.check(
                    type: "cdb", file: "/etc/virtual", source: source, compiled: compiled)
            else { throw TableFault("the text is there, but not read") }
            return warning
        }
        #expect(try check(5, 4)?.text.contains("/etc/virtual.cdb is older") == true)
        #expect(try check(5, 5) == nil)
        #expect(try check(5, nil) == nil)
    }

    @Test func `given only a compiled cdb file, that is what is read`() throws {
        let readable = try CompiledTableFile.check(type: "cdb", file: "/etc/virtual", source: nil, compiled: 5)
        guard case .compiled = readable else {
            Issue.record("\(readable)")
            return
        }
    }

    @Test func `given a cdb file that postmap made, every key has postmap's answer`() async throws {
        let folder = try TemporaryFolder()
        var generator = SeededGenerator(seed: 11)
        let keys = (0..<200).map { "User\($0 * 7919 % 1000)@Example.org" } + ["a", "absent"]
        let text = keys.dropLast().map { "\($0)  value \(Int.random(in: 0...9999, using: &generator)), x\n" }.joined()
        let file = try folder.write(text, to: "table")
        try folder.write("compatibility_level = 3.6\n", to: "main.cf")
        try await ChildProcess.run(["/usr/sbin/postmap", "-c", folder.path, "cdb:\(file)"], in: folder)
        let compiled = try #require(FileManager.default.contents(atPath: file + ".cdb"))
        let table = try CDBTable(compiled: Array(compiled), file: file)
        try await Postmap.compare(table, with: "cdb:\(file)", keys: keys, in: folder)
        #expect(table.values.count == 201)
        for _ in 0..<300 {
            // Damage is a fault or another table, never a trap.
            _ = try? CDBTable(compiled: generator.mutate(Array(compiled)), file: file)
        }
        #expect(throws: TableFault.self) { try CDBTable(compiled: Array(compiled.prefix(2000)), file: file) }
    }
}
