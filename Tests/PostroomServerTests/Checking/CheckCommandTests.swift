import Foundation
import PostroomTesting
import Testing

/// `postroom check` and `postroom explain` as they are typed.
@Suite struct CheckCommandTests {
    @Test func `check tells what it found for people and for programs, and nothing of progress where nobody looks`()
        async throws
    {
        let folder = try TemporaryFolder("check")
        let file = try PostroomCommand.configuration(folder)
        let command = PostroomCommand(folder: folder)
        let (text, code) = try await command.run(["check", "--config", file, "--sample", "5"])
        #expect(code == 0 && text.contains("nothing to mend"), "\(text)")
        #expect(!text.contains("looking at"))
        let (json, _) = try await command.run(["check", "--config", file, "--json"])
        let document = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        #expect(document?["errors"] as? Int == 0 && document?["findings"] is [[String: Any]])
        #expect(try await command.run(["check", "--config", file, "--sample", "0"]).code == 64)
    }

    @Test func `explain needs no address for a login, and its exit code says what would become of it`() async throws {
        let folder = try TemporaryFolder("explain")
        let file = try PostroomCommand.configuration(folder)
        let command = PostroomCommand(folder: folder)
        let (text, code) = try await command.run(["explain", "--config", file, "--login", "anna"])
        #expect(code == 0 && text.contains("may send as anna@example.org"), "\(text)")
        #expect(try await command.run(["explain", "--config", file, "--login", "nobody"]).code == 67)
        let (json, _) = try await command.run(
            ["explain", "--config", file, "--login", "anna", "--service", "submission", "--json"])
        let document = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        #expect(document?["service"] as? String == "submission" && document?["outcome"] as? String == "accepted")
        #expect(try await command.run(["explain", "--config", file]).code == 64)
        #expect(
            try await command.run(["explain", "--config", file, "--login", "a", "--sender", "b@example.org"]).code == 64
        )
    }
}
