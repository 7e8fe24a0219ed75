import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// NOTIFY (RFC 5465) over real Maildirs: what others do is told to a session that sends nothing.
@Suite struct `A session that has said NOTIFY` {
    private func folder(_ name: String, in site: TestSite) throws {
        let path = site.folder.path("mail/anna/Maildir") + "/.\(name)"
        // All of it at once, as a delivery agent makes it.
        for part in ["tmp", "new", "cur"] {
            try FileManager.default.createDirectory(atPath: "\(path)-new/\(part)", withIntermediateDirectories: true)
            chown("\(path)-new/\(part)", 20001, 20001)
        }
        chown("\(path)-new", 20001, 20001)
        #expect(rename("\(path)-new", path) == 0)
    }

    @Test func `hears of messages, names, subscriptions and annotations`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            try await hear(in: site)
        }
    }

    private func hear(in site: TestSite) async throws {
        let other = try await IMAPDialogue(site, login: People.login)
        _ = try await other.ask("CREATE Work")
        let watching = try await IMAPDialogue(site, login: People.login)
        _ = try await watching.ask("ENABLE IMAP4rev2")
        let events = "MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange"
        let answer = try await watching.ask("NOTIFY SET STATUS (PERSONAL (\(events)))")
        #expect(answer.last == "t OK Notify completed.")
        #expect(answer.contains { $0.hasPrefix("* STATUS INBOX (MESSAGES 0 UIDNEXT 1 UNSEEN 0 HIGHESTMODSEQ ") })

        try await site.swaks(to: "anna@example.org")
        try await line("* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UNSEEN 1", of: watching)
        _ = try await other.ask("SELECT INBOX")
        _ = try await other.ask("STORE 1 +FLAGS (\\Seen)")
        try await line("* STATUS INBOX (UNSEEN 0", of: watching)

        let steps = [
            ("RENAME Work Play", "* LIST (\\HasNoChildren) \".\" Play (\"OLDNAME\" (Work))"),
            ("SUBSCRIBE Play", "* LIST (\\HasNoChildren \\Subscribed) \".\" Play"),
            ("SETMETADATA Play (/private/comment \"x\")", "* METADATA Play /private/comment"),
            ("DELETE Play", "* LIST (\\NonExistent"),
        ]
        for (command, news) in steps {
            _ = try await other.ask(command)
            try await line(news, of: watching)
        }
    }

    private func line(_ start: String, of dialogue: IMAPDialogue) async throws {
        try await dialogue.lines { $0.hasPrefix(start) }
    }

    @Test func `hears of a folder that another program makes, and of what comes into it`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            let watching = try await IMAPDialogue(site, login: People.login)
            let answer = try await watching.ask("NOTIFY SET (PERSONAL (MessageNew MessageExpunge MailboxName))")
            #expect(answer.last == "t OK Notify completed.")
            try folder("Elsewhere", in: site)
            try await watching.lines { $0 == "* LIST (\\HasNoChildren) \".\" Elsewhere" }
            let other = try await IMAPDialogue(site, login: People.login)
            try await other.connection.send("a APPEND Elsewhere {5+}\r\nhello\r\n")
            try await watching.lines { $0.hasPrefix("* STATUS Elsewhere (MESSAGES 1") }
        }
    }
}

/// RFC 5464 and RFC 6154 over real Maildirs.
@Suite struct `Annotations of mailboxes` {
    @Test func `are there after a restart, and say what a mailbox is for`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            let first = try await IMAPDialogue(site, login: People.login)
            #expect(try await first.ask("CREATE Gesendet (USE (\\Sent))").last?.hasPrefix("t OK") == true)
            #expect(try await first.ask("SETMETADATA Gesendet (/shared/comment \"a\")").last?.hasPrefix("t OK") == true)
            #expect(await site.server.reload())
            let second = try await IMAPDialogue(site, login: People.login)
            #expect(
                try await second.ask("GETMETADATA Gesendet (/shared/comment /private/specialuse)").first
                    == "* METADATA Gesendet (/shared/comment \"a\" /private/specialuse \"\\\\Sent\")")
            #expect(
                try await second.ask("LIST (SPECIAL-USE) \"\" *").contains(
                    "* LIST (\\HasNoChildren \\Sent) \".\" Gesendet"))
        }
    }
}
