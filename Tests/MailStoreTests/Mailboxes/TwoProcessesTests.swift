import Blocking
import MailModel
import NIOCore
import PostroomTesting
import Synchronization
import Testing

@testable import MailStore

/// Several processes work on one Maildir at random. They share nothing but its files.
struct TwoProcessesTests {
    /// What all of them were told together.
    private final class Ledger: Sendable {
        struct Entries {
            /// By UID: the message that it was given to.
            var texts: [UInt32: String] = [:]
            var expunged: Set<UInt32> = []
            var faults: [String] = []
        }

        private let entries = Mutex(Entries())

        var all: Entries { entries.withLock { $0 } }

        func appended(_ uid: UInt32, _ text: String) {
            entries.withLock { entries in
                if let other = entries.texts.updateValue(text, forKey: uid) {
                    entries.faults.append("UID \(uid) was given to \(other) and to \(text)")
                }
            }
        }

        func expunged(_ uids: some Sequence<UInt32>) {
            entries.withLock { $0.expunged.formUnion(uids) }
        }
    }

    private static func work(
        _ number: Int, _ store: MaildirStore, _ delivery: MaildirDelivery, _ recipient: MaildirRecipient,
        _ ledger: Ledger
    ) async throws {
        let inbox = try await store.open()
        for step in 0..<60 {
            let text = "X: \(number)-\(step)\r\n\r\n"
            switch Int.random(in: 0..<7) {
            case 0, 1:
                ledger.appended(try await store.append(text).destinationUIDs[0], text)
            case 2:
                let outcomes = await delivery.deliver(ByteBuffer(string: text), to: [recipient])
                #expect(outcomes[0].isDelivered)
            case 3:
                _ = try await inbox.claimRecent()
            case 4:
                guard let uid = inbox.view.uids.randomElement() else { continue }
                _ = try await inbox.store([uid], FlagChange(.add, flags: .seen, keywords: ["k\(number)"]))
            case 5 where step % 4 == 0:
                // Only messages that this one marked, so that what it expunges is known.
                let before = try await inbox.refresh()
                guard let uid = before.uids.randomElement() else { continue }
                _ = try await inbox.store([uid], FlagChange(.add, flags: .deleted))
                ledger.expunged([uid])
                _ = try await inbox.expunge([uid])
            default:
                let view = try await inbox.refresh()
                #expect(view.uids == view.uids.sorted())
                #expect(Set(view.uids).count == view.uids.count)
            }
        }
    }

    @Test func `no UID is given twice and nothing is lost`() async throws {
        let maildirs = try TestMaildirs()
        let mailbox = try maildirs.mailbox("anna")
        let ledger = Ledger()
        let stores = try (0..<3).map { _ in try maildirs.otherStores() }
        let recipient = try maildirs.recipient("anna")
        try await withThrowingTaskGroup { group in
            for (number, each) in stores.enumerated() {
                let store = try each.store(for: mailbox.location, owner: mailbox.owner)
                let delivery = MaildirDelivery(each)
                // Two sessions of each process.
                for session in 0..<2 {
                    group.addTask {
                        try await Self.work(number * 2 + session, store, delivery, recipient, ledger)
                    }
                }
            }
            try await group.waitForAll()
        }
        var views: [[UInt32]] = []
        var texts: [[UInt32: String]] = []
        for each in stores + [try maildirs.otherStores()] {
            let inbox = try await each.store(for: mailbox.location, owner: mailbox.owner).open()
            views.append(try await inbox.refresh().uids)
            texts.append(try await inbox.texts())
        }
        let entries = ledger.all
        #expect(entries.faults == [])
        #expect(Set(views).count == 1)
        #expect(Set(texts).count == 1)
        let present = texts[0]
        for (uid, text) in entries.texts where !entries.expunged.contains(uid) {
            #expect(present[uid] == text, "the message with UID \(uid) is lost or another one")
        }
        #expect(present.keys.allSatisfy { !entries.expunged.contains($0) })
        let files = maildirs.root.names("mail/anna/cur").count + maildirs.root.names("mail/anna/new").count
        #expect(files == present.count)
        #expect(maildirs.root.names("mail/anna/tmp") == [])
        #expect(!maildirs.root.names("mail/anna").contains("dovecot-uidlist.lock"))
    }

    @Test func `messages that several sessions move to and fro are always in exactly one place`() async throws {
        let maildirs = try TestMaildirs()
        let mailbox = try maildirs.mailbox("anna")
        let first = try maildirs.stores.store(for: mailbox.location, owner: mailbox.owner)
        try await first.create(try mailboxName("Other"), specialUse: nil)
        for number in 0..<20 { try await first.append("X: \(number)\r\n\r\n") }
        try await withThrowingTaskGroup { group in
            for names in [("INBOX", "Other"), ("Other", "INBOX"), ("INBOX", "Other"), ("Other", "INBOX")] {
                let store = try maildirs.otherStores().store(for: mailbox.location, owner: mailbox.owner)
                group.addTask {
                    let open = try await store.open(names.0)
                    for _ in 0..<15 {
                        let view = try await open.refresh()
                        let uids = view.uids.filter { _ in Bool.random() }
                        _ = try await open.move(uids, to: try mailboxName(names.1))
                    }
                }
            }
            try await group.waitForAll()
        }
        let fresh = try maildirs.otherStores().store(for: mailbox.location, owner: mailbox.owner)
        let texts = try await Array(fresh.open().texts().values) + Array(fresh.open("Other").texts().values)
        #expect(texts.sorted() == (0..<20).map { "X: \($0)\r\n\r\n" }.sorted())
    }
}
