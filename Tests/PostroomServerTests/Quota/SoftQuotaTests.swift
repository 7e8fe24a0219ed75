import Foundation
import PostroomTesting
import Testing

@testable import PostroomServer

/// An account that may hold 4 KiB, and twice as much for what goes into Trash.
@Suite struct `A quota that a folder goes beyond` {
    private static let configuration = People.configuration()
        .replacing(
            "  mail_location:", with: "  quota_rules: [\"*:storage=4\", \"Trash:storage=+100%\"]\n  mail_location:")

    private func ask(_ imap: IMAPDialogue, _ command: String) async throws -> String {
        try await imap.ask(command).joined(separator: "\n")
    }

    private func append(_ imap: IMAPDialogue, _ mailbox: String) async throws -> String {
        let text = "Subject: x\r\n\r\n" + String(repeating: "a", count: 1600) + "\r\n"
        return try await ask(imap, "APPEND \(mailbox) {\(text.utf8.count)+}\r\n\(text)")
    }

    @Test func `is told of beside the OK; explain shows what there is`() async throws {
        try await TestSite.serving(Self.configuration, files: People.files) { site in
            let anna = try await IMAPDialogue(site, login: People.login)
            let warning = "* NO [OVERQUOTA] Soft quota has been exceeded."
            _ = try await anna.ask("CREATE Trash")
            for _ in 0..<2 { #expect(try await !append(anna, "INBOX").contains("OVERQUOTA")) }
            #expect(try await append(anna, "INBOX").contains("t NO [OVERQUOTA]"))
            let appended = try await append(anna, "Trash")
            #expect(appended.contains("t OK [APPENDUID") && appended.contains(warning), "\(appended)")
            _ = try await anna.ask("SELECT INBOX")
            let copied = try await ask(anna, "COPY 1 Trash")
            #expect(copied.contains("t OK [COPYUID") && copied.contains(warning), "\(copied)")
            let moved = try await ask(anna, "MOVE 1 Trash")
            #expect(moved.contains("[COPYUID") && moved.contains(warning), "\(moved)")
            // Five fit twice 4 KiB, six do not.
            #expect(try await ask(anna, "COPY 1 Trash").contains("t OK [COPYUID"))
            #expect(try await ask(anna, "COPY 1 Trash").contains("t NO [OVERQUOTA]"))

            let explanation = try #require(
                await site.server.site.explain("anna@example.org", sender: nil, login: nil, asksDNS: false))
            let text = explanation.text(isColoured: false)
            #expect(text.contains("<anna@example.org> holds") && text.contains("of 4096 bytes, 5 messages"), "\(text)")
            #expect(explanation.json.contains("of 4096 bytes"))
        }
    }
}
