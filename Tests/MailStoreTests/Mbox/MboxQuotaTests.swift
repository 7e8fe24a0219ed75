import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

/// An account of mboxes may hold as much as its quota says: the sizes of its files count.
struct MboxQuotaTests {
    private let mboxes: TestMboxes
    private let text = "Subject: 1\r\n\r\n\(String(repeating: "a", count: 900))\r\n"

    init() throws {
        mboxes = try TestMboxes()
    }

    private func store(_ stores: MboxStores, _ storage: UInt64) throws -> MboxStore {
        try stores.store(for: mboxes.location, owner: mboxes.owner, quota: Quota(storage: storage))
    }

    private func recipient(_ storage: UInt64) throws -> MaildirRecipient {
        MaildirRecipient(
            mailbox: LocalMailbox(
                address: try #require(EmailAddress("anna@example.org")), location: mboxes.location,
                owner: mboxes.owner, quota: Quota(storage: storage)), header: [])
    }

    @Test func `what all files hold together is what counts`() async throws {
        let stores = try mboxes.stores()
        let store = try store(stores, 10_000)
        try await store.append(text)
        try await store.create(try mailboxName("Old/2024"), specialUse: nil)
        let inbox = try await store.open()
        _ = try await inbox.copy([1], to: try mailboxName("Old/2024"))
        let files = try ["mail/spool/anna", "mail/anna/Old/2024"].map {
            UInt64(try mboxes.root.contents($0).utf8.count)
        }
        let status = try #require(try await store.quotaStatus())
        #expect(status.usage.storage == files.reduce(0, +))
        #expect(status.storageLimit == 10_000)
        #expect(try await store.recalculateQuota() == status)
        #expect(try await mboxes.store().quotaStatus() == nil)
    }

    @Test func `what does not fit is refused to clients and to senders`() async throws {
        let stores = try mboxes.stores()
        let store = try store(stores, 2_000)
        try await store.append(text)
        try await store.create(try mailboxName("Sent"), specialUse: nil)
        let inbox = try await store.open()
        await #expect(throws: MailboxFailure.self) { try await store.append(text) }
        let copy = await #expect(throws: MailboxFailure.self) { try await inbox.copy([1], to: try mailboxName("Sent")) }
        #expect(copy?.kind == .overQuota)
        #expect(try await inbox.move([1], to: try mailboxName("Sent")).destinationUIDs == [1])
        let delivery = MboxDelivery(stores)
        let outcome = await delivery.deliver(
            MboxDelivery.Message(ByteBuffer(string: text)), common: [], to: [(0, try recipient(2_000))])
        #expect(outcome.first?.1.failureKind == .overQuota)
        let mailbox = try recipient(2_000).mailbox
        let full = await #expect(throws: MailboxFailure.self) {
            try await delivery.checkQuota(of: mailbox, size: 1_000)
        }
        #expect(full?.kind == .overQuota)
        try await delivery.checkQuota(of: mailbox, size: 10)
    }

    @Test func `what did not count where it was counts where it is moved to`() async throws {
        let stores = try mboxes.stores()
        var quota = Quota(storage: 2_000)
        quota.folderRules = [QuotaFolderRule(pattern: Array("Trash".utf8), isIgnored: true)]
        let store = try stores.store(for: mboxes.location, owner: mboxes.owner, quota: quota)
        let trash = try mailboxName("Trash")
        try await store.create(trash, specialUse: nil)
        for _ in 0..<3 { try await store.append(text, to: "Trash") }
        let mailbox = try await store.open("Trash")
        #expect(try await mailbox.move([1], to: .inbox).destinationUIDs == [1])
        let refused = await #expect(throws: MailboxFailure.self) { try await mailbox.move([2, 3], to: .inbox) }
        #expect(refused?.kind == .overQuota)
        #expect(try await mailbox.refresh().uids == [2, 3])
        let inbox = try await store.open()
        #expect(try await inbox.move([1], to: trash).destinationUIDs == [4])
    }

    @Test func `a delivery makes no file larger than a site allows`() async throws {
        var options = MboxOptions()
        options.maximumFileSize = 1_500
        let stores = try mboxes.stores(options)
        #expect(try await mboxes.deliver(text, stores).isDelivered)
        let before = try mboxes.inbox()
        #expect(try await mboxes.deliver(text, stores).failureKind == .overQuota)
        #expect(try mboxes.inbox() == before)
        #expect(try await mboxes.deliver("Subject: 2\r\n\r\n", stores).isDelivered)
    }

    @Test func `of many deliveries at once as many come in as there is room for`() async throws {
        let stores = try mboxes.stores()
        let text = text
        let recipient = try recipient(10_000)
        let delivered = await withTaskGroup(of: Bool.self) { tasks in
            for _ in 0..<16 {
                tasks.addTask {
                    let outcome = await MboxDelivery(stores).deliver(
                        MboxDelivery.Message(ByteBuffer(string: text)), common: [], to: [(0, recipient)])
                    return outcome.first?.1.isDelivered ?? false
                }
            }
            return await tasks.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        let size = try mboxes.inbox().utf8.count
        #expect(size <= 10_000 && size > 9_000)
        #expect(delivered == 9 || delivered == 10)
        #expect(try mboxes.inbox().split(separator: "\n").filter { $0.hasPrefix("From ") }.count == delivered)
    }
}
