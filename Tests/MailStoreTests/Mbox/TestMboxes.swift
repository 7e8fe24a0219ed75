import Blocking
import Glibc
import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

/// One account's mboxes as the Pragyan document has them: INBOX in a spool, the others below a root.
struct TestMboxes {
    let root: TemporaryMailRoot
    let pool: BlockingPool
    let owner: Owner
    let options: MboxOptions

    init(options: MboxOptions = MboxOptions(), spoolMode: UInt32 = 0o755, spoolUID: UInt32 = 20_001) throws {
        try #require(FileIdentity.mayChange, "these tests need root: they work as owners of mailboxes")
        root = try TemporaryMailRoot()
        try root.directory("mail/spool", mode: spoolMode, uid: spoolUID)
        try root.directory("mail/anna", mode: 0o700, uid: 20_001)
        pool = BlockingPool(name: "disk", threads: 8)
        owner = try #require(Owner(uid: 20_001, gid: 20_001))
        self.options = options
    }

    var location: MailboxLocation {
        MailboxLocation(
            format: .mbox, path: root.bytes("mail/anna"), layout: .fileSystem, inbox: root.bytes("mail/spool/anna"))
    }

    /// Each as another process would have them: nothing is shared but the files.
    func stores(_ options: MboxOptions? = nil) throws -> MboxStores {
        MboxStores(roots: try MailRoots([root.bytes("mail")]), pool: pool, options: options ?? self.options)
    }

    func store(_ options: MboxOptions? = nil) throws -> MboxStore {
        try stores(options).store(for: location, owner: owner)
    }

    func recipient(header: String = "Return-Path: <bob@example.org>\r\n") throws -> MaildirRecipient {
        MaildirRecipient(
            mailbox: LocalMailbox(
                address: try #require(EmailAddress("anna@example.org")), location: location, owner: owner,
                quota: .unlimited), header: Array(header.utf8))
    }

    func deliver(_ text: String, _ stores: MboxStores? = nil) async throws -> DeliveryOutcome {
        let outcomes = await MboxDelivery(try stores ?? self.stores()).deliver(
            MboxDelivery.Message(ByteBuffer(string: text)), common: [], to: [(0, try recipient())])
        return try #require(outcomes.first).1
    }

    /// INBOX's file.
    func inbox() throws -> String { try root.contents("mail/spool/anna") }

    func dovecot(_ settings: String = "") throws -> Dovecot {
        try Dovecot(
            root, location: "mbox:\(root["mail/anna"]):INBOX=\(root["mail/spool/anna"])", home: root["mail/anna"],
            uid: 20_001, settings: settings)
    }
}

extension TestMboxes {
    /// Adds to INBOX's file, as another program.
    func append(_ text: String) throws {
        try append(Array(text.utf8))
    }

    func append(_ bytes: [UInt8]) throws { try write(bytes, O_APPEND | O_CREAT) }

    /// In its place: it stays the same file.
    func replace(_ bytes: [UInt8]) throws { try write(bytes, O_TRUNC) }

    private func write(_ bytes: [UInt8], _ flags: Int32) throws {
        let file = open(root["mail/spool/anna"], O_WRONLY | (flags & ~O_TRUNC), 0o600)
        try #require(file >= 0)
        defer { close(file) }
        // As other programs do: a store that is still open may be at work on the file.
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        // F_SETLKW would be a lock of the process, which the stores of this test belong to as well: this is F_OFD_SETLKW.
        try #require(fcntl(file, 38, &lock) == 0)
        if flags & O_TRUNC != 0 { try #require(ftruncate(file, 0) == 0) }
        try #require(fchown(file, 20_001, 20_001) == 0)
        try #require(Glibc.write(file, bytes, bytes.count) == bytes.count)
    }
}
