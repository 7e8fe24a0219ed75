import Foundation
import PostroomTesting
import Testing

/// Files of tables that change while the server runs.
@Suite struct `A table's file that changes` {
    private static let configuration = People.configuration(aliases: "x@example.net: anna@example.org")
        .replacing("aliases: [{inline:", with: "aliases: [texthash:aliases, texthash:second, regexp:patterns, {inline:")

    private func serving(_ body: (TestSite) async throws -> Void) async throws {
        let files = [
            "people.ldif": People.ldif, "aliases": "old@example.net anna@example.org\n", "second": "",
            "patterns": "/^p-old@example\\.net$/ anna@example.org\n",
        ]
        try await TestSite.serving(Self.configuration, files: files) { site in try await body(site) }
    }

    private func reply(_ site: TestSite, _ recipient: String) async throws -> String {
        let dialogue = try await SMTPDialogue(site)
        return try await dialogue.envelope(to: [recipient])
    }

    @Test func `is in force without a reload, however it was written`() async throws {
        try await serving { site in
            #expect(try await reply(site, "new@example.net").hasPrefix("550"))
            // In place, as an editor may; and another file in its place.
            try Data("new@example.net anna@example.org\n".utf8).write(
                to: URL(fileURLWithPath: site.folder.path("aliases")))
            try Data("/^p-new@example\\.net$/ anna@example.org\n".utf8).write(
                to: URL(fileURLWithPath: site.folder.path("patterns")), options: .atomic)
            for name in ["new", "p-new"] {
                try await eventually("\(name) is known") {
                    try await reply(site, "\(name)@example.net").hasPrefix("250")
                }
            }
            #expect(try await reply(site, "old@example.net").hasPrefix("550"))
        }
    }

    @Test func `stays as it was when the new one is faulty or gone`() async throws {
        try await serving { site in
            try site.folder.write("/^(p)-old\\1/ anna@example.org\n", to: "patterns")
            try FileManager.default.removeItem(atPath: site.folder.path("aliases"))
            try site.folder.write("seen@example.net anna@example.org\n", to: "second")
            // All files are looked at together: what changed before this one has been seen when this one is in force.
            try await eventually("the second file is read") {
                try await reply(site, "seen@example.net").hasPrefix("250")
            }
            #expect(try await reply(site, "p-old@example.net").hasPrefix("250"))
            #expect(try await reply(site, "old@example.net").hasPrefix("250"))
            try site.folder.write("back@example.net anna@example.org\n", to: "aliases")
            try await eventually("the file that came back is read") {
                try await reply(site, "back@example.net").hasPrefix("250")
            }
        }
    }
}
