import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

/// A Maildir that Courier served, served by us, and taken back.
struct CourierTests {
    private let maildirs: TestMaildirs
    private let courier: Courier

    init() throws {
        maildirs = try TestMaildirs()
        courier = try Courier(maildirs.root, maildir: "anna", uid: 20_001)
        for name in ["", "/cur", "/new", "/tmp"] { try maildirs.root.directory("mail/anna\(name)", uid: 20_001) }
    }

    /// As after a restart.
    private func fresh(_ files: CourierFiles = .automatic) throws -> MaildirStore {
        var options = MaildirOptions()
        options.courierFiles = files
        return try maildirs.otherStores(options: options)
            .store(for: try maildirs.mailbox("anna").location, owner: maildirs.owner)
    }

    @Test func `what Courier keeps we read: UIDs, UIDVALIDITY, flags, keywords, subscriptions`() async throws {
        for number in 1...4 { try await courier.append("Subject: \(number)\r\n\r\n", flags: "\\Seen Work") }
        try await courier(
            "CREATE INBOX.Archive.2024", "SUBSCRIBE INBOX.Archive.2024", "SUBSCRIBE INBOX", "SELECT INBOX",
            "UID STORE 2 +FLAGS (\\Deleted)", "EXPUNGE", "UID STORE 3 +FLAGS (\\Flagged $Forwarded)",
            "UID STORE 4 FLAGS ()", "UID COPY 1 INBOX.Archive.2024")
        let inbox = try await courier.known("INBOX")
        #expect(inbox.messages.keys.sorted() == [1, 3, 4])
        let archive = try await courier.known("Archive/2024")
        let store = try fresh()
        #expect(try await store.known("INBOX") == inbox)
        #expect(try await store.known("Archive/2024") == archive)
        #expect(
            Set(try await store.list().filter(\.isSubscribed).map(\.name.description)) == ["INBOX", "Archive/2024"])
        #expect(try await store.open().texts().count == 3)
    }

    @Test func `what we do Courier finds as its own when it comes back`() async throws {
        try await courier.append("Subject: 1\r\n\r\n", flags: "\\Seen Work")
        try await courier.append("Subject: 2\r\n\r\n")
        _ = try await courier.known("INBOX")
        let store = try fresh()
        try await store.append("Subject: 3\r\n\r\n", flags: .answered, keywords: ["Ours", "Work"])
        let delivered = await MaildirDelivery(maildirs.stores).deliver(
            ByteBuffer(string: "Subject: 4\r\n\r\n"), to: [try maildirs.recipient("anna")])
        #expect(delivered[0].isDelivered)
        let open = try await store.open()
        _ = try await open.refresh()
        _ = try await open.store([1], FlagChange(.remove, flags: .seen, keywords: ["Work"]))
        _ = try await open.store([2], FlagChange(.add, flags: .flagged, keywords: ["Later"]))
        try await store.create(try mailboxName("New/Folder"), specialUse: nil)
        try await store.subscribe(try mailboxName("New/Folder"))
        _ = try await open.copy([2, 3], to: try mailboxName("New/Folder"))
        _ = try await open.move([4], to: try mailboxName("New/Folder"))
        try await store.append("Subject: 5\r\n\r\n")
        let expected = try await (store.known("INBOX"), store.known("New/Folder"))
        #expect(expected.0.messages == [1: [], 2: ["\\Flagged", "Later"], 3: ["\\Answered", "Ours", "Work"], 5: []])
        #expect(try await courier.known("INBOX") == expected.0)
        #expect(try await courier.known("New/Folder") == expected.1)
        #expect(try await courier.subscriptions() == ["New/Folder"])
        try await courier.append("Subject: 6\r\n\r\n")
        #expect(try await courier.known("INBOX").messages.keys.max() == 6)
    }

    @Test func `taking turns for long, both tell a client the same`() async throws {
        try await courier.append("Subject: first\r\n\r\n")
        for round in 0..<8 {
            let store = try fresh()
            let open = try await store.open()
            try await store.append("Subject: ours \(round)\r\n\r\n", keywords: ["k\(round % 3)"])
            if let uid = try await open.refresh().uids.randomElement() {
                let operation: FlagChange.Operation = Bool.random() ? .add : .remove
                _ = try await open.store([uid], FlagChange(operation, flags: .seen, keywords: ["k1", "k2"]))
            }
            if round % 3 == 2, let uid = open.view.uids.randomElement() {
                _ = try await open.store([uid], FlagChange(.add, flags: .deleted))
                _ = try await open.expunge(nil)
            }
            #expect(try await courier.known("INBOX") == store.known("INBOX"))
            try await courier.append("Subject: theirs \(round)\r\n\r\n", flags: "k\(round % 2)")
            let last = try await courier.known("INBOX")
            if let uid = last.messages.keys.randomElement() {
                try await courier(
                    "SELECT INBOX", "UID STORE \(uid) \(Bool.random() ? "+" : "-")FLAGS (\\Answered k0 k1)")
            }
            // Seen by a session that is open all the while, and by one that begins.
            let theirs = try await courier.known("INBOX")
            #expect(try await store.known("INBOX") == theirs)
            #expect(try await fresh().known("INBOX") == theirs)
        }
    }

    @Test func `Dovecot takes over what Courier left with us`() async throws {
        try await courier.append("Subject: 1\r\n\r\n", flags: "\\Seen Work")
        try await courier.append("Subject: 2\r\n\r\n", flags: "$Forwarded")
        try await courier("CREATE INBOX.Sent", "SUBSCRIBE INBOX.Sent")
        let store = try fresh()
        let before = try await store.known("INBOX")
        try await store.subscribe(try mailboxName("INBOX"))
        let doveadm = try Dovecot(maildirs.root, maildir: "anna", uid: 20_001)
        let rows = try await doveadm.fetch("uid flags")
        #expect(rows.map { $0[0] } == ["1", "2"])
        for row in rows {
            let flags = row[1].split(separator: " ").map(String.init).filter { $0 != "\\Recent" }
            #expect(Set(flags) == before.messages[try #require(UInt32(row[0]))])
        }
        let status = try await doveadm("-f", "tab", "mailbox", "status", "uidvalidity", "INBOX")
        #expect(status.contains("\t\(before.uidValidity)\n"))
        #expect(
            Set(try await doveadm("mailbox", "list", "-s").split(separator: "\n").map(String.init)) == [
                "INBOX", "Sent",
            ])
    }

    @Test func `files that Courier left long ago do not undo what Dovecot did since`() async throws {
        try await courier.append("Subject: 1\r\n\r\n", flags: "Work")
        _ = try await fresh().known("INBOX")
        let doveadm = try Dovecot(maildirs.root, maildir: "anna", uid: 20_001)
        try await doveadm("save", input: "Subject: 2\n\n")
        try await doveadm("flags", "replace", "Theirs", "mailbox", "INBOX", "uid", "1")
        let store = try fresh()
        #expect(try await store.known("INBOX").messages == [1: ["Theirs"], 2: []])
        // Told to, we bring Courier's up to date.
        #expect(try await fresh(.kept).known("INBOX").messages == [1: ["Theirs"], 2: []])
        #expect(try await courier.known("INBOX") == store.known("INBOX"))
    }

    @Test func `where the site says so, Courier's files are made in a Maildir that never had them`() async throws {
        let store = try fresh(.kept)
        try await store.append("Subject: 1\r\n\r\n", flags: .seen, keywords: ["Work"])
        try await store.append("Subject: 2\r\n\r\n")
        let open = try await store.open()
        _ = try await open.store([1], FlagChange(.add, flags: .deleted))
        _ = try await open.expunge(nil)
        try await store.subscribe(.inbox)
        #expect(try await courier.known("INBOX") == store.known("INBOX"))
        #expect(try await courier.subscriptions() == ["INBOX"])
        let ignoring = try fresh(.ignored)
        try await ignoring.append("Subject: 3\r\n\r\n")
        #expect(try maildirs.root.contents("mail/anna/courierimapuiddb").split(separator: "\n").count == 2)
    }

    @Test func `rights that Courier gave are read, and those given by us Courier reports`() async throws {
        try await courier("CREATE INBOX.A", "SETACL INBOX.A jane lrs", "SETACL INBOX.A -jane s")
        let store = try fresh()
        let name = try mailboxName("A")
        let access = try await store.accessLists(of: [name])[0]
        #expect(access.form == .courier)
        let jane = Accessor(login: "jane", groups: [], isOwner: false)
        #expect(access.rights(of: jane, standard: []) == [.lookup, .read])
        try await store.changeAccessList(of: name) { list throws(MailboxFailure) in
            list.add(AccessControlEntry(.user("ben"), rights: [.lookup, .read, .insert]))
        }
        let answer = try await courier("GETACL INBOX.A")
        let rights = answer.filter { $0 != "\"" }
        #expect(rights.contains("jane lrs"), "\(answer)")
        #expect(rights.contains("ben ilr"), "\(answer)")
        // Dovecot's file is not made beside it.
        #expect(!maildirs.root.names("mail/anna/.A").contains("dovecot-acl"))
    }
}
