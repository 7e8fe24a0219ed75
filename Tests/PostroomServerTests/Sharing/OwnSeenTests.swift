import Foundation
import PostroomTesting
import Testing

@testable import PostroomServer

/// anna and ben are one user of the system, carla is another; the site's mailboxes have one owner.
@Suite struct `Each reader's own Seen` {
    private static func configuration(hasOwnSeen: Bool) -> String {
        People.configuration()
            .replacing(
                "  mail_location:",
                with: """
                      namespaces:
                        inbox: {inbox: yes}
                        common: {kind: public, prefix: Public., own_seen: \(hasOwnSeen ? "yes" : "no"), mail_location: "maildir:%ROOT%/public"}
                      mail_location:
                    """
            )
            .replacing("store: {roots: [\"%ROOT%\"]}", with: "store: {roots: [\"%ROOT%\"], owner: \"20001:20001\"}")
    }

    private static func lay(_ path: String) throws {
        for folder in ["", "/.News", "/.Old"] {
            for part in ["cur", "new", "tmp"] {
                try FileManager.default.createDirectory(
                    atPath: "\(path)\(folder)/\(part)", withIntermediateDirectories: true)
            }
            try Data("anyone lrwstei\n".utf8).write(to: URL(fileURLWithPath: "\(path)\(folder)/dovecot-acl"))
        }
        for number in 1...5 {
            try Data("Subject: \(number)\n\nbody\n".utf8).write(
                to: URL(
                    fileURLWithPath:
                        "\(path)/.News/cur/100000000\(number).M1P1.host,S=17,W=20:2,\(number == 5 ? "FS" : "")"))
        }
        let paths = (FileManager.default.enumerator(atPath: path)?.allObjects as? [String]) ?? []
        for name in [""] + paths { chown("\(path)/\(name)", 20001, 20001) }
    }

    private func ask(_ imap: IMAPDialogue, _ command: String) async throws -> String {
        try await imap.ask(command).joined(separator: "\n")
    }

    private func highest(_ imap: IMAPDialogue) async throws -> UInt64 {
        let text = try await ask(imap, "STATUS Public.News (UNSEEN HIGHESTMODSEQ)")
        return try #require(text.firstMatch(of: /HIGHESTMODSEQ (\d+)/).flatMap { UInt64($0.1) })
    }

    @Test func `is in FETCH, SEARCH, STATUS, STORE and CONDSTORE, and nobody else's`() async throws {
        try await TestSite.serving(Self.configuration(hasOwnSeen: true), files: People.files) { site in
            let path = site.folder.path("mail/public")
            try Self.lay(path)
            let anna = try await IMAPDialogue(site, login: People.login)
            let phone = try await IMAPDialogue(site, login: People.login)
            let ben = try await IMAPDialogue(site, login: ("ben", "secret"))
            for imap in [anna, phone, ben] { _ = try await imap.ask("SELECT Public.News") }
            // What others' files say is not hers.
            #expect(try await ask(anna, "SEARCH SEEN").contains("* SEARCH\n"))
            let start = try await highest(anna)

            #expect(try await ask(anna, "STORE 1:2 +FLAGS (\\Seen \\Flagged)").contains("\\Seen"))
            #expect(try await ask(anna, "FETCH 3 BODY[TEXT]").contains("\\Seen"))
            #expect(try await ask(anna, "SEARCH SEEN").contains("* SEARCH 1 2 3\n"))
            #expect(try await ask(anna, "STATUS Public.News (UNSEEN)").contains("UNSEEN 2"))
            // Another session of hers is told, ben is not.
            let news = try await ask(phone, "NOOP")
            #expect(news.contains("* 3 FETCH") && news.contains("\\Seen"), "\(news)")
            let others = try await ask(ben, "NOOP")
            #expect(others.contains("\\Flagged") && !others.contains("\\Seen") && !others.contains("* 3 FETCH"))
            #expect(try await ask(ben, "STATUS Public.News (UNSEEN)").contains("UNSEEN 5"))
            #expect(try await ask(ben, "SEARCH UNSEEN").contains("* SEARCH 1 2 3 4 5\n"))

            // CONDSTORE: only what changed since, and no change over one that was not known.
            let changed = try await ask(anna, "FETCH 1:* (FLAGS) (CHANGEDSINCE \(start))")
            for number in 1...5 { #expect(changed.contains("* \(number) FETCH") == (number <= 3), "\(changed)") }
            let refused = try await ask(anna, "STORE 3:4 (UNCHANGEDSINCE \(start)) -FLAGS (\\Seen)")
            #expect(refused.contains("[MODIFIED 3]"), "\(refused)")
            let now = try await highest(anna)
            #expect(now > start)
            #expect(try await ask(anna, "STORE 3 (UNCHANGEDSINCE \(now)) FLAGS (\\Answered)").contains("t OK"))
            #expect(try await ask(anna, "SEARCH SEEN").contains("* SEARCH 1 2\n"))
            #expect(try await ask(anna, "SEARCH ANSWERED").contains("* SEARCH 3\n"))
            // What it sets for all is for all; the files' own S stays what it was.
            #expect(try await ask(ben, "SEARCH ANSWERED").contains("* SEARCH 3\n"))
            let files = try FileManager.default.contentsOfDirectory(atPath: "\(path)/.News/cur")
            #expect(files.filter { $0.components(separatedBy: ":2,").last?.contains("S") ?? false }.count == 1)

            // Copies and new messages.
            #expect(try await ask(anna, "COPY 1:3 Public.Old").contains("[COPYUID"))
            let append = "APPEND Public.Old (\\Seen) {20+}\r\nSubject: x\r\n\r\nbody\r\n"
            #expect(try await ask(anna, append).contains("[APPENDUID"))
            #expect(try await ask(anna, "STATUS Public.Old (MESSAGES UNSEEN)").contains("(MESSAGES 4 UNSEEN 1)"))
            #expect(try await ask(ben, "STATUS Public.Old (UNSEEN)").contains("UNSEEN 4"))
            #expect(try await ask(anna, "COPY 1:3 INBOX").contains("[COPYUID"))
            #expect(try await ask(anna, "STATUS INBOX (MESSAGES UNSEEN)").contains("(MESSAGES 3 UNSEEN 1)"))

            // It lies in the reader's own Maildir, and outlives the session and a new name.
            let own = try FileManager.default.contentsOfDirectory(atPath: site.folder.path("mail/anna/Maildir"))
            #expect(own.filter { $0.hasPrefix("postroom-seen.") }.count == 2)
            for imap in [anna, phone, ben] { _ = try await imap.ask("UNSELECT") }
            try FileManager.default.moveItem(atPath: "\(path)/.News", toPath: "\(path)/.Later")
            let later = try await IMAPDialogue(site, login: People.login)
            _ = try await later.ask("SELECT Public.Later")
            #expect(try await ask(later, "SEARCH SEEN").contains("* SEARCH 1 2\n"))
            #expect(try await ask(later, "STORE 1:2 -FLAGS (\\Seen)").contains("t OK"))
            #expect(try await ask(later, "SEARCH SEEN").contains("* SEARCH\n"))
        }
    }

    @Test func `is everybody's where nothing else is said`() async throws {
        try await TestSite.serving(Self.configuration(hasOwnSeen: false), files: People.files) { site in
            try Self.lay(site.folder.path("mail/public"))
            let anna = try await IMAPDialogue(site, login: People.login)
            let ben = try await IMAPDialogue(site, login: ("ben", "secret"))
            for imap in [anna, ben] { _ = try await imap.ask("SELECT Public.News") }
            _ = try await ask(anna, "STORE 1 +FLAGS (\\Seen)")
            _ = try await ask(ben, "NOOP")
            #expect(try await ask(ben, "SEARCH SEEN").contains("* SEARCH 1 5\n"))
        }
    }
}
