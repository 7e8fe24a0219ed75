import Blocking
import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

/// Dovecot and we on one Maildir, wherever its `mail_location` has folders, INBOX and control files lie.
struct LayoutTests {
    struct Place: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var layout = MailboxLocation.Layout.fileSystem
        var hasInbox = false
        var hasControl = false

        static let all = [
            Place(testDescription: "fs"), Place(testDescription: "fs INBOX", hasInbox: true),
            Place(testDescription: "fs CONTROL", hasControl: true),
            Place(testDescription: "fs INBOX CONTROL", hasInbox: true, hasControl: true),
            Place(testDescription: "maildir++ INBOX", layout: .maildirPlusPlus, hasInbox: true),
            Place(
                testDescription: "maildir++ INBOX CONTROL", layout: .maildirPlusPlus, hasInbox: true, hasControl: true),
        ]
    }

    private final class Account: Sendable {
        let maildirs: TestMaildirs
        let location: MailboxLocation
        let store: MaildirStore
        let doveadm: Dovecot
        let place: Place

        init(_ place: Place) throws {
            self.place = place
            maildirs = try TestMaildirs()
            let root = maildirs.root
            var text = "maildir:\(root["mail/anna"]):LAYOUT=\(place.layout.rawValue):INDEX=\(root["mail/index"])"
            var location = MailboxLocation(format: .maildir, path: root.bytes("mail/anna"), layout: place.layout)
            if place.hasInbox {
                location.inbox = root.bytes("mail/inbox")
                text += ":INBOX=\(root["mail/inbox"])"
            }
            if place.hasControl {
                location.control = root.bytes("mail/control")
                text += ":CONTROL=\(root["mail/control"])"
            }
            self.location = location
            store = try maildirs.stores.store(for: location, owner: maildirs.owner)
            doveadm = try Dovecot(
                root, location: text, home: root["mail"], uid: maildirs.owner.uid,
                settings: """
                    mail_plugins = quota
                    plugin {
                      quota = maildir:User quota
                      quota_rule = *:storage=10M
                    }
                    """)
        }

        /// What another process of ours would serve.
        func fresh() throws -> MaildirStore {
            try maildirs.otherStores().store(for: location, owner: maildirs.owner)
        }

        /// A name as `doveadm` wants it: with the separator of the layout.
        func theirs(_ name: String) -> String {
            place.layout == .fileSystem ? name : name.replacing("/", with: ".")
        }

        /// A message that no session claimed yet is recent to Dovecot, and need not be.
        func fetch(_ fields: String, mailbox: String = "INBOX") async throws -> [[String]] {
            try await doveadm.fetch(fields, mailbox: mailbox).map { row in
                row.map { value in
                    value.split(separator: " ").filter { $0 != "\\Recent" }.joined(separator: " ")
                }
            }
        }

        func lines(_ arguments: String...) async throws -> Set<String> {
            try await arguments.count == 2
                ? Set(doveadm(arguments[0], arguments[1]).split(separator: "\n").map(String.init))
                : Set(doveadm(arguments[0], arguments[1], arguments[2]).split(separator: "\n").map(String.init))
        }
    }

    @Test(arguments: Place.all)
    func `what we write Dovecot reads, and goes on with`(place: Place) async throws {
        let account = try Account(place)
        let store = account.store
        try await store.create(try mailboxName("Archive/2024"), specialUse: nil)
        try await store.create(try mailboxName("Entwürfe"), specialUse: nil)
        try await store.subscribe(try mailboxName("Archive/2024"))
        try await store.append("Subject: 1\r\n\r\n", flags: .seen, keywords: ["Work"])
        try await store.append("Subject: 2\r\n\r\n", to: "Archive/2024", keywords: ["Later"])
        let archive = account.theirs("Archive/2024")
        #expect(try await account.lines("mailbox", "list").isSuperset(of: ["INBOX", archive, "Entwürfe"]))
        #expect(try await account.lines("mailbox", "list", "-s") == [archive])
        #expect(try await account.fetch("uid flags hdr.subject") == [["1", "\\Seen Work", "1"]])
        #expect(try await account.fetch("uid flags hdr.subject", mailbox: archive) == [["1", "Later", "2"]])
        try await account.doveadm("save", "-m", archive, input: "Subject: 3\n\n")
        try await account.doveadm("flags", "add", "Theirs", "mailbox", archive, "uid", "1")
        let open = try await store.open("Archive/2024")
        #expect(open.view.uids == [1, 2])
        #expect(open.keywords(of: 1) == ["Later", "Theirs"])
        let status = try await account.doveadm("-f", "tab", "mailbox", "status", "uidvalidity", archive)
        #expect(status.contains("\t\(open.view.uidValidity)\n"))
    }

    @Test(arguments: Place.all)
    func `what Dovecot wrote we read, and go on with`(place: Place) async throws {
        let account = try Account(place)
        try await account.doveadm("save", input: "Subject: 1\n\n")
        let names = ["Archive/2024", place.layout == .fileSystem ? "a.b/c.d" : "ab/cd"]
        for name in names {
            try await account.doveadm("mailbox", "create", "-s", account.theirs(name))
            try await account.doveadm("save", "-m", account.theirs(name), input: "Subject: \(name)\n\n")
            try await account.doveadm("flags", "add", "Work", "mailbox", account.theirs(name), "all")
        }
        let listed = try await account.store.list()
        #expect(Set(listed.filter(\.isSelectable).map(\.name.description)) == Set(["INBOX"] + names))
        #expect(Set(listed.filter(\.isSubscribed).map(\.name.description)) == Set(names))
        for name in names {
            let open = try await account.store.open(name)
            #expect(open.view.uids == [1])
            #expect(open.keywords(of: 1) == ["Work"])
            let status = try await account.doveadm(
                "-f", "tab", "mailbox", "status", "uidvalidity", account.theirs(name))
            #expect(status.contains("\t\(open.view.uidValidity)\n"))
            try await account.store.append("Subject: ours\r\n\r\n", to: name, keywords: ["Work"])
            #expect(
                try await account.fetch("uid flags", mailbox: account.theirs(name)).map { $0[0] } == ["1", "2"])
        }
        let outcomes = await MaildirDelivery(account.maildirs.stores).deliver(
            ByteBuffer(string: "Subject: delivered\r\n\r\n"),
            to: [
                MaildirRecipient(
                    mailbox: LocalMailbox(
                        address: try #require(EmailAddress("anna@example.org")), location: account.location,
                        owner: account.maildirs.owner))
            ])
        #expect(outcomes[0].isDelivered)
        #expect(try await account.fetch("uid hdr.subject") == [["1", "1"], ["2", "delivered"]])
        #expect(try await account.store.open().view.uids == [1, 2])
    }

    @Test(arguments: Place.all)
    func `folders are renamed and deleted with what lies below and beside them`(place: Place) async throws {
        let account = try Account(place)
        let store = account.store
        for name in ["A", "A/B", "A/B/C"] {
            try await store.create(try mailboxName(name), specialUse: nil)
            try await store.append("Subject: \(name)\r\n\r\n", to: name, keywords: ["k"])
            try await store.append("Subject: \(name) 2\r\n\r\n", to: name)
        }
        let before = try await store.status(try mailboxName("A/B/C")).uidValidity
        try await store.rename(try mailboxName("A/B"), to: try mailboxName("New/Place"))
        let moved = try await account.fresh().open("New/Place/C")
        #expect(moved.view.uidValidity == before)
        #expect(moved.view.uids == [1, 2])
        #expect(moved.keywords(of: 1) == ["k"])
        #expect(
            try await account.fetch("uid flags", mailbox: account.theirs("New/Place")) == [
                ["1", "k"], ["2", ""],
            ])
        try await store.delete(try mailboxName("New/Place"))
        let names = try await store.list().filter(\.isSelectable).map(\.name.description)
        #expect(Set(names) == ["INBOX", "A", "New/Place/C"])
        #expect(try await account.fresh().open("New/Place/C").view.uids == [1, 2])
        // A folder of a name that was there before has another UIDVALIDITY.
        try await store.create(try mailboxName("New/Place"), specialUse: nil)
        #expect(try await store.open("New/Place").view.count == 0)
        let old = try await store.status(try mailboxName("A")).uidValidity
        try await store.delete(try mailboxName("A"))
        try await store.create(try mailboxName("A"), specialUse: nil)
        #expect(try await store.status(try mailboxName("A")).uidValidity > old)
        #expect(try await store.status(try mailboxName("A")).uidNext == 1)
    }

    @Test(arguments: Place.all)
    func `a quota counts the same messages as Dovecot's, and is written where Dovecot looks`(place: Place) async throws
    {
        let account = try Account(place)
        try await account.doveadm("save", input: "Subject: 1\n\n")
        for name in ["Archive/2024", "Other"] {
            try await account.doveadm("mailbox", "create", account.theirs(name))
            try await account.doveadm("save", "-m", account.theirs(name), input: "Subject: 22\n\n")
        }
        let quota = Quota(storage: 10 << 20)
        let limited = try account.maildirs.stores.store(
            for: account.location, owner: account.maildirs.owner, quota: quota)
        let counted = try #require(try await limited.recalculateQuota()).usage
        #expect(counted.messages == 3)
        let file = place.hasControl ? "mail/control/maildirsize" : "mail/anna/maildirsize"
        #expect(try account.maildirs.root.contents(file).contains("\(counted.storage) 3"))
        try await account.doveadm("quota", "recalc")
        let theirs = try account.maildirs.root.contents(file)
        #expect(theirs.split(separator: "\n").last == "\(counted.storage) 3")
    }

    @Test func `names that are a Maildir's own, or lead elsewhere, are no folders in LAYOUT=fs`() async throws {
        let account = try Account(Place(testDescription: "fs"))
        for name in ["cur", "Archive/new", "tmp/x", "..", "A/../B", ".", "dovecot-uidlist", "subscriptions"] {
            #expect(
                await failureKind { try await account.store.create(try mailboxName(name), specialUse: nil) }
                    == .notPermitted)
        }
        try account.maildirs.root.directory("mail/anna/Loop", uid: 20_001)
        try account.maildirs.root.link("mail/anna/Loop/back", to: account.maildirs.root["mail/anna"])
        let names = try await account.store.list().map(\.name.description)
        #expect(names.allSatisfy { !$0.hasPrefix("Loop/back/") })
    }
}
