import Glibc
import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

/// What a folder of ten thousand messages costs: printed, never judged.
struct LargeFolderTests {
    @Test func `a folder of ten thousand messages is opened, changed and read`() async throws {
        let maildirs = try TestMaildirs()
        let mailbox = try maildirs.mailbox("anna")
        let store = try maildirs.stores.store(for: mailbox.location, owner: mailbox.owner)
        _ = try await store.open()
        for number in 0..<10_000 {
            try maildirs.root.file(
                "mail/anna/cur/\(1_000_000_000 + number).M1P1Q\(number).host,S=30,W=33:2,S",
                "Subject: \(number)\n\nx\n",
                uid: 20_001)
        }
        let clock = ContinuousClock()
        var lines: [String] = []
        func measure(_ name: String, _ body: () async throws -> Void) async throws {
            lines.append("\(name) \(try await clock.measure(body))")
        }
        try await measure("numbering 10 000 new messages:") { _ = try await store.status(.inbox) }
        let fresh = try maildirs.otherStores().store(for: mailbox.location, owner: mailbox.owner)
        var opened: (any OpenMailbox)?
        try await measure("opening:") { opened = try await fresh.open() }
        let inbox = try #require(opened)
        #expect(inbox.view.uids == Array(1...10_000))
        #expect(inbox.view.flags.allSatisfy { $0 == .seen })
        try await measure("looking again, a moment after:") { _ = try await inbox.refresh() }
        try await measure("one flag:") { _ = try await inbox.store([5000], FlagChange(.add, flags: .flagged)) }
        try await measure("looking after it:") { _ = try await inbox.refresh() }
        try await measure("an append:") { _ = try await fresh.append("A: b\r\n\r\n") }
        try await measure("sizes of all:") {
            var rest = inbox.view.uids[...]
            while let last = try await inbox.fetch(rest, .size).last { rest = rest.drop { $0 <= last.uid } }
        }
        try await measure("headers of all:") {
            var rest = inbox.view.uids[...]
            while let last = try await inbox.fetch(rest, .header).last { rest = rest.drop { $0 <= last.uid } }
        }
        try await measure("\\Deleted on all:") {
            _ = try await inbox.store(inbox.view.uids, FlagChange(.add, flags: .deleted))
        }
        try await measure("expunging all:") { _ = try await inbox.expunge(nil) }
        #expect(inbox.view.count == 0)
        print("10 000 messages: " + lines.joined(separator: "; "))
    }

    @Test func `deliveries to many mailboxes at once`() async throws {
        let maildirs = try TestMaildirs()
        let delivery = MaildirDelivery(maildirs.stores)
        let body = ByteBuffer(string: "Subject: x\r\n\r\n" + String(repeating: "0123456789abcde\r\n", count: 480))
        let recipients = try (0..<16).map { try maildirs.recipient("user\($0)") }
        let count = 1000
        let time = try await ContinuousClock().measure {
            try await withThrowingTaskGroup { group in
                for worker in 0..<16 {
                    group.addTask {
                        for _ in 0..<(count / 16) {
                            let outcomes = await delivery.deliver(body, to: [recipients[worker]])
                            try #require(outcomes[0].isDelivered)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        print("\(count / 16 * 16) durable deliveries of 8 KiB, 16 at a time: \(time)")
        for recipient in 0..<16 { #expect(maildirs.root.names("mail/user\(recipient)/new").count == count / 16) }
    }
}
