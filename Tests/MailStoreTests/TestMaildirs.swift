import Blocking
import Glibc
import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

/// A root with Maildirs of a test's own, and what a server needs to serve them.
struct TestMaildirs {
    let root: TemporaryMailRoot
    let pool: BlockingPool
    let stores: MaildirStores
    let owner: Owner

    /// Everything belongs to uid `uid`; root itself can own no mail.
    init(uid: UInt32 = 20_001, options: MaildirOptions = MaildirOptions()) throws {
        try #require(FileIdentity.mayChange, "these tests need root: they work as owners of mailboxes")
        self.root = try TemporaryMailRoot()
        try root.directory("mail", uid: uid)
        self.pool = BlockingPool(name: "disk", threads: 8)
        self.owner = try #require(Owner(uid: uid, gid: uid))
        self.stores = MaildirStores(roots: try MailRoots([root.bytes("mail")]), pool: pool, options: options)
    }

    /// As another process would: nothing is shared but the files.
    func otherStores(options: MaildirOptions = MaildirOptions()) throws -> MaildirStores {
        MaildirStores(roots: try MailRoots([root.bytes("mail")]), pool: pool, options: options)
    }

    /// As a server on another machine would: inotify tells it nothing.
    func pollingStores() throws -> MaildirStores {
        MaildirStores(
            roots: try MailRoots([root.bytes("mail")]), pool: pool,
            watcher: DirectoryWatcher(limit: 0, pollMilliseconds: 50))
    }

    func mailbox(_ name: String, owner: Owner? = nil, quota: Quota = .unlimited) throws -> LocalMailbox {
        let address = try #require(EmailAddress("\(name.replacing("/", with: "."))@example.org"))
        return LocalMailbox(
            address: address, location: MailboxLocation(format: .maildir, path: root.bytes("mail/\(name)")),
            owner: owner ?? self.owner, quota: quota)
    }

    func recipient(_ name: String, owner: Owner? = nil, header: String = "") throws -> MaildirRecipient {
        MaildirRecipient(mailbox: try mailbox(name, owner: owner), header: Array(header.utf8))
    }

    /// The contents of the files in `new/`, by name.
    func delivered(_ name: String) throws -> [(name: String, contents: String)] {
        try root.names("mail/\(name)/new").map { ($0, try root.contents("mail/\(name)/new/\($0)")) }
    }
}

extension DeliveryOutcome {
    var failureKind: MailboxFailure.Kind? {
        if case .failure(let failure) = self { failure.kind } else { nil }
    }

    var isDelivered: Bool { failureKind == nil }
}
