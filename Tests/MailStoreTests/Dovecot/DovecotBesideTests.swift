import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

/// Dovecot's IMAP processes and two servers of ours work on one Maildir at the same time.
struct DovecotBesideTests {
    private static let folders = ["INBOX", "Other"]

    /// One session of Dovecot's: it marks, moves and deletes only what it finds by subject.
    private static func script(_ number: Int, _ round: Int) -> [String] {
        func append(_ subject: String, _ flags: String) -> String {
            let text = "Subject: \(subject)\r\n\r\n"
            return "APPEND \(folders.randomElement() ?? "INBOX") (\(flags)) {\(text.utf8.count)+}\r\n\(text)"
        }
        let (here, there) = Bool.random() ? ("INBOX", "Other") : ("Other", "INBOX")
        return [
            append("keep-d\(number)-\(round)", "\\Seen d\(number)"), append("drop-d\(number)-\(round)", ""),
            "SELECT \(here)", "UID SEARCH RETURN (SAVE) SUBJECT \"keep-\"",
            "UID STORE $ +FLAGS (\\Flagged t\(round % 3))",
            "UID SEARCH RETURN (SAVE) SUBJECT \"-\(round % 4)\" SUBJECT keep", "UID MOVE $ \(there)",
            "UID SEARCH RETURN (SAVE) SUBJECT drop-", "UID STORE $ +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE $",
            "\(Bool.random() ? "" : "UN")SUBSCRIBE Other",
        ]
    }

    private static func work(_ number: Int, _ store: MaildirStore) async throws {
        for round in 0..<12 {
            try await store.append(
                "Subject: keep-p\(number)-\(round)\r\n\r\n", to: folders.randomElement() ?? "INBOX", flags: .seen,
                keywords: ["p\(number)"])
            let (here, there) = Bool.random() ? ("INBOX", "Other") : ("Other", "INBOX")
            let open = try await store.open(here)
            let view = try await open.refresh()
            let some = view.uids.filter { _ in Int.random(in: 0..<4) == 0 }
            switch Int.random(in: 0..<4) {
            case 0: _ = try await open.move(some, to: try mailboxName(there))
            case 1:
                _ = try await open.store(some, FlagChange(.add, flags: .answered, keywords: ["s\(round % 3)"]))
            case 2: _ = try await open.store(some, FlagChange(.remove, flags: .seen, keywords: ["t1"]))
            default: _ = try await open.claimRecent()
            }
        }
    }

    @Test func `in the end all report the same UIDs, flags, keywords and subscriptions, and nothing is lost`()
        async throws
    {
        let maildirs = try TestMaildirs()
        let mailbox = try maildirs.mailbox("anna")
        let doveadm = try Dovecot(maildirs.root, maildir: "anna", uid: 20_001)
        let stores = try (0..<2).map { _ in
            try maildirs.pollingStores().store(for: mailbox.location, owner: mailbox.owner)
        }
        try await stores[0].create(try mailboxName("Other"), specialUse: nil)
        try await withThrowingTaskGroup { group in
            for (number, store) in stores.enumerated() {
                group.addTask { try await Self.work(number, store) }
                group.addTask {
                    for round in 0..<6 { try await doveadm.imap(Self.script(number, round)) }
                }
            }
            try await group.waitForAll()
        }
        // What was marked as deleted and not yet expunged when its session ended.
        for name in Self.folders { try await doveadm("expunge", "mailbox", name, "header", "subject", "drop-") }
        var subjects: [String] = []
        for name in Self.folders {
            let rows = try await doveadm.fetch("uid flags hdr.subject", mailbox: name)
            subjects += rows.map { $0[2] }
            for store in stores {
                let open = try await store.open(name)
                let view = try await open.refresh()
                #expect(view.uids.map(String.init) == rows.map { $0[0] })
                for (uid, row) in zip(view.uids, rows) {
                    let theirs = Set(row[1].split(separator: " ").map(String.init))
                    #expect(Set(open.keywords(of: uid)) == theirs.filter { !$0.hasPrefix("\\") })
                    #expect(open.flags(of: uid)?.contains(.flagged) == theirs.contains("\\Flagged"))
                    #expect(open.flags(of: uid)?.contains(.answered) == theirs.contains("\\Answered"))
                    #expect(open.flags(of: uid)?.contains(.seen) == theirs.contains("\\Seen"))
                }
            }
        }
        var expected: Set<String> = []
        for number in 0..<2 {
            for round in 0..<12 { expected.insert("keep-p\(number)-\(round)") }
            for round in 0..<6 { expected.insert("keep-d\(number)-\(round)") }
        }
        // A message that two move at once may be in both places, never in none: Dovecot copies, then removes.
        #expect(Set(subjects) == expected)
        let listed = Set(try await doveadm("mailbox", "list", "-s").split(separator: "\n").map(String.init))
        for store in stores {
            #expect(Set(try await store.list().filter(\.isSubscribed).map(\.name.description)) == listed)
        }
    }
}
