import Glibc
import MailModel
import PostroomTesting
import Testing

@testable import MailStore

/// All that IMAP does, over mboxes.
struct MboxMailboxTests {
    private let mboxes: TestMboxes
    private let store: MboxStore

    init() throws {
        mboxes = try TestMboxes()
        store = try mboxes.store()
    }

    @Test func `a delivered message has its From line, quoting and an empty line at the end`() async throws {
        let outcome = try await mboxes.deliver("Subject: 1\r\nX-UID: 7\r\n\r\nHello\r\nFrom here\r\nbye\r\n")
        #expect(outcome.isDelivered)
        let text = try mboxes.inbox()
        #expect(text.hasPrefix("From bob@example.org  "))
        #expect(text.contains("\nReturn-Path: <bob@example.org>\nSubject: 1\n"))
        #expect(!text.contains("X-UID"))
        #expect(text.hasSuffix("\n\nHello\n>From here\nbye\n\n"))
        let inbox = try await store.open()
        #expect(inbox.view.uids == [1])
        let texts = try await inbox.texts()
        #expect(
            texts == [1: "Return-Path: <bob@example.org>\r\nSubject: 1\r\n\r\nHello\r\n>From here\r\nbye\r\n"])
        #expect(try mboxes.root.status("mail/spool/anna").st_uid == 20_001)
    }

    @Test func `UIDs, flags and keywords are the same for the next process`() async throws {
        try await store.append("Subject: 1\r\n\r\none\r\n", flags: [.seen, .answered], keywords: ["$Forwarded"])
        try await store.append("Subject: 2\r\n\r\ntwo\r\n", date: 1_000_000_000)
        try await store.append("Subject: 3\r\n\r\nthree\r\n")
        let inbox = try await store.open()
        _ = try await inbox.claimRecent()
        _ = try await inbox.store([2], FlagChange(.add, flags: [.flagged, .draft], keywords: ["Work", "$Forwarded"]))
        _ = try await inbox.store([3], FlagChange(.add, flags: .deleted))
        #expect(try await inbox.expunge(nil).uids == [1, 2])
        let other = try await mboxes.store().open()
        #expect(other.view.uidValidity == inbox.view.uidValidity)
        #expect(other.view.uids == [1, 2])
        #expect(other.view.uidNext == 4)
        #expect(other.flags(of: 1) == [.seen, .answered])
        #expect(other.flags(of: 2) == [.flagged, .draft])
        #expect(other.keywords(of: 2) == ["$Forwarded", "Work"])
        #expect(try await other.fetch([2], .internalDate).first?.internalDate == 1_000_000_000)
        #expect(
            try await other.texts() == [1: "Subject: 1\r\n\r\none\r\n", 2: "Subject: 2\r\n\r\ntwo\r\n"])
    }

    @Test func `an mbox without mail keeps its UIDs`() async throws {
        try await store.append("Subject: 1\r\n\r\n", flags: .deleted)
        let inbox = try await store.open()
        _ = try await inbox.expunge(nil)
        #expect(try mboxes.inbox().contains("FOLDER INTERNAL DATA"))
        let second = try mboxes.store()
        #expect(try await second.append("Subject: 2\r\n\r\n").destinationUIDs == [2])
        #expect(try await second.open().view.uidValidity == inbox.view.uidValidity)
        #expect(try await inbox.refresh().uids == [2])
    }

    @Test func `a message whose lines begin with From stays one, byte for byte`() async throws {
        let text = "Subject: 1\r\n\r\nFrom a@b.example Sat Nov 21 01:33:33 2026\r\n\r\nX-UID: 9\r\n"
        try await store.append(text)
        try await store.append("Subject: 2\r\n\r\nnext\r\n")
        let inbox = try await store.open()
        #expect(try await inbox.texts() == [1: text, 2: "Subject: 2\r\n\r\nnext\r\n"])
        _ = try await inbox.store([1], FlagChange(.add, flags: .seen, keywords: [String(repeating: "k", count: 90)]))
        #expect(try await mboxes.store().open().texts() == [1: text, 2: "Subject: 2\r\n\r\nnext\r\n"])
    }

    @Test func `a keyword that the first header has no room for moves all messages, and loses none`() async throws {
        try await store.append("Subject: 1\r\n\r\none\r\n")
        let keyword = String(repeating: "k", count: 120)
        try await store.append("Subject: 2\r\n\r\ntwo\r\n", keywords: [keyword])
        let inbox = try await mboxes.store().open()
        #expect(try await inbox.texts() == [1: "Subject: 1\r\n\r\none\r\n", 2: "Subject: 2\r\n\r\ntwo\r\n"])
        #expect(inbox.keywords(of: 2) == [keyword])
    }

    @Test func `folders are files, made, filled, renamed and removed`() async throws {
        try await store.create(try mailboxName("Sent"), specialUse: nil)
        try await store.create(try mailboxName("Old/2024"), specialUse: nil)
        try await store.subscribe(try mailboxName("Old/2024"))
        try await store.append("Subject: 1\r\n\r\none\r\n", keywords: ["Work"])
        let inbox = try await store.open()
        let copied = try await inbox.copy([1], to: try mailboxName("Sent"))
        #expect(copied.destinationUIDs == [1])
        let moved = try await inbox.move([1], to: try mailboxName("Old/2024"))
        #expect(moved.sourceUIDs == [1])
        #expect(inbox.view.uids.isEmpty)
        for name in ["Sent", "Old/2024"] {
            let folder = try await store.open(name)
            #expect(try await folder.texts() == [1: "Subject: 1\r\n\r\none\r\n"])
            #expect(folder.keywords(of: 1) == ["Work"])
        }
        let listed = try await store.list().map { "\($0.name) \($0.isSelectable) \($0.isSubscribed)" }
        #expect(
            listed == ["INBOX true false", "Old false false", "Old/2024 true true", "Sent true false"])
        try await store.rename(try mailboxName("Old"), to: try mailboxName("Older"))
        #expect(try await store.open("Older/2024").view.count == 1)
        try await store.delete(try mailboxName("Sent"))
        await #expect(throws: MailboxFailure.self) { try await store.open("Sent") }
        await #expect(throws: MailboxFailure.self) {
            try await store.create(try mailboxName("a/.imap"), specialUse: nil)
        }
        await #expect(throws: MailboxFailure.self) {
            try await store.create(try mailboxName("x.lock"), specialUse: nil)
        }
    }

    @Test func `an open session learns of what another program adds`() async throws {
        try await store.append("Subject: 1\r\n\r\n")
        let (changes, change) = AsyncStream<Void>.makeStream()
        let inbox = try await store.open(.inbox, readOnly: false) { change.yield() }
        _ = try await mboxes.deliver("Subject: 2\r\n\r\nmore\r\n")
        var iterator = changes.makeAsyncIterator()
        while inbox.view.count < 2 { await iterator.next() }
        #expect(inbox.view.uids == [1, 2])
    }

    @Test func `a spool that the owner can't write to is changed in its place`() async throws {
        let mboxes = try TestMboxes(spoolMode: 0o755, spoolUID: 0)
        #expect(try await mboxes.deliver("Subject: 1\r\n\r\none\r\n").isDelivered)
        #expect(try await mboxes.deliver("Subject: 2\r\n\r\ntwo\r\n").isDelivered)
        let inbox = try await mboxes.store().open()
        _ = try await inbox.store([1], FlagChange(.add, flags: .deleted))
        #expect(try await inbox.expunge(nil).uids == [2])
        #expect(mboxes.root.names("mail/spool") == ["anna"])
        #expect(try await mboxes.store().open().view.uids == [2])
    }

    @Test func `a Postfix mailbox file alone has INBOX and nothing else`() async throws {
        var location = mboxes.location
        location.path = mboxes.root.bytes("mail/spool/flat")
        location.inbox = location.path
        let store = try mboxes.stores().store(for: location, owner: mboxes.owner)
        try await store.append("Subject: 1\r\n\r\n")
        #expect(try await store.list().map(\.name) == [.inbox])
        await #expect(throws: MailboxFailure.self) { try await store.create(try mailboxName("Sent"), specialUse: nil) }
        #expect(try await store.open().view.uids == [1])
    }
}
