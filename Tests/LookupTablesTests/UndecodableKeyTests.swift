import Directory
import Foundation
import LookupTables
import PostroomTesting
import Testing

/// With smtputf8_enable, the default, no table of Postfix's finds a key that is no UTF-8; nor does ours.
@Suite struct UndecodableKeyTests {
    private static let keys: [[UInt8]] = [
        bytes("ab"), [0x61, 0xFF], [0xFF, 0x61, 0x62], [0x61, 0xC3, 0xBC], [0x61, 0xC3], [0xED, 0xA0, 0x80, 0x61],
    ]

    private static func tables(_ file: String) throws -> [any LookupTable] {
        let regexp = "{{/a/ fits}, {/./ any}}"
        let values = try StaticTable("v".utf8)
        return [
            values, try RandomTable("{v}".utf8), try InlineTable("{ab=v}".utf8),
            try #require(try RegexpTable(inline: regexp.utf8)), try #require(try PCRETable(inline: regexp.utf8)),
            try RegexpTable(contents: bytes("/a/ fits\n"), file: file),
            UnionTable([values, try RandomTable("{w}".utf8)], name: "{static:v, randmap:{w}}"),
            PipeTable(
                [try RandomTable("{ab}".utf8), try InlineTable("{ab=v}".utf8)], name: "{randmap:{ab}, inline:{ab=v}}"),
        ]
    }

    @Test func `given keys that are no UTF-8, when tables of every type are asked, then each answers as postmap`()
        async throws
    {
        let folder = try TemporaryFolder()
        let file = try folder.write("/a/ fits\n", to: "rules")
        try folder.write("compatibility_level = 3.6\n", to: "main.cf")
        let input = folder.path("keys")
        try Data(Self.keys.flatMap { $0 + [0x0A] }).write(to: URL(fileURLWithPath: input))
        for table in try Self.tables(file) {
            let output = folder.path("output-\(UUID().uuidString)")
            let child = try await ChildProcess.start(
                ["/usr/sbin/postmap", "-c", folder.path, "-q", "-", table.name], input: input, outputFile: output)
            _ = await child.waitForExit()
            let lines = try Data(contentsOf: URL(fileURLWithPath: output)).split(separator: 0x0A).map(Array.init)
            var expected: [[UInt8]] = []
            for key in Self.keys {
                guard case .found(let value) = await table.lookup(table.isPattern ? key : LookupKey.folded(key)).outcome
                else { continue }
                expected.append(key + [0x09] + value)
            }
            #expect(lines.filter { !$0.starts(with: bytes("postmap: ")) } == expected, "\(table.name)")
            #expect(!expected.isEmpty)
        }
    }
}
