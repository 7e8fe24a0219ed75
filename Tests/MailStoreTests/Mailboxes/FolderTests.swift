import Blocking
import Glibc
import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

struct FolderTests {
    private let maildirs: TestMaildirs
    private let store: MaildirStore

    init() throws {
        maildirs = try TestMaildirs()
        let mailbox = try maildirs.mailbox("anna")
        store = try maildirs.stores.store(for: mailbox.location, owner: mailbox.owner)
    }

    private func create(_ names: String...) async throws {
        for name in names { try await store.create(try mailboxName(name), specialUse: nil) }
    }

    private func listing() async throws -> [String] {
        try await store.list().map { listing in
            listing.name.description + (listing.isSelectable ? "" : " noselect")
                + (listing.hasChildren ? " children" : "")
                + (listing.isSubscribed ? " subscribed" : "") + (listing.specialUse.map { " \($0)" } ?? "")
        }
    }

    @Test func `folders lie on disk as Maildir++ names them, and are listed with their parents and uses`() async throws
    {
        #expect(try await listing() == ["INBOX"])
        try await create("Archive/2024", "Entwürfe & mehr", "Sent")
        #expect(
            maildirs.root.names("mail/anna").filter { $0.hasPrefix(".") } == [
                ".Archive.2024", ".Entw&APw-rfe &- mehr", ".Sent",
            ])
        #expect(
            maildirs.root.names("mail/anna/.Sent") == ["cur", "dovecot-uidlist", "maildirfolder", "new", "tmp"])
        #expect(try maildirs.root.status("mail/anna/.Sent").st_uid == 20_001)
        try await store.subscribe(try mailboxName("Sent"))
        try await store.subscribe(try mailboxName("Gone/Deep"))
        #expect(
            try await listing() == [
                "INBOX", "Archive noselect children", "Archive/2024", "Entwürfe & mehr",
                "Gone/Deep noselect subscribed", "Sent subscribed sent",
            ])
        try await store.unsubscribe(try mailboxName("Gone/Deep"))
        #expect(try maildirs.root.contents("mail/anna/subscriptions") == "V\t2\n\nSent\n")
    }

    @Test func `what is no folder is not listed`() async throws {
        _ = try await store.open()
        try maildirs.root.directory("mail/anna/.ssh", uid: 20_001)
        try maildirs.root.directory("mail/anna/.a..b/cur")
        try maildirs.root.directory("mail/anna/.caf\u{e9}/cur")
        try maildirs.root.directory("mail/anna/.&AG8-/cur")
        try maildirs.root.link("mail/anna/.Evil", to: "/etc")
        #expect(try await listing() == ["INBOX"])
    }

    @Test(arguments: ["a.b", "a/b.c"])
    func `a part with the separator in it can't be held`(name: String) async throws {
        #expect(await failureKind { try await create(name) } == .notPermitted)
    }

    @Test func `names that are taken, missing or forbidden are told apart`() async throws {
        try await create("A", "A/B")
        #expect(await failureKind { try await create("A") } == .alreadyExists)
        #expect(await failureKind { try await create("inbox") } == .alreadyExists)
        #expect(await failureKind { try await store.delete(.inbox) } == .notPermitted)
        #expect(await failureKind { try await store.delete(mailboxName("X")) } == .noSuchMailbox)
        #expect(await failureKind { _ = try await store.open("X") } == .noSuchMailbox)
        #expect(await failureKind { _ = try await store.status(mailboxName("X")) } == .noSuchMailbox)
        #expect(await failureKind { try await store.rename(mailboxName("X"), to: mailboxName("Y")) } == .noSuchMailbox)
        #expect(
            await failureKind { try await store.rename(mailboxName("A/B"), to: mailboxName("A")) } == .alreadyExists)
        #expect(await failureKind { try await store.rename(mailboxName("A"), to: mailboxName("A/C")) } == .notPermitted)
        let wrongUse = await failureKind { try await store.create(mailboxName("Foo"), specialUse: .sent) }
        #expect(wrongUse == .notPermitted)
        try await store.create(mailboxName("Sent"), specialUse: .sent)
    }

    @Test func `deleting takes the mailbox and leaves those below it, and a name made again has a new UIDVALIDITY`()
        async throws
    {
        try await create("A", "A/B")
        try await store.append("A: b\r\n\r\n", to: "A")
        let open = try await store.open("A")
        try await store.delete(try mailboxName("A"))
        #expect(try await listing() == ["INBOX", "A noselect children", "A/B"])
        #expect(maildirs.root.names("mail/anna/tmp") == [])
        #expect(await failureKind { _ = try await open.refresh() } == .noSuchMailbox)
        #expect(await failureKind { _ = try await open.fetch([1], .text) } == .noSuchMailbox)
        try await create("A")
        let again = try await store.open("A")
        #expect(again.view.count == 0)
        #expect(again.view.uidValidity > open.view.uidValidity)
    }

    @Test func `renaming takes the hierarchy along, messages and UIDs included`() async throws {
        try await create("A", "A/B", "A/B/C", "AB")
        try await store.append("A: b\r\n\r\n", to: "A/B")
        let before = try await store.open("A/B").view
        try await store.rename(try mailboxName("A"), to: try mailboxName("X/Y"))
        #expect(
            try await listing() == [
                "INBOX", "AB", "X noselect children", "X/Y children", "X/Y/B children", "X/Y/B/C",
            ])
        let after = try await store.open("X/Y/B")
        #expect(after.view.uids == before.uids)
        #expect(after.view.uidValidity == before.uidValidity)
        #expect(try await after.texts() == [1: "A: b\r\n\r\n"])
    }

    @Test func `renaming INBOX moves its messages and leaves it empty`() async throws {
        for number in 1...3 { try await store.append("A: \(number)\r\n\r\n", flags: .seen, keywords: ["k"]) }
        try await create("Other")
        try await store.rename(.inbox, to: try mailboxName("Old/Mail"))
        let inbox = try await store.open()
        #expect(inbox.view.count == 0)
        #expect(inbox.view.uidNext == 4)
        let old = try await store.open("Old/Mail")
        #expect(try await old.texts() == [1: "A: 1\r\n\r\n", 2: "A: 2\r\n\r\n", 3: "A: 3\r\n\r\n"])
        #expect(old.keywords(of: 2) == ["k"])
        #expect(try await listing().contains("Other"))
    }

    @Test func `copies keep flags, keywords, dates and sizes, under the new mailbox's letters`() async throws {
        try await create("Target")
        try await store.append("A: 0\r\n\r\n", to: "Target", keywords: ["first"])
        try await store.append(
            "A: 1\r\n\r\n", flags: [.seen, .deleted], keywords: ["second", "first"], date: 1_000_000_000)
        try await store.append("A: 2\r\n\r\n")
        let inbox = try await store.open()
        let copied = try await inbox.copy([1, 2, 99], to: try mailboxName("Target"))
        let target = try await store.open("Target")
        #expect(
            copied
                == CopiedMessages(uidValidity: target.view.uidValidity, sourceUIDs: [1, 2], destinationUIDs: [2, 3]))
        #expect(target.flags(of: 2) == [.seen, .deleted])
        #expect(target.keywords(of: 2) == ["first", "second"])
        let messages = try await target.fetch([2], [.internalDate, .size, .text])
        #expect(messages[0].internalDate == 1_000_000_000)
        #expect(messages[0].size == 8)
        #expect(inbox.view.uids == [1, 2])
        let name = try #require(maildirs.root.names("mail/anna/.Target/new").first { $0.hasSuffix(":2,STab") })
        #expect(try maildirs.root.status("mail/anna/.Target/new/\(name)").st_nlink == 2)
        let missing = await failureKind { _ = try await inbox.copy([1], to: mailboxName("Nowhere")) }
        #expect(missing == .noSuchMailbox)
    }

    @Test func `a copy that fails half-way leaves the destination as it was`() async throws {
        struct Killed: Error {}
        try await create("Target")
        for number in 1...3 { try await store.append("A: \(number)\r\n\r\n") }
        var options = MaildirOptions()
        options.afterStep = { if $0 == .nameMade { throw Killed() } }
        let mailbox = try maildirs.mailbox("anna")
        let failing = try maildirs.otherStores(options: options).store(for: mailbox.location, owner: mailbox.owner)
        let inbox = try await failing.open()
        await #expect(throws: MailboxFailure.self) { try await inbox.copy([1, 2, 3], to: try mailboxName("Target")) }
        for name in ["cur", "new", "tmp"] { #expect(maildirs.root.names("mail/anna/.Target/\(name)") == []) }
        #expect(try await store.open("Target").view.count == 0)
        #expect(try await store.open().view.count == 3)
    }

    @Test(arguments: ["Target", "INBOX"])
    func `moving takes messages away and gives them new UIDs`(name: String) async throws {
        try await create("Target")
        for number in 1...3 { try await store.append("A: \(number)\r\n\r\n", flags: .seen) }
        let inbox = try await store.open()
        let moved = try await inbox.move([1, 3], to: try mailboxName(name))
        #expect(moved.sourceUIDs == [1, 3])
        #expect(moved.destinationUIDs == (name == "INBOX" ? [4, 5] : [1, 2]))
        #expect(inbox.view.uids == (name == "INBOX" ? [2, 4, 5] : [2]))
        let target = try await store.open(name)
        let texts = try await target.texts()
        #expect(moved.destinationUIDs.map { texts[$0] } == ["A: 1\r\n\r\n", "A: 3\r\n\r\n"])
        #expect(target.flags(of: moved.destinationUIDs[0]) == .seen)
    }

    @Test func `moving and copying across file systems loses nothing`() async throws {
        try await create("Target")
        let path = maildirs.root["mail/anna/.Target"]
        for number in 1...3 { try await store.append("A: \(number)\r\n\r\n", date: 1_000_000_000) }
        try #require(mount("tmpfs", path, "tmpfs", 0, "size=4m") == 0, "this test needs root (it mounts a tmpfs)")
        defer { umount2(path, Int32(MNT_DETACH)) }
        for name in ["", "/cur", "/new", "/tmp"] {
            try maildirs.root.directory("mail/anna/.Target\(name)", uid: 20_001)
        }
        let inbox = try await store.open()
        #expect(try await inbox.copy([1], to: try mailboxName("Target")).destinationUIDs == [1])
        #expect(try await inbox.move([2, 3], to: try mailboxName("Target")).sourceUIDs == [2, 3])
        #expect(try await inbox.refresh().uids == [1])
        let target = try await store.open("Target")
        #expect(Set(try await target.texts().values) == ["A: 1\r\n\r\n", "A: 2\r\n\r\n", "A: 3\r\n\r\n"])
        #expect(
            try await target.fetch(target.view.uids[...], .internalDate).allSatisfy { $0.internalDate == 1_000_000_000 }
        )
    }

    @Test func `a shared folder's link is opened, listed and, when deleted, only unlinked`() async throws {
        try await create("Own")
        let team = try maildirs.mailbox("team")
        let shared = try maildirs.stores.store(for: team.location, owner: team.owner)
        try await shared.create(try mailboxName("Plans"), specialUse: nil)
        try await shared.append("A: b\r\n\r\n", to: "Plans")
        try maildirs.root.link("mail/anna/.Plans", to: maildirs.root["mail/team/.Plans"])
        #expect(try await listing() == ["INBOX", "Own", "Plans"])
        let plans = try await store.open("Plans")
        #expect(try await plans.texts() == [1: "A: b\r\n\r\n"])
        try await store.delete(try mailboxName("Plans"))
        #expect(try await listing() == ["INBOX", "Own"])
        #expect(try await shared.open("Plans").view.count == 1)
    }

    @Test func `a location that can't be served is refused and says why`() throws {
        var location = try maildirs.mailbox("anna").location
        location.format = .mbox
        let failure = #expect(throws: MailboxFailure.self) {
            try maildirs.stores.store(for: location, owner: maildirs.owner)
        }
        #expect(failure?.kind == .misconfigured)
    }

    @Test func `a file system that is full refuses an append before and while it is written`() async throws {
        try await create("Full")
        let path = maildirs.root["mail/anna/.Full"]
        try #require(mount("tmpfs", path, "tmpfs", 0, "size=1m") == 0, "this test needs root (it mounts a tmpfs)")
        defer { umount2(path, Int32(MNT_DETACH)) }
        for name in ["", "/cur", "/new", "/tmp"] { try maildirs.root.directory("mail/anna/.Full\(name)", uid: 20_001) }
        let name = try mailboxName("Full")
        #expect(await failureKind { _ = try await store.append(to: name, size: 2 << 20) } == .noSpace)
        let append = try await store.append(to: name, size: 1000)
        #expect(await failureKind { try await append.write(ByteBuffer(repeating: 0x41, count: 2 << 20)) } == .noSpace)
        #expect(
            await failureKind { _ = try await append.commit(flags: [], keywords: [], internalDate: nil) } == .noSpace)
        #expect(maildirs.root.names("mail/anna/.Full/tmp") == [])
        #expect(maildirs.root.names("mail/anna/.Full/new") == [])
        // The file that was given up holds its blocks until the last reference to it is gone, on another thread perhaps.
        var attempts = 0
        while attempts < 100, await failureKind({ try await store.append("A: b\r\n\r\n", to: "Full") }) == .noSpace {
            attempts += 1
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try await store.open("Full").view.count == 1)
    }
}
