import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

@Suite struct `Two IMAP sessions of one mailbox` {
    @Test func `IDLE tells of a delivery, and of flags and an expunge by the other`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            let idle = try await IMAPDialogue(site, login: People.login)
            _ = try await idle.ask("SELECT INBOX")
            try await idle.connection.send("i IDLE\r\n")
            try await idle.lines { $0.hasPrefix("+") }

            try await site.swaks(to: "anna@example.org")
            try await idle.lines { $0 == "* 1 EXISTS" }

            let other = try await IMAPDialogue(site, login: People.login)
            #expect(try await other.ask("SELECT INBOX").contains("* 1 EXISTS"))
            _ = try await other.ask("STORE 1 +FLAGS (\\Flagged $Work)")
            try await idle.lines { $0.hasPrefix("* 1 FETCH") && $0.contains("\\Flagged") && $0.contains("$Work") }

            try await site.swaks(to: "anna@example.org")
            try await idle.lines { $0 == "* 2 EXISTS" }
            // The first goes; the second takes its number.
            _ = try await other.ask("STORE 1 +FLAGS.SILENT (\\Deleted)")
            #expect(try await other.ask("EXPUNGE").contains("* 1 EXPUNGE"))
            try await idle.lines { $0 == "* 1 EXPUNGE" }

            try await idle.connection.send("DONE\r\n")
            #expect(try await idle.lines { $0.hasPrefix("i ") }.last?.hasPrefix("i OK") == true)
            let uids = try await idle.ask("UID SEARCH ALL")
            #expect(uids.contains("* SEARCH 2"), "\(uids)")
        }
    }

    @Test func `a message that another program puts into the Maildir is told, too`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            let idle = try await IMAPDialogue(site, login: People.login)
            _ = try await idle.ask("SELECT INBOX")
            try await idle.connection.send("i IDLE\r\n")
            try await idle.lines { $0.hasPrefix("+") }
            let maildir = site.folder.path("mail/anna/Maildir")
            let file = "\(maildir)/tmp/1700000000.M1P1.elsewhere"
            #expect(FileManager.default.createFile(atPath: file, contents: Data("Subject: by hand\n\nx\n".utf8)))
            chown(file, 20001, 20001)
            #expect(rename(file, "\(maildir)/new/1700000000.M1P1.elsewhere") == 0)
            try await idle.lines { $0 == "* 1 EXISTS" }
        }
    }
}
