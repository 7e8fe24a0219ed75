import PostroomTesting
import Testing

/// METADATA (RFC 5464 §3.3), NOTIFY (RFC 5465 §5.9) and LIST-MYRIGHTS (RFC 8440) in the mailboxes of others.
@Suite struct `Annotations and news of others' mailboxes` {
    private static let configuration = People.configuration()
        .replacing("  mail_location:", with: "  acl: {shared_file: \"%FOLDER%/shared-mailboxes\"}\n  mail_location:")

    private func ask(_ imap: IMAPDialogue, _ command: String) async throws -> String {
        try await imap.ask(command).joined(separator: "\n")
    }

    private func condition(_ body: () async throws -> Bool) async throws {
        for _ in 0..<600 {
            if try await body() { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("it did not come to be")
    }

    @Test func `annotations need rights; private ones are each user's own`() async throws {
        try await TestSite.serving(Self.configuration, files: People.files) { site in
            let anna = try await IMAPDialogue(site, login: People.login)
            let carla = try await IMAPDialogue(site, login: ("carla", "secret"))
            _ = try await anna.ask("CREATE Work")
            #expect(
                try await ask(anna, "SETMETADATA Work (/private/comment \"anna's\" /shared/comment \"all\")")
                    .contains("t OK"))
            let read = "GETMETADATA user.anna.Work (/private/comment /shared/comment)"
            #expect(try await ask(carla, read).contains("t NO [NONEXISTENT]"))
            // To look it up alone is not enough, to open it alone neither.
            for rights in ["l", "r"] {
                #expect(try await ask(anna, "SETACL Work carla \(rights)").contains("t OK"))
                try await condition {
                    // An account whose mailboxes can't be looked up may not be known at all.
                    let isSeen = try await ask(carla, "MYRIGHTS user.anna.Work").contains("user.anna.Work l\n")
                    return isSeen == (rights == "l")
                }
                #expect(try await ask(carla, read).contains(rights == "l" ? "t NO [NOPERM]" : "t NO [NONEXISTENT]"))
                #expect(
                    try await ask(carla, "SETMETADATA user.anna.Work (/shared/comment \"x\")").contains("t NO"))
            }
            #expect(try await ask(anna, "SETACL Work carla lr").contains("t OK"))
            try await condition { try await ask(carla, read).contains("t OK") }
            #expect(
                try await ask(carla, read).contains(
                    "* METADATA user.anna.Work (/private/comment NIL /shared/comment \"all\")"))
            #expect(
                try await ask(
                    carla, "SETMETADATA user.anna.Work (/private/comment \"carla's\" /shared/comment \"hers\")"
                )
                .contains("t OK"))
            #expect(
                try await ask(carla, read).contains(
                    "* METADATA user.anna.Work (/private/comment \"carla's\" /shared/comment \"hers\")"))
            #expect(
                try await ask(anna, "GETMETADATA Work (/private/comment /shared/comment)").contains(
                    "* METADATA Work (/private/comment \"anna's\" /shared/comment \"hers\")"))
            // What it is for is said by its owner.
            #expect(
                try await ask(carla, "SETMETADATA user.anna.Work (/private/specialuse \"\\\\Sent\")")
                    .contains("t NO [USEATTR]"))
            #expect(
                try await ask(carla, "LIST \"\" user.anna.% RETURN (METADATA (/shared/comment))").contains(
                    "* METADATA user.anna.Work (/shared/comment \"hers\")"))

            // RFC 8440
            let listed = try await carla.ask("LIST \"\" * RETURN (MYRIGHTS)")
            #expect(listed.contains("* MYRIGHTS user.anna.Work lr"))
            #expect(listed.contains("* MYRIGHTS INBOX lrwstipekxacd"))
            #expect(try await ask(carla, "CAPABILITY").contains(" LIST-MYRIGHTS"))
        }
    }

    /// All that is told up to a line that begins with `text`.
    @discardableResult
    private func hears(_ imap: IMAPDialogue, _ text: String) async throws -> String {
        try await imap.lines { $0.hasPrefix(text) }.joined(separator: "\n")
    }

    private func append(_ imap: IMAPDialogue) async throws {
        try await imap.connection.send("a APPEND Work {5+}\r\nhello\r\n")
        try await hears(imap, "a OK")
    }

    @Test func `news come while there are rights, and stop with them`() async throws {
        try await TestSite.serving(Self.configuration, files: People.files) { site in
            let anna = try await IMAPDialogue(site, login: People.login)
            let carla = try await IMAPDialogue(site, login: ("carla", "secret"))
            try await self.share(anna, with: carla)
            // §5.9: what is taken away is not told any more.
            _ = try await anna.ask("DELETEACL Work carla")
            try await self.hears(carla, "* LIST (\\NonExistent) \".\" user.anna.Work")
            _ = try await anna.ask("SETMETADATA Work (/shared/comment \"secret\")")
            try await self.append(anna)
            _ = try await anna.ask("SETACL Seen carla lr")
            // This one follows those in the order of what happens; it may be read now.
            let told = try await self.hears(carla, "* LIST (\\HasNoChildren) \".\" user.anna.Seen")
            let more = try await self.ask(carla, "NOOP")
            #expect(!(told + more).contains("user.anna.Work"))
        }
    }

    private func share(_ anna: IMAPDialogue, with carla: IMAPDialogue) async throws {
        _ = try await anna.ask("CREATE Work")
        _ = try await anna.ask("CREATE Seen")
        _ = try await anna.ask("SETACL Seen carla l")
        let events = "MessageNew MessageExpunge FlagChange MailboxName MailboxMetadataChange"
        let answer = try await ask(carla, "NOTIFY SET STATUS (SUBTREE user (\(events)))")
        // RFC 5465 §3.1: what may be listed but not read.
        #expect(answer.contains("* LIST (\\NoAccess) \".\" user.anna.Seen"))
        #expect(!answer.contains("* STATUS"))
        #expect(answer.hasSuffix("t OK Notify completed."))
        // §5.4: a right that is given is as good as a mailbox that is made.
        _ = try await anna.ask("SETACL Work carla lr")
        try await hears(carla, "* LIST (\\HasNoChildren) \".\" user.anna.Work")
        try await append(anna)
        try await hears(carla, "* STATUS user.anna.Work (MESSAGES 1 UIDNEXT 2")
        _ = try await anna.ask("SETMETADATA Work (/private/comment \"hers\" /shared/comment \"all\")")
        let told = try await hears(carla, "* METADATA user.anna.Work")
        #expect(told.hasSuffix("* METADATA user.anna.Work /shared/comment"))
    }

    @Test func `a session that was told nothing of an account hears that it is let see a mailbox`() async throws {
        try await TestSite.serving(Self.configuration, files: People.files) { site in
            let anna = try await IMAPDialogue(site, login: People.login)
            _ = try await anna.ask("CREATE Work")
            let carla = try await IMAPDialogue(site, login: ("carla", "secret"))
            _ = try await carla.ask("NOTIFY SET (SUBTREE user (MailboxName))")
            _ = try await anna.ask("SETACL Work carla lr")
            try await hears(carla, "* LIST (\\HasNoChildren) \".\" user.anna.Work")
            _ = try await anna.ask("CREATE Work.More")
            try await hears(carla, "* LIST (\\HasNoChildren) \".\" user.anna.Work.More")
        }
    }
}
