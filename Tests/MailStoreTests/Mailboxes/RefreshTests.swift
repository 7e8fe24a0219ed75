import Glibc
import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

/// Looking for changes where not everything is read again: a directory whose time stamp can be relied on, a look that
/// serves several sessions.
struct RefreshTests {
    private let maildirs: TestMaildirs
    private let store: MaildirStore

    init() throws {
        maildirs = try TestMaildirs()
        let mailbox = try maildirs.mailbox("anna")
        store = try maildirs.stores.store(for: mailbox.location, owner: mailbox.owner)
    }

    /// A folder of two messages in `cur/` and one in `new/` that last changed an hour ago.
    private func openSettled() async throws -> any OpenMailbox {
        let deliveries = try maildirs.otherStores()
        _ = try await deliveries.store(for: try maildirs.mailbox("anna").location, owner: maildirs.owner).open()
        for (name, number) in [("cur", 1), ("cur", 2), ("new", 3)] { try put(number, into: name) }
        for name in ["cur", "new"] {
            var times = [timeval(tv_sec: time(nil) - 3600, tv_usec: 0), timeval(tv_sec: time(nil) - 3600, tv_usec: 0)]
            #expect(utimes(maildirs.root["mail/anna/\(name)"], &times) == 0)
        }
        let inbox = try await store.open()
        #expect(try await inbox.refresh().uids == [1, 2, 3])
        #expect(try await inbox.refresh().uids == [1, 2, 3])
        return inbox
    }

    private func put(_ number: Int, into directory: String) throws {
        let suffix = directory == "cur" ? ":2," : ""
        try maildirs.root.file(
            "mail/anna/\(directory)/\(1_700_000_000 + number).M1P1.host\(suffix)", "A: b\n", uid: 20_001)
    }

    @Test func `mail into new joins what is in cur`() async throws {
        let inbox = try await openSettled()
        try put(4, into: "new")
        #expect(try await inbox.refresh().uids == [1, 2, 3, 4])
        #expect(try await inbox.texts().count == 4)
    }

    @Test func `flags and removals in cur are seen beside a new that stays as it is`() async throws {
        let inbox = try await openSettled()
        let path = maildirs.root["mail/anna/cur/1700000001.M1P1.host:2,"]
        #expect(rename(path, path + "F") == 0)
        #expect(try await inbox.refresh().uids == [1, 2, 3])
        #expect(inbox.flags(of: 1) == .flagged)
        #expect(unlink(path + "F") == 0)
        #expect(try await inbox.refresh().uids == [2, 3])
    }

    @Test func `a message that another program takes from new to cur keeps its UID`() async throws {
        let inbox = try await openSettled()
        let name = "1700000003.M1P1.host"
        #expect(rename(maildirs.root["mail/anna/new/\(name)"], maildirs.root["mail/anna/cur/\(name):2,S"]) == 0)
        #expect(try await inbox.refresh().uids == [1, 2, 3])
        #expect(inbox.flags(of: 3) == .seen)
    }

    @Test func `what is claimed as recent moves to cur and stays known`() async throws {
        let inbox = try await openSettled()
        #expect(try await inbox.claimRecent() == 3)
        #expect(maildirs.root.names("mail/anna/new") == [])
        #expect(try await inbox.refresh().uids == [1, 2, 3])
        #expect(try await inbox.texts().count == 3)
    }

    @Test func `what comes back under the name of a message that went is a new message, for later processes too`()
        async throws
    {
        let inbox = try await openSettled()
        #expect(unlink(maildirs.root["mail/anna/new/1700000003.M1P1.host"]) == 0)
        #expect(try await inbox.refresh().uids == [1, 2])
        try put(3, into: "new")
        #expect(try await inbox.refresh().uids == [1, 2, 4])
        try put(5, into: "new")
        #expect(try await inbox.refresh().uids == [1, 2, 4, 5])
        let later = try maildirs.otherStores().store(
            for: try maildirs.mailbox("anna").location, owner: maildirs.owner)
        #expect(try await later.open().view.uids == [1, 2, 4, 5])
    }

    @Test func `mail that comes and flags that change at once, while nothing can be relied on`() async throws {
        let inbox = try await openSettled()
        for number in 4..<20 {
            try put(number, into: "new")
            let path = maildirs.root["mail/anna/cur/1700000001.M1P1.host:2,"]
            #expect(number % 2 == 0 ? rename(path, path + "F") == 0 : rename(path + "F", path) == 0)
            #expect(try await inbox.refresh().uids == (1...UInt32(number)).map { $0 })
            #expect(inbox.flags(of: 1) == (number % 2 == 0 ? .flagged : []))
            _ = try await inbox.claimRecent()
        }
        #expect(try await inbox.refresh().uids.count == 19)
        #expect(maildirs.root.names("mail/anna/new") == [])
    }

    @Test func `sessions that look at the same moment all see what came before`() async throws {
        let inbox = try await openSettled()
        for round in 1...20 {
            try put(100 + round, into: "new")
            try await withThrowingTaskGroup(of: Int.self) { tasks in
                for _ in 0..<50 { tasks.addTask { try await inbox.refresh().count } }
                for try await count in tasks { #expect(count == 3 + round) }
            }
        }
    }

    @Test func `a look that serves others fails for all when the folder is gone`() async throws {
        let inbox = try await openSettled()
        let folder = try await store.open()
        try await maildirs.otherStores().store(
            for: try maildirs.mailbox("anna").location, owner: maildirs.owner
        ).create(try mailboxName("Lists"), specialUse: nil)
        let lists = try await store.open("Lists")
        try await store.delete(try mailboxName("Lists"))
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<10 {
                tasks.addTask {
                    await #expect(throws: MailboxFailure.self) { try await lists.refresh() }
                }
            }
        }
        #expect(try await folder.refresh().uids == inbox.view.uids)
    }
}
