import Foundation
import MailModel
import PostroomTesting
import Testing

@testable import PostroomServer

/// anna and carla are different users of the system; ben has anna's.
@Suite struct `Mailboxes that people let each other see` {
    private static let configuration = People.configuration()
        .replacing("  mail_location:", with: "  acl: {shared_file: \"%FOLDER%/shared-mailboxes\"}\n  mail_location:")

    private func ask(_ imap: IMAPDialogue, _ command: String) async throws -> String {
        try await imap.ask(command).joined(separator: "\n")
    }

    @Test func `are served with the rights that were given, and go when these are taken`() async throws {
        try await TestSite.serving(Self.configuration, files: People.files) { site in
            for _ in 0..<2 { try await site.swaks(to: "anna@example.org") }
            let anna = try await IMAPDialogue(site, login: People.login)
            let carla = try await IMAPDialogue(site, login: ("carla", "secret"))
            for name in ["Work", "Private"] { _ = try await anna.ask("CREATE \(name)") }
            _ = try await anna.ask("SELECT INBOX")
            #expect(try await ask(anna, "COPY 1:* Work").contains("t OK"))

            // Nothing is shared: nothing is to be seen, and what is there can't be told from what is not.
            #expect(try await ask(carla, "NAMESPACE").contains("* NAMESPACE ((\"\" \".\")) ((\"user.\" \".\"))"))
            #expect(try await !ask(carla, "LIST \"\" *").contains("user."))
            for name in ["user.anna", "user.anna.Work", "user.anna.None", "user.nobody"] {
                #expect(try await ask(carla, "SELECT \(name)").contains("t NO [NONEXISTENT]"))
                #expect(try await ask(carla, "MYRIGHTS \(name)").contains("t NO [NONEXISTENT]"))
            }

            #expect(try await ask(anna, "SETACL Work carla lrsi").contains("t OK"))
            #expect(try await ask(anna, "GETACL Work").contains("* ACL Work carla lrsi"))
            // What was asked before counts for a moment.
            try await condition { try await ask(carla, "LIST \"\" *").contains("user.anna.Work") }
            #expect(try await !ask(carla, "LIST \"\" *").contains("Private"))
            #expect(try await ask(carla, "LIST \"\" user.anna").contains("\\Noselect"))
            #expect(try await ask(carla, "MYRIGHTS user.anna.Work").contains("* MYRIGHTS user.anna.Work lrsi"))
            #expect(try await ask(carla, "SUBSCRIBE user.anna.Work").contains("t OK"))
            #expect(try await ask(carla, "LSUB \"\" *").contains("user.anna.Work"))
            #expect(try await ask(carla, "STATUS user.anna.Work (MESSAGES)").contains("MESSAGES 2"))

            let selected = try await ask(carla, "SELECT user.anna.Work")
            #expect(selected.contains("PERMANENTFLAGS (\\Seen)") && selected.contains("[READ-WRITE]"))
            #expect(try await ask(carla, "STORE 1 +FLAGS (\\Seen \\Flagged)").contains("FLAGS (\\Seen"))
            #expect(try await !ask(carla, "FETCH 1 FLAGS").contains("Flagged"))
            #expect(try await ask(carla, "STORE 1 +FLAGS (\\Flagged)").contains("t NO [NOPERM]"))
            #expect(try await ask(carla, "STORE 1 +FLAGS (\\Deleted)").contains("t NO [NOPERM]"))
            #expect(try await ask(carla, "EXPUNGE").contains("t NO [NOPERM]"))
            #expect(try await ask(carla, "MOVE 1 INBOX").contains("t NO [NOPERM]"))
            #expect(try await ask(carla, "SETACL user.anna.Work carla lrswipkxtea").contains("t NO [NOPERM]"))
            #expect(try await ask(carla, "CREATE user.anna.Work.More").contains("t NO [NOPERM]"))
            #expect(try await ask(carla, "DELETE user.anna.Work").contains("t NO [NOPERM]"))
            #expect(try await ask(carla, "COPY 1 user.anna.Private").contains("t NO [TRYCREATE]"))

            // Read as anna's user, written as carla's.
            #expect(try await ask(carla, "COPY 1:2 INBOX").contains("[COPYUID"))
            #expect(try await ask(carla, "STATUS INBOX (MESSAGES)").contains("MESSAGES 2"))

            // The right goes while the mailbox is open.
            #expect(try await ask(anna, "DELETEACL Work carla").contains("t OK"))
            try await condition {
                try await carla.connection.send("t NOOP\r\n")
                return try await carla.lines { $0.hasPrefix("t ") || $0.hasPrefix("* BYE") }.last?.hasPrefix("* BYE")
                    ?? false
            }
            let again = try await IMAPDialogue(site, login: ("carla", "secret"))
            #expect(try await ask(again, "SELECT user.anna.Work").contains("t NO [NONEXISTENT]"))
        }
    }

    @Test func `A message that is moved to another's mailbox is in one of the two`() async throws {
        try await TestSite.serving(Self.configuration, files: People.files) { site in
            for _ in 0..<3 { try await site.swaks(to: "carla@example.org") }
            let anna = try await IMAPDialogue(site, login: People.login)
            _ = try await anna.ask("CREATE Work")
            _ = try await anna.ask("SETACL Work carla lriswt")
            let carla = try await IMAPDialogue(site, login: ("carla", "secret"))
            _ = try await carla.ask("SELECT INBOX")
            _ = try await carla.ask("STORE 1 +FLAGS (\\Flagged)")
            #expect(try await ask(carla, "MOVE 1:2 user.anna.Work").contains("[COPYUID"))
            #expect(try await ask(carla, "STATUS INBOX (MESSAGES)").contains("MESSAGES 1"))
            _ = try await anna.ask("SELECT Work")
            let flags = try await ask(anna, "FETCH 1:* FLAGS")
            #expect(flags.contains("* 2 FETCH") && flags.contains("\\Flagged"))
        }
    }

    @Test func `A change of flags does what is permitted and no more`() {
        var generator = SeededGenerator(seed: 77)
        let known = ["one", "two"]
        for _ in 0..<2000 {
            let rights = MailboxRights(rawValue: UInt16.random(in: 0..<(1 << 11), using: &generator))
            let flags = [MessageFlags.seen, .deleted, .flagged, .answered, .draft].filter { _ in
                Bool.random(using: &generator)
            }
            let keywords = known.filter { _ in Bool.random(using: &generator) }
            let operation = [FlagChange.Operation.add, .remove, .replace].randomElement(using: &generator) ?? .add
            let change = FlagChange(operation, flags: MessageFlags(flags), keywords: keywords)
            for step in change.permitted(rights, keywords: known) {
                if !rights.contains(.write) {
                    #expect(step.keywords.isEmpty && step.flags.isSubset(of: [.seen, .deleted]))
                }
                guard !rights.contains([.write, .seen, .deleteMessages]) else { continue }
                #expect(step.operation != .replace)
                if !rights.contains(.seen) { #expect(!step.flags.contains(.seen)) }
                if !rights.contains(.deleteMessages) { #expect(!step.flags.contains(.deleted)) }
            }
        }
    }

    private func condition(_ body: () async throws -> Bool) async throws {
        for _ in 0..<600 {
            if try await body() { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("it did not come to be")
    }
}
