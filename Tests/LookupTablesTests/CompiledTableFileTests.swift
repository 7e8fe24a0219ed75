import LookupTables
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
            try CompiledTableFile.check(type: "cdb", file: "/etc/virtual", source: source, compiled: compiled)
        }
        #expect(try check(5, 4)?.text.contains("/etc/virtual.cdb is older") == true)
        #expect(try check(5, 5) == nil)
        #expect(try check(5, nil) == nil)
    }
}
