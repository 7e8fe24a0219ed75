import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

/// Dovecot and we on one Maildir see and keep the same.
struct DovecotTests {
    private let maildirs: TestMaildirs
    private let store: MaildirStore
    private let doveadm: Dovecot

    init() throws {
        maildirs = try TestMaildirs()
        let mailbox = try maildirs.mailbox("anna")
        store = try maildirs.stores.store(for: mailbox.location, owner: mailbox.owner)
        doveadm = try Dovecot(maildirs.root, maildir: "anna", uid: 20_001)
    }

    private func uids(_ mailbox: String = "INBOX") async throws -> [String] {
        try await doveadm.fetch("uid", mailbox: mailbox).map { $0[0] }
    }

    @Test func `what we write Dovecot reads: UIDs, flags, keywords, sizes, text`() async throws {
        try await store.append(
            "Subject: 1\r\n\r\none\r\n", flags: [.seen, .answered], keywords: ["$Forwarded", "Work"])
        try await store.append("Subject: 2\r\n\r\ntwo\r\n", date: 1_000_000_000)
        let inbox = try await store.open()
        _ = try await inbox.claimRecent()
        _ = try await inbox.store([2], FlagChange(.add, flags: [.flagged, .draft], keywords: ["Work"]))
        let rows = try await doveadm.fetch("uid flags size.virtual date.received.unixtime text")
        try #require(rows.count >= 2)
        #expect(try await uids() == ["1", "2"])
        let flags = try await doveadm.fetch("flags").map { Set($0[0].split(separator: " ").map(String.init)) }
        #expect(flags == [["\\Answered", "\\Seen", "$Forwarded", "Work"], ["\\Flagged", "\\Draft", "Work"]])
        #expect(try await doveadm.fetch("size.virtual").map { $0[0] } == ["19", "19"])
        let status = try await doveadm("-f", "tab", "mailbox", "status", "uidvalidity uidnext messages unseen", "INBOX")
        #expect(
            status.contains("\(inbox.view.uidValidity)\t3\t2\t1")
                || status.contains("2\t3\t\(inbox.view.uidValidity)\t1"))
    }

    @Test func `what Dovecot writes we read, and our UIDs go on from its own`() async throws {
        try await doveadm("save", input: "Subject: 1\n\none\n")
        try await doveadm("save", input: "Subject: 2\n\ntwo\n")
        try await doveadm("flags", "add", "\\Seen NonJunk $Forwarded", "mailbox", "INBOX", "uid", "2")
        let inbox = try await store.open()
        #expect(inbox.view.uids == [1, 2])
        #expect(inbox.flags(of: 1) == [])
        #expect(inbox.flags(of: 2) == .seen)
        #expect(inbox.keywords(of: 2) == ["$Forwarded", "NonJunk"])
        #expect(try await inbox.texts() == [1: "Subject: 1\r\n\r\none\r\n", 2: "Subject: 2\r\n\r\ntwo\r\n"])
        try await store.append("Subject: 3\r\n\r\nthree\r\n", keywords: ["NonJunk", "Ours"])
        let delivered = await MaildirDelivery(maildirs.stores).deliver(
            ByteBuffer(string: "Subject: 4\r\n\r\n"), to: [try maildirs.recipient("anna")])
        #expect(delivered[0].isDelivered)
        #expect(try await uids() == ["1", "2", "3", "4"])
        try await doveadm("flags", "add", "Later", "mailbox", "INBOX", "uid", "3")
        #expect(try await inbox.refresh().uids == [1, 2, 3, 4])
        #expect(inbox.keywords(of: 3) == ["Later", "NonJunk", "Ours"])
        let status = try await doveadm("-f", "tab", "mailbox", "status", "uidvalidity", "INBOX")
        #expect(status.contains("\t\(inbox.view.uidValidity)\n"))
    }

    @Test func `both take turns at one folder for long, and agree on every message`() async throws {
        _ = try await store.open()
        let inbox = try await store.open()
        for round in 0..<6 {
            try await store.append("Subject: ours \(round)\r\n\r\n")
            try await doveadm("save", input: "Subject: theirs \(round)\n\n")
            if round % 2 == 0 {
                _ = try await inbox.refresh()
                let uid = try #require(inbox.view.uids.first)
                _ = try await inbox.store([uid], FlagChange(.add, flags: .deleted, keywords: ["k\(round)"]))
                _ = try await inbox.expunge(nil)
            } else {
                try await doveadm("expunge", "mailbox", "INBOX", "1")
                _ = try await inbox.claimRecent()
            }
            let ours = try await inbox.refresh()
            let theirs = try await doveadm.fetch("uid hdr.subject")
            #expect(theirs.map { $0[0] } == ours.uids.map(String.init))
            let texts = try await inbox.texts()
            #expect(theirs.map { "Subject: \($0[1])\r\n\r\n" } == ours.uids.map { texts[$0] })
        }
        #expect(inbox.view.uidNext == 13)
    }

    @Test func `folders and subscriptions are the same both ways`() async throws {
        try await store.create(try mailboxName("Archive/2024"), specialUse: nil)
        try await store.create(try mailboxName("Entwürfe"), specialUse: nil)
        try await store.subscribe(try mailboxName("Archive/2024"))
        try await store.subscribe(try mailboxName("Entwürfe"))
        try await store.append("A: b\r\n\r\n", to: "Entwürfe", flags: .draft)
        let listed = Set(try await doveadm("mailbox", "list").split(separator: "\n").map(String.init))
        #expect(listed.isSuperset(of: ["INBOX", "Archive.2024", "Entwürfe"]))
        #expect(
            Set(try await doveadm("mailbox", "list", "-s").split(separator: "\n").map(String.init))
                == ["Archive.2024", "Entwürfe"])
        try await doveadm("mailbox", "create", "-s", "Theirs & more")
        try await doveadm("mailbox", "subscribe", "INBOX")
        try await doveadm("mailbox", "unsubscribe", "Archive.2024")
        let ours = try await store.list()
        #expect(
            ours.filter(\.isSubscribed).map(\.name.description) == ["INBOX", "Entwürfe", "Theirs & more"])
        #expect(try await uids("Entwürfe") == ["1"])
        #expect(try await store.open("Theirs & more").view.count == 0)
        let before = try await store.status(try mailboxName("Entwürfe")).uidValidity
        let status = try await doveadm("-f", "tab", "mailbox", "status", "uidvalidity", "Entwürfe")
        #expect(status.contains("\t\(before)\n"))
    }

    @Test func `a copy and a move of ours are right to Dovecot`() async throws {
        for number in 1...3 {
            try await store.append("Subject: \(number)\r\n\r\n", flags: .seen, keywords: ["k\(number)"])
        }
        try await store.create(try mailboxName("Target"), specialUse: nil)
        let inbox = try await store.open()
        _ = try await inbox.copy([1], to: try mailboxName("Target"))
        _ = try await inbox.move([3, 2], to: try mailboxName("Target"))
        #expect(try await doveadm.fetch("uid hdr.subject").map { $0.joined(separator: " ") } == ["1 1"])
        let target = try await doveadm.fetch("uid hdr.subject flags", mailbox: "Target")
        #expect(target.map { $0[1] } == ["1", "3", "2"])
        #expect(target.map { $0[0] } == ["1", "2", "3"])
        #expect(target[1][2].contains("k3"))
    }
}
