import Directory
import Foundation
import LookupTables
import PostroomTesting
import Testing

/// What the installed Postfix answers, one process for many keys.
enum Postmap {
    /// The value of each key that was found. Keys hold no line ends and no tabs.
    static func values(_ table: String, keys: [String], in folder: TemporaryFolder) async throws -> [String: String] {
        let configuration = try folder.makeFolder("postfix-\(UUID().uuidString)")
        let name = URL(fileURLWithPath: configuration).lastPathComponent
        try folder.write("compatibility_level = 3.6\n", to: "\(name)/main.cf")
        let input = try folder.write(keys.map { $0 + "\n" }.joined(), to: "\(name)/keys")
        let output = folder.path("\(name)/output")
        let child = try await ChildProcess.start(
            ["/usr/sbin/postmap", "-c", configuration, "-q", "-", table], input: input, outputFile: output)
        _ = await child.waitForExit()
        var values: [String: String] = [:]
        for line in child.output.split(separator: "\n") where !line.hasPrefix("postmap: ") {
            let parts = line.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            values[String(parts[0])] = String(parts[1])
        }
        return values
    }

    /// Asks both for every key; an empty value of Postfix's is its "not allowed".
    static func compare(
        _ table: any LookupTable, with name: String, keys: [String], in folder: TemporaryFolder,
        sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) async throws {
        let expected = try await values(name, keys: keys, in: folder)
        for key in keys {
            let asked = table.isPattern ? bytes(key) : LookupKey.folded(bytes(key))
            let answer = await table.lookup(asked).outcome.text
            let value = expected[key].map { $0.isEmpty ? "<unavailable>" : $0 } ?? "<absent>"
            #expect(answer == value, "\(table.name) asked for \(key)", sourceLocation: sourceLocation)
        }
    }
}
