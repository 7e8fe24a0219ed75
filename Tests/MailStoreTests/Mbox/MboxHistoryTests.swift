import Blocking
import Logging
import MailModel
import NIOCore
import PostroomTesting
import Synchronization
import Testing

@testable import MailStore

/// What clients that come back are told, and what it costs to look.
struct MboxHistoryTests {
    private let mboxes: TestMboxes

    init() throws {
        mboxes = try TestMboxes()
    }

    private func stores(_ indexes: MailboxIndexes) throws -> MboxStores {
        MboxStores(
            roots: try MailRoots([mboxes.root.bytes("mail")]), pool: mboxes.pool, options: mboxes.options,
            indexes: indexes)
    }

    private func indexes() throws -> MailboxIndexes {
        try mboxes.root.directory("indexes", mode: 0o700, uid: 0)
        return MailboxIndexes(folder: mboxes.root["indexes"], pool: mboxes.pool, logger: Logger(label: "test"))
    }

    @Test func `the next process knows modification sequences, what went, and which mailbox it is`() async throws {
        let first = try indexes()
        let store = try stores(first).store(for: mboxes.location, owner: mboxes.owner)
        for number in 1...4 { try await store.append("Subject: \(number)\r\n\r\n", keywords: ["Work"]) }
        let inbox = try await store.open()
        let known = try await inbox.store([2], FlagChange(.add, flags: .flagged))
        _ = try await inbox.store([3], FlagChange(.add, flags: .deleted))
        let left = try await inbox.expunge(nil)
        await first.close()
        // Another program's change meanwhile.
        let dovecot = try mboxes.dovecot("mbox_lazy_writes = no")
        try await dovecot("flags", "add", "\\Answered", "mailbox", "INBOX", "uid", "4")
        try await dovecot("expunge", "mailbox", "INBOX", "uid", "1")

        let second = MailboxIndexes(
            folder: mboxes.root["indexes"], pool: mboxes.pool, logger: Logger(label: "test"))
        let again = try await stores(second).store(for: mboxes.location, owner: mboxes.owner).open()
        #expect(again.view.uids == [2, 4])
        #expect(again.view.identity == left.identity && !left.identity.isEmpty)
        #expect(again.view.modSeqs.last ?? 0 > left.highestModSeq)
        #expect(again.view.highestModSeq > left.highestModSeq)
        #expect(again.view.modSeqs.first == left.modSeqs[1])
        #expect(again.view.vanished(since: left.highestModSeq, of: nil) == [1...1])
        #expect(again.view.vanished(since: known.highestModSeq, of: nil) == [1...1, 3...3])
        await second.close()
    }

    @Test func `mailboxes have identities of their own, which they keep when they are renamed`() async throws {
        let store = try mboxes.store()
        try await store.create(try mailboxName("A"), specialUse: nil)
        try await store.create(try mailboxName("B"), specialUse: nil)
        try await store.append("Subject: 1\r\n\r\n")
        _ = try await store.open().copy([1], to: try mailboxName("A"))
        let identity = try await store.open("A").view.identity
        #expect(try await store.open("B").view.identity != identity)
        try await store.rename(try mailboxName("A"), to: try mailboxName("C"))
        #expect(try await store.open("C").view.identity == identity)
        #expect(try await store.status(try mailboxName("C")).identity == identity)
    }

    @Test func `a look after one delivery reads what is new of a mailbox of 200 MB`() async throws {
        let body = String(repeating: String(repeating: "a", count: 75) + "\n", count: 13_500)
        for number in 1...200 {
            let base = number == 1 ? "X-IMAPbase: 1700000000 0000000200\n" : ""
            try mboxes.append(
                "From a@b.example  Sat Nov 21 01:33:33 2026\nSubject: \(number)\n\(base)Status: O\nX-UID: \(number)\n"
                    + "Content-Length: \(body.utf8.count)\n\n\(body)\n")
        }
        let reads = Mutex<[UInt64]>([])
        var options = mboxes.options
        options.noteLook = { bytes in reads.withLock { $0.append(bytes) } }
        let stores = try mboxes.stores(options)
        let inbox = try await stores.store(for: mboxes.location, owner: mboxes.owner).open()
        #expect(inbox.view.count == 200)
        reads.withLock { $0 = [] }
        #expect(try await mboxes.deliver("Subject: new\r\n\r\nnew\r\n").isDelivered)
        #expect(try await inbox.refresh().count == 201)
        // The last message that was known may have been cut short by the end of the file: it is read again.
        #expect(reads.withLock { $0.reduce(0, +) } < 1 << 20)
        #expect(
            try await inbox.fetch([201], .text).first?.content.map { String(buffer: $0) }?.hasSuffix("new\r\n") ?? false
        )
    }
}
