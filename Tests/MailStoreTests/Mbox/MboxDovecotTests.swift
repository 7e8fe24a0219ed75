import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

/// Dovecot and we on one mbox see and keep the same.
struct MboxDovecotTests {
    private let mboxes: TestMboxes
    private let store: MboxStore
    private let doveadm: Dovecot

    init() throws {
        mboxes = try TestMboxes()
        store = try mboxes.store()
        // Otherwise it keeps changes to itself until somebody closes the mailbox.
        doveadm = try mboxes.dovecot("mbox_lazy_writes = no")
    }

    private func rows() async throws -> [[String]] {
        // A page for each message: its text holds tabs and line ends.
        let pages = try await doveadm("-f", "pager", "fetch", "uid flags text", "mailbox", "INBOX", "all")
        return try pages.split(separator: "\u{C}\n").map { page in
            let parts = page.split(separator: "\n", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
            try #require(parts.count == 4 && parts[2] == "text:", "\(page)")
            let flags = parts[1].dropFirst("flags:".count).split(separator: " ").filter { $0 != "\\Recent" }
            return [String(parts[0].dropFirst("uid: ".count)), flags.sorted().joined(separator: " "), parts[3]]
        }
    }

    private func ours() async throws -> [[String]] { try await rows(of: store.open()) }

    private func rows(of inbox: any OpenMailbox) async throws -> [[String]] {
        let texts = try await inbox.texts()
        let names: [(MessageFlags, String)] = [
            (.seen, "\\Seen"), (.answered, "\\Answered"), (.flagged, "\\Flagged"), (.deleted, "\\Deleted"),
            (.draft, "\\Draft"),
        ]
        return inbox.view.uids.map { uid in
            let flags = inbox.flags(of: uid) ?? []
            let words = names.filter { flags.contains($0.0) }.map(\.1) + inbox.keywords(of: uid)
            return [
                "\(uid)", words.sorted().joined(separator: " "), (texts[uid] ?? "").replacing("\r\n", with: "\n"),
            ]
        }
    }

    private func expectAgreement(_ place: SourceLocation = #_sourceLocation) async throws {
        let theirs = try await rows()
        let ours = try await ours()
        #expect(theirs == ours, sourceLocation: place)
    }

    @Test func `what we write Dovecot reads`() async throws {
        try await store.append(
            "Subject: 1\r\n\r\none\r\n", flags: [.seen, .answered], keywords: ["$Forwarded", "Work"])
        try await store.append("Subject: 2\r\n\r\ntwo\r\n", date: 1_000_000_000)
        _ = try await mboxes.deliver("Subject: 3\r\n\r\nthree\r\n")
        let inbox = try await store.open()
        _ = try await inbox.claimRecent()
        _ = try await inbox.store([2], FlagChange(.add, flags: [.flagged, .draft], keywords: ["Work"]))
        try await expectAgreement()
        #expect(try await doveadm.fetch("date.received.unixtime").map { $0[0] }[1] == "1000000000")
        let status = try await doveadm("-f", "tab", "mailbox", "status", "uidvalidity uidnext", "INBOX")
        #expect(status.contains("\(inbox.view.uidValidity)"))
        #expect(try await doveadm.fetch("size.virtual").map { $0[0] }.prefix(2) == ["19", "19"])
    }

    @Test func `what Dovecot writes we read, and our UIDs go on from its own`() async throws {
        try await doveadm("save", input: "Subject: 1\n\none\n")
        try await doveadm("save", input: "Subject: 2\n\ntwo\n")
        try await doveadm("flags", "add", "\\Seen NonJunk $Forwarded", "mailbox", "INBOX", "uid", "2")
        let inbox = try await store.open()
        #expect(inbox.view.uids == [1, 2])
        #expect(inbox.keywords(of: 2) == ["$Forwarded", "NonJunk"])
        #expect(try await inbox.texts() == [1: "Subject: 1\r\n\r\none\r\n", 2: "Subject: 2\r\n\r\ntwo\r\n"])
        let status = try await doveadm("-f", "tab", "mailbox", "status", "uidvalidity", "INBOX")
        #expect(status.contains("\t\(inbox.view.uidValidity)\n"))
        try await store.append("Subject: 3\r\n\r\nthree\r\n", keywords: ["NonJunk", "Ours"])
        try await expectAgreement()
        try await doveadm("flags", "add", "Later", "mailbox", "INBOX", "uid", "3")
        try await expectAgreement()
        try await doveadm("expunge", "mailbox", "INBOX", "uid", "1")
        try await expectAgreement()
    }

    @Test func `a message has the identity that Dovecot gives it`() async throws {
        try mboxes.append(
            """
            From a@b.example  Sat Nov 21 01:33:33 2026
            Received: from x
            \tby y;  z
            Date: Sat, 21 Nov 2026 01:33:33 +0000
            Message-ID:   <a@b.example>
            Delivered-To: c@d.example
            Received: two
            X-Delivery-ID: 4
            Subject: 1

            one

            From a@b.example  Sat Nov 21 01:33:33 2026
            Date: x\u{20}
            Subject: 2
            Message-Id: y

            two

            From a@b.example  Sat Nov 21 01:33:33 2026

            three


            """)
        let theirs = try await doveadm.fetch("guid").map { $0[0] }
        let inbox = try await store.open()
        let ours = try await inbox.identities(of: inbox.view.uids, from: .store)
        #expect(ours.map { String(decoding: $0.headerSum ?? [], as: UTF8.self) } == theirs)
        #expect(ours.map(\.guid) == ours.map(\.headerSum) && theirs.count == 3)
    }

    @Test func `folders and subscriptions are one to both`() async throws {
        try await store.create(try mailboxName("Old/2024"), specialUse: nil)
        try await store.subscribe(try mailboxName("Old/2024"))
        try await doveadm("mailbox", "create", "-s", "Theirs")
        let listed = try await store.list().filter(\.isSelectable).map(\.name.description)
        #expect(listed == ["INBOX", "Old/2024", "Theirs"])
        let theirs = try await doveadm("mailbox", "list").split(separator: "\n").map(String.init)
        #expect(Set(theirs).isSuperset(of: ["INBOX", "Old/2024", "Theirs"]))
        #expect(!theirs.contains { $0.contains("postroom") || $0.contains("imap") })
        let subscribed = try await doveadm("mailbox", "list", "-s").split(separator: "\n").map(String.init)
        #expect(Set(subscribed) == ["Old/2024", "Theirs"])
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `after random operations by both, both say the same`(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var kept: [String: Int] = [:]
        for round in 0..<16 {
            let view = try await store.open().view
            let uid = view.uids.randomElement(using: &random)
            let keyword = "k\(Int.random(in: 0..<4, using: &random))"
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                let text = "Subject: ours \(round)\r\n\r\nFrom x\r\n\(String(repeating: "a", count: round * 300))\r\n"
                try await store.append(text, keywords: [keyword])
                kept["ours \(round)"] = 1
            case 1:
                try await doveadm("save", input: "Subject: theirs \(round)\n\nFrom x\nb\n")
                kept["theirs \(round)"] = 1
            case 2:
                #expect(try await mboxes.deliver("Subject: mail \(round)\r\n\r\nFrom x\r\n\r\n").isDelivered)
                kept["mail \(round)"] = 1
            case 3:
                guard let uid else { continue }
                let inbox = try await store.open()
                _ = try await inbox.claimRecent()
                _ = try await inbox.store([uid], FlagChange(.add, flags: .flagged, keywords: [keyword]))
            case 4:
                guard let uid else { continue }
                try await doveadm("flags", "add", "\\Seen \(keyword)", "mailbox", "INBOX", "uid", "\(uid)")
            case 5:
                guard let uid else { continue }
                try await doveadm("flags", "remove", "\\Flagged \(keyword)", "mailbox", "INBOX", "uid", "\(uid)")
            case 6:
                guard let uid else { continue }
                let inbox = try await store.open()
                if let subject = try await inbox.subject(of: uid) { kept[subject] = nil }
                _ = try await inbox.store([uid], FlagChange(.add, flags: .deleted))
                _ = try await inbox.expunge([uid])
            default:
                guard let uid else { continue }
                if let subject = try await store.open().subject(of: uid) { kept[subject] = nil }
                try await doveadm("expunge", "mailbox", "INBOX", "uid", "\(uid)")
            }
            try await expectAgreement()
        }
        let inbox = try await store.open()
        var found: Set<String> = []
        for uid in inbox.view.uids {
            if let subject = try await inbox.subject(of: uid) { found.insert(subject) }
        }
        #expect(found == Set(kept.keys))
    }
}

extension MboxDovecotTests {
    /// Each keeps its session open: what the one does the other sees at its next look.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `with a session of Dovecot's open, and random operations by both, both see the same`(
        seed: UInt64
    ) async throws {
        var random = SeededGenerator(seed: seed)
        try await store.append("Subject: first\r\n\r\nfirst\r\n")
        let theirs = try doveadm.session()
        try await theirs("SELECT INBOX")
        let ours = try await store.open()
        for round in 0..<24 {
            let uid = try await ours.refresh().uids.randomElement(using: &random)
            let keyword = "k\(Int.random(in: 0..<4, using: &random))"
            let choice = Int.random(in: 0..<8, using: &random)
            switch (choice, uid) {
            case (0, _):
                try await store.append("Subject: ours \(round)\r\n\r\nFrom x\r\nours\r\n", keywords: [keyword])
            case (1, _):
                let text = "Subject: theirs \(round)\r\n\r\nFrom x\r\ntheirs\r\n"
                try await theirs("APPEND INBOX (\(keyword)) {\(text.utf8.count)+}\r\n\(text)")
            case (2, _):
                #expect(try await mboxes.deliver("Subject: mail \(round)\r\n\r\nFrom x\r\nmail\r\n").isDelivered)
            case (3, let uid?):
                _ = try await ours.store([uid], FlagChange(.add, flags: .flagged, keywords: [keyword]))
            case (4, let uid?):
                try await theirs("UID STORE \(uid) +FLAGS.SILENT (\\Seen \(keyword))")
            case (5, let uid?):
                try await theirs("UID STORE \(uid) -FLAGS.SILENT (\\Flagged \(keyword))")
            case (6, let uid?):
                _ = try await ours.store([uid], FlagChange(.add, flags: .deleted))
                _ = try await ours.expunge([uid])
            case (_, let uid?):
                try await theirs("UID STORE \(uid) +FLAGS.SILENT (\\Deleted)")
                try await theirs("EXPUNGE")
            default: continue
            }
            // Writes what it has not written yet, and looks for what we did.
            try await theirs("CHECK")
            let seen = try await rows(of: store.open()).map { Array($0.prefix(2)) }
            #expect(try await theirs.flags() == seen, "round \(round), operation \(choice)")
        }
        try await theirs.end()
        try await expectAgreement()
        #expect(try await ours.refresh().uids == store.open().view.uids)
    }
}

extension OpenMailbox {
    func subject(of uid: UInt32) async throws -> String? {
        let header = try await fetch([uid], .header).first?.content.map { String(buffer: $0) }
        return header?.split(separator: "\r\n").first { $0.hasPrefix("Subject: ") }.map { String($0.dropFirst(9)) }
    }
}
