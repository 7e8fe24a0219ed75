import Blocking
import Foundation
import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

@Suite struct `A mailbox's quota` {
    private static let message = "Subject: a\n\n" + String(repeating: "x", count: 987) + "\n"

    private func store(_ maildirs: TestMaildirs, _ quota: Quota) throws -> MaildirStore {
        let location = MailboxLocation(format: .maildir, path: maildirs.root.bytes("mail/anna"))
        return try maildirs.stores.store(for: location, owner: maildirs.owner, quota: quota, account: "anna")
    }

    private func deliver(_ maildirs: TestMaildirs, _ quota: Quota, _ text: String = Self.message) async throws
        -> DeliveryOutcome
    {
        let recipient = MaildirRecipient(mailbox: try maildirs.mailbox("anna", quota: quota))
        return try #require(
            await MaildirDelivery(maildirs.stores).deliver(ByteBuffer(string: text), to: [recipient]).first)
    }

    private func file(_ maildirs: TestMaildirs) throws -> MaildirSizeFile {
        try #require(MaildirSizeFile(Array(try maildirs.root.contents("mail/anna/maildirsize").utf8)))
    }

    @Test func `counts what comes in, and refuses what does not fit`() async throws {
        let maildirs = try TestMaildirs()
        let quota = Quota(storage: 2500, messages: 100)
        #expect(try await deliver(maildirs, quota).isDelivered)
        #expect(try await deliver(maildirs, quota).isDelivered)
        #expect(try await deliver(maildirs, quota).failureKind == .overQuota)
        #expect(try maildirs.delivered("anna").count == 2)
        #expect(maildirs.root.names("mail/anna/tmp").isEmpty)
        let status = try #require(try await store(maildirs, quota).quotaStatus())
        #expect(status.usage == QuotaUsage(storage: 2000, messages: 2))
        #expect(status.storageLimit == 2500 && status.messageLimit == 100)
        #expect(try maildirs.root.contents("mail/anna/maildirsize").hasPrefix("2500S,100C\n"))
    }

    @Test(arguments: [3, UInt64.random(in: 0..<100_000)])
    func `leaves out what is marked as deleted, where the site counts as Courier does`(_ seed: UInt64) async throws {
        let maildirs = try TestMaildirs()
        var quota = Quota(storage: 1 << 20, messages: 100)
        quota.terms.countsDeleted = false
        let store = try store(maildirs, quota)
        try await store.create(try mailboxName("Old"), specialUse: nil)
        for number in 0..<6 { try await store.append(Self.message, flags: number == 5 ? .deleted : []) }
        #expect(try await store.quotaStatus()?.usage == QuotaUsage(storage: 5000, messages: 5))
        let inbox = try await store.open()
        let old = try await store.open("Old")
        var generator = SeededGenerator(seed: seed)
        for step in 0..<40 {
            let isInbox = Bool.random(using: &generator)
            let mailbox = isInbox ? inbox : old
            let uids = try await mailbox.refresh().uids.filter { _ in Int.random(in: 0..<3, using: &generator) == 0 }
            let other = isInbox ? try mailboxName("Old") : MailboxName.inbox
            switch Int.random(in: 0..<6, using: &generator) {
            case 0, 1: _ = try await mailbox.store(uids, FlagChange(.add, flags: .deleted))
            case 2: _ = try await mailbox.store(uids, FlagChange(.replace, flags: .flagged))
            case 3: _ = try await mailbox.expunge(uids)
            case 4: _ = try await mailbox.move(uids, to: other)
            default: _ = try await mailbox.copy(Array(uids.prefix(1)), to: other)
            }
            let known = try await store.quotaStatus()?.usage
            var counted = QuotaUsage()
            for view in [try await inbox.refresh(), try await old.refresh()] {
                let messages = view.flags.count { !$0.contains(.deleted) }
                counted.messages += UInt64(messages)
                counted.storage += UInt64(messages) * 1000
            }
            #expect(known == counted, "\(seed) \(step)")
        }
        let known = try await store.quotaStatus()
        #expect(try await store.recalculateQuota() == known)
    }

    @Test func `counts messages`() async throws {
        let maildirs = try TestMaildirs()
        let quota = Quota(messages: 1)
        #expect(try await deliver(maildirs, quota).isDelivered)
        #expect(try await deliver(maildirs, quota).failureKind == .overQuota)
    }

    @Test func `lets the last delivery over the limit by the grace, and no client`() async throws {
        let maildirs = try TestMaildirs()
        let quota = Quota(storage: 1900, terms: QuotaTerms(grace: .percent(10)))
        #expect(try await deliver(maildirs, quota).isDelivered)
        await #expect { try await store(maildirs, quota).append(Self.message) } throws: {
            ($0 as? MailboxFailure)?.kind == .overQuota
        }
        #expect(try await deliver(maildirs, quota).isDelivered)
        #expect(try await deliver(maildirs, quota).failureKind == .overQuota)
    }

    @Test func `lets ten of twenty messages in that come at once`() async throws {
        let maildirs = try TestMaildirs()
        let quota = Quota(storage: 10_000)
        let store = try store(maildirs, quota)
        try await store.append(Self.message)
        let accepted = await withTaskGroup(of: Bool.self) { tasks in
            for number in 0..<20 {
                tasks.addTask {
                    do {
                        if number.isMultiple(of: 2) { return try await deliver(maildirs, quota).isDelivered }
                        try await store.append(Self.message)
                        return true
                    } catch {
                        return false
                    }
                }
            }
            return await tasks.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(accepted == 9)
        let counted = try #require(try await store.quotaStatus()).usage
        #expect(counted == QuotaUsage(storage: 10_000, messages: 10))
        #expect(try #require(try await store.recalculateQuota()).usage == counted)
    }

    @Test func `counts copies, moves, expunged messages and deleted folders`() async throws {
        let maildirs = try TestMaildirs()
        let quota = Quota(
            storage: 1 << 20,
            folderRules: [
                QuotaFolderRule(pattern: Array("Junk".utf8), isIgnored: true),
                QuotaFolderRule(pattern: Array("Trash".utf8), storage: .percent(10)),
            ])
        let store = try store(maildirs, quota)
        for name in ["Junk", "Trash", "Other"] { try await store.create(try mailboxName(name), specialUse: nil) }
        for _ in 0..<4 { try await store.append(Self.message) }
        func usage() async throws -> UInt64? { try await store.quotaStatus()?.usage.messages }
        #expect(try await usage() == 4)
        let inbox = try await store.open()
        let uids = inbox.view.uids
        _ = try await inbox.copy([uids[0]], to: try mailboxName("Junk"))
        #expect(try await usage() == 4)
        _ = try await inbox.copy(Array(uids[0...1]), to: try mailboxName("Other"))
        #expect(try await usage() == 6)
        _ = try await inbox.move([uids[0]], to: try mailboxName("Trash"))
        #expect(try await usage() == 6)
        _ = try await inbox.move([uids[1]], to: try mailboxName("Junk"))
        #expect(try await usage() == 5)
        let junk = try await store.open("Junk")
        _ = try await junk.move([try #require(junk.view.uids.last)], to: .inbox)
        #expect(try await usage() == 6)
        _ = try await inbox.store([uids[2]], FlagChange(.add, flags: .deleted, keywords: []))
        #expect(try await store.status(.inbox).deletedStorage == 1000)
        _ = try await inbox.expunge(nil)
        #expect(try await usage() == 5)
        try await store.delete(try mailboxName("Other"))
        #expect(try await usage() == 3)
        #expect(try await store.recalculateQuota()?.usage.messages == 3)
    }

    @Test func `is counted again when another program spoilt, outgrew or changed the file`() async throws {
        let maildirs = try TestMaildirs()
        let quota = Quota(storage: 1 << 20)
        #expect(try await deliver(maildirs, quota).isDelivered)
        let long = "1048576S\n" + String(repeating: "100 1\n", count: 1000)
        for damage in ["", "nonsense", "1048576S\n12", "1048576S\n-5000 -3\n", "5S\n7 1\n", "1048576S\n1 x\n", long] {
            try maildirs.root.file("mail/anna/maildirsize", damage, uid: maildirs.owner.uid)
            let usage = try await store(maildirs, quota).quotaStatus()?.usage
            #expect(usage == QuotaUsage(storage: 1000, messages: 1), "\(damage.prefix(20))")
        }
        try maildirs.root.file("mail/anna/maildirsize", "1048576S\n1000 1\n500 1\n", uid: maildirs.owner.uid)
        #expect(try await store(maildirs, quota).quotaStatus()?.usage.storage == 1500)
    }

    @Test func `is counted again when the sum says that it is full`() async throws {
        let maildirs = try TestMaildirs()
        let quota = Quota(storage: 10_000)
        #expect(try await deliver(maildirs, quota).isDelivered)
        try maildirs.root.file("mail/anna/maildirsize", "10000S\n5000 5\n5000 5\n", uid: maildirs.owner.uid)
        #expect(try await deliver(maildirs, quota).isDelivered)
        #expect(try file(maildirs).usage == QuotaUsage(storage: 2000, messages: 2))
    }

    @Test func `that the mailbox names goes before the site's where that yields`() async throws {
        let maildirs = try TestMaildirs()
        try maildirs.root.directory("mail/anna", uid: maildirs.owner.uid)
        try maildirs.root.file("mail/anna/maildirsize", "1500S\n0 0\n", uid: maildirs.owner.uid)
        let quota = Quota(storage: 1 << 20, yieldsToMailbox: true)
        #expect(try await deliver(maildirs, quota).isDelivered)
        #expect(try await deliver(maildirs, quota).failureKind == .overQuota)
    }

    @Test func `leaves no file where there is none and keeps one where another program counts`() async throws {
        let maildirs = try TestMaildirs()
        #expect(try await deliver(maildirs, .unlimited).isDelivered)
        #expect(!maildirs.root.names("mail/anna").contains("maildirsize"))
        try maildirs.root.file("mail/anna/maildirsize", "9S\n1000 1\n", uid: maildirs.owner.uid)
        #expect(try await deliver(maildirs, .unlimited).isDelivered)
        #expect(try maildirs.root.contents("mail/anna/maildirsize") == "9S\n1000 1\n1000 1\n")
    }

    @Test func `warns once by mail at a threshold, past the limit`() async throws {
        let maildirs = try TestMaildirs()
        let quota = Quota(
            storage: 3000,
            terms: QuotaTerms(
                warnings: [
                    QuotaWarning(.storage, .percent(60)), QuotaWarning(.storage, .percent(80)),
                    QuotaWarning(.storage, .percent(90), isBelow: true),
                ], warningSender: "postmaster@example.org"))
        func warnings() throws -> [String] {
            try maildirs.delivered("anna").map(\.contents).filter { $0.contains("Auto-Submitted: auto-generated") }
        }
        #expect(try await deliver(maildirs, quota).isDelivered)
        #expect(try warnings().isEmpty)
        #expect(try await deliver(maildirs, quota).isDelivered)
        let first = try warnings()
        #expect(first.count == 1)
        #expect(first.first?.contains("From: postmaster@example.org\nTo: anna@example.org\n") == true)
        #expect(first.first?.contains("Subject: Your mailbox is 66 % full\n") == true)
        let counted = try #require(try await store(maildirs, quota).quotaStatus()).usage
        #expect(try #require(try await store(maildirs, quota).recalculateQuota()).usage == counted)
    }

    @Test(arguments: [DurabilityStep.nameMade, .temporaryFileMade, .directorySynced])
    func `is counted right after a kill`(step: DurabilityStep) async throws {
        struct Killed: Error {}
        var options = MaildirOptions()
        options.afterStep = { if $0 == step { throw Killed() } }
        let maildirs = try TestMaildirs()
        let quota = Quota(storage: 1 << 20)
        #expect(try await deliver(maildirs, quota).isDelivered)
        let killed = MaildirDelivery(try maildirs.otherStores(options: options))
        let recipient = MaildirRecipient(mailbox: try maildirs.mailbox("anna", quota: quota))
        _ = await killed.deliver(ByteBuffer(string: Self.message), to: [recipient])
        // As when the process had been killed before: older than this one.
        #expect(
            utimes(
                maildirs.root["mail/anna/maildirsize"],
                [timeval(tv_sec: 1, tv_usec: 0), timeval(tv_sec: 1, tv_usec: 0)]) == 0)
        let counted = try #require(try await store(maildirs, quota).quotaStatus()).usage
        #expect(counted.messages == UInt64(try maildirs.delivered("anna").count))
        #expect(try #require(try await store(maildirs, quota).recalculateQuota()).usage == counted)
    }
}
