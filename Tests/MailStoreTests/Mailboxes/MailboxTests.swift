import Blocking
import Glibc
import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

struct MailboxTests {
    private let maildirs: TestMaildirs
    private let store: MaildirStore

    init() throws {
        maildirs = try TestMaildirs()
        store = try Self.store(maildirs.stores, maildirs)
    }

    private static func store(_ stores: MaildirStores, _ maildirs: TestMaildirs) throws -> MaildirStore {
        let mailbox = try maildirs.mailbox("anna")
        return try stores.store(for: mailbox.location, owner: mailbox.owner)
    }

    private func fileName(_ text: String, in directory: String) throws -> String {
        try #require(
            try maildirs.root.names("mail/anna/\(directory)").first {
                try maildirs.root.contents("mail/anna/\(directory)/\($0)") == text
            })
    }

    private func deliver(_ text: String) async throws {
        let outcomes = await MaildirDelivery(maildirs.stores).deliver(
            ByteBuffer(string: text), to: [try maildirs.recipient("anna")])
        try #require(outcomes[0].isDelivered)
    }

    @Test func `INBOX is made at the first login`() async throws {
        let inbox = try await store.open()
        #expect(inbox.view.count == 0)
        #expect(inbox.view.uidNext == 1)
        #expect(inbox.view.uidValidity > 1_000_000_000)
        #expect(try maildirs.root.status("mail/anna/cur").st_uid == 20_001)
    }

    @Test func `delivered mail gets UIDs, is recent once, and comes back with CRLF and both dates and sizes`()
        async throws
    {
        try await deliver("Subject: 1\r\n\r\none\r\n")
        try await deliver("Subject: 2\r\n\r\ntwo\r\n")
        let inbox = try await store.open()
        #expect(inbox.view.uids == [1, 2])
        #expect(try await store.status(.inbox).recent == 2)
        #expect(try await inbox.claimRecent() == 1)
        #expect(try await inbox.claimRecent() == 3)
        #expect(maildirs.root.names("mail/anna/new") == [])
        #expect(maildirs.root.names("mail/anna/cur").allSatisfy { $0.hasSuffix(":2,") })
        let messages = try await inbox.fetch(inbox.view.uids[...], [.internalDate, .size, .text])
        #expect(messages.map(\.uid) == [1, 2])
        #expect(
            messages.map { $0.content.map { String(buffer: $0) } } == [
                "Subject: 1\r\n\r\none\r\n", "Subject: 2\r\n\r\ntwo\r\n",
            ])
        #expect(messages.map(\.size) == [19, 19])
        let date = try #require(messages[0].internalDate)
        #expect(abs(date - Int64(time(nil))) < 3600)
    }

    @Test func `reading only takes no recent message away`() async throws {
        try await deliver("Subject: 1\r\n\r\none\r\n")
        let inbox = try await store.open(readOnly: true)
        #expect(try await inbox.claimRecent() == 1)
        #expect(try await inbox.claimRecent() == 1)
        #expect(maildirs.root.names("mail/anna/new").count == 1)
        await #expect(throws: MailboxFailure.self) { try await inbox.store([1], FlagChange(.add, flags: .seen)) }
        await #expect(throws: MailboxFailure.self) { try await inbox.expunge(nil) }
    }

    @Test func `the header alone ends with its empty line`() async throws {
        try await store.append("Subject: 1\r\nTo: x\r\n\r\nbody\r\n\r\nmore\r\n")
        try await store.append("Subject: only a header\r\n")
        try await store.append("Long: " + String(repeating: "x", count: 40_000) + "\r\n\r\nbody\r\n")
        let inbox = try await store.open()
        let headers = try await inbox.fetch(inbox.view.uids[...], .header).map {
            String(buffer: $0.content ?? ByteBuffer())
        }
        #expect(headers[0] == "Subject: 1\r\nTo: x\r\n\r\n")
        #expect(headers[1] == "Subject: only a header\r\n")
        #expect(headers[2].utf8.count == 40_010)
    }

    @Test func `files with CRLF line ends, bare CRs and none at all are served unharmed`() async throws {
        _ = try await store.open()
        for (name, text) in [
            ("1.a", "A: b\r\n\r\nx\r\n"), ("2.b", "A: b\n\nx\ry\n\r\n"), ("3.c", "no line end"), ("4.d", ""),
        ] {
            try maildirs.root.file("mail/anna/cur/\(name):2,", text, uid: 20_001)
        }
        let inbox = try await store.open()
        let texts = try await inbox.texts()
        #expect(texts == [1: "A: b\r\n\r\nx\r\n", 2: "A: b\r\n\r\nx\ry\r\n\r\n", 3: "no line end", 4: ""])
        let sizes = try await inbox.fetch(inbox.view.uids[...], .size).map(\.size)
        #expect(sizes == [11, 15, 11, 0])
        #expect(try await inbox.fetch(inbox.view.uids[...], .size).map(\.size) == sizes)
    }

    @Test func `fetching goes in batches of 64 KiB or 256 messages, and at least one`() async throws {
        try await store.append("A: b\r\n\r\n" + String(repeating: "x", count: 100_000))
        for _ in 0..<300 { try await store.append("A: b\r\n\r\nx") }
        let inbox = try await store.open()
        let uids = inbox.view.uids
        #expect(try await inbox.fetch(uids[...], .text).map(\.uid) == [1])
        #expect(try await inbox.fetch(uids[1...], .text).map(\.uid) == Array(2...257))
        #expect(try await inbox.fetch(uids[1...], .size).count == 256)
    }

    @Test func `flags and keywords are set, added, removed and replaced`() async throws {
        try await store.append("A: b\r\n\r\n", flags: [.seen, .flagged], keywords: ["$Forwarded"], date: 1_000_000_000)
        let inbox = try await store.open()
        #expect(inbox.flags(of: 1) == [.seen, .flagged])
        #expect(inbox.keywords(of: 1) == ["$Forwarded"])
        _ = try await inbox.store([1], FlagChange(.add, flags: .answered, keywords: ["Work", "$forwarded"]))
        #expect(inbox.flags(of: 1) == [.seen, .flagged, .answered])
        #expect(inbox.keywords(of: 1) == ["$Forwarded", "Work"])
        _ = try await inbox.store([1], FlagChange(.remove, flags: .seen, keywords: ["WORK", "Unknown"]))
        #expect(inbox.flags(of: 1) == [.flagged, .answered])
        #expect(inbox.keywords(of: 1) == ["$Forwarded"])
        let before = inbox.view
        let after = try await inbox.store([1], FlagChange(.replace, flags: .draft, keywords: []))
        #expect(inbox.flags(of: 1) == .draft)
        #expect(after.modSeqs[0] > before.modSeqs[0])
        #expect(after.highestModSeq == after.modSeqs[0])
        #expect(after.generation > before.generation)
        #expect(maildirs.root.names("mail/anna/cur")[0].hasSuffix(":2,D"))
        #expect(try maildirs.root.contents("mail/anna/dovecot-keywords") == "0 $Forwarded\n1 Work\n")
        #expect(try await inbox.fetch([1], .internalDate)[0].internalDate == 1_000_000_000)
        // Nothing to change, nothing changed.
        #expect(try await inbox.store([1], FlagChange(.add, flags: .draft)).generation == after.generation)
    }

    @Test func `a Maildir's P and letters without a name stay when a client replaces all flags`() async throws {
        _ = try await store.open()
        try maildirs.root.file("mail/anna/cur/1.a:2,PSx", "A: b\n\n", uid: 20_001)
        let inbox = try await store.open()
        _ = try await inbox.store([1], FlagChange(.replace, flags: .answered))
        #expect(maildirs.root.names("mail/anna/cur") == ["1.a:2,PRx"])
    }

    @Test func `more keywords than letters are refused`() async throws {
        try await store.append("A: b\r\n\r\n")
        let inbox = try await store.open()
        _ = try await inbox.store([1], FlagChange(.add, flags: [], keywords: (0..<26).map { "k\($0)" }))
        #expect(inbox.keywords(of: 1).count == 26)
        let failure = await #expect(throws: MailboxFailure.self) {
            try await inbox.store([1], FlagChange(.add, flags: [], keywords: ["k26"]))
        }
        #expect(failure?.kind == .limitExceeded)
        // Mail is not turned away for it.
        try await store.append("A: c\r\n\r\n", keywords: ["k26", "k3"])
        _ = try await inbox.refresh()
        #expect(inbox.keywords(of: 2) == ["k3"])
    }

    @Test func `expunging removes what is deleted, all or only some`() async throws {
        for number in 1...4 { try await store.append("A: \(number)\r\n\r\n", flags: number == 2 ? [] : .deleted) }
        let inbox = try await store.open()
        #expect(try await inbox.expunge([1, 2]).uids == [2, 3, 4])
        #expect(try await inbox.expunge(nil).uids == [2])
        #expect(inbox.view.uidNext == 5)
        #expect(maildirs.root.names("mail/anna/cur").count + maildirs.root.names("mail/anna/new").count == 1)
        try await store.append("A: 5\r\n\r\n")
        #expect(try await inbox.refresh().uids == [2, 5])
    }

    @Test func `sessions share one view and hear of each other, of deliveries and of other programs`() async throws {
        try await store.append("A: b\r\n\r\n")
        let (changes, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        var iterator = changes.makeAsyncIterator()
        let listening = try await store.open(.inbox, readOnly: false) { continuation.yield() }
        let other = try await store.open()
        _ = try await other.store([1], FlagChange(.add, flags: .seen))
        await iterator.next()
        #expect(listening.flags(of: 1) == .seen)
        try await deliver("Subject: x\r\n\r\n")
        while listening.view.count < 2 { await iterator.next() }
        let program = try Self.store(maildirs.otherStores(), maildirs)
        try await program.append("Subject: y\r\n\r\n")
        while listening.view.count < 3 { await iterator.next() }
        let elsewhere = try await program.open()
        _ = try await elsewhere.store([2], FlagChange(.add, flags: .deleted))
        _ = try await elsewhere.expunge(nil)
        while listening.view.count > 2 { await iterator.next() }
        #expect(listening.view.uids == [1, 3])
        await listening.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `news of a folder that nobody has read yet does not keep later news away`() async throws {
        try await store.append("A: b\r\n\r\n")
        let (changes, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        var iterator = changes.makeAsyncIterator()
        let location = MailboxLocation(format: .maildir, path: maildirs.root.bytes("mail/anna"))
        let place = try MaildirLocation(location).place(.inbox)
        let folder = try maildirs.otherStores().folder(place, owner: maildirs.owner)
        folder.noteChange()
        _ = try await folder.listen { continuation.yield() }
        _ = try await folder.refresh()
        try await deliver("Subject: x\r\n\r\n")
        folder.noteChange()
        while folder.view.count < 2 { await iterator.next() }
        #expect(folder.view.count == 2)
    }

    @Test func `a file that another program renames or removes between look and fetch is found, or left out`()
        async throws
    {
        for number in 1...3 { try await store.append("A: \(number)\r\n\r\n", flags: .seen) }
        let inbox = try await store.open()
        _ = try await inbox.claimRecent()
        let names = try (1...3).map { try fileName("A: \($0)\n\n", in: "cur") }
        #expect(rename(maildirs.root["mail/anna/cur/\(names[0])"], maildirs.root["mail/anna/cur/\(names[0])T"]) == 0)
        #expect(unlink(maildirs.root["mail/anna/cur/\(names[1])"]) == 0)
        let messages = try await inbox.fetch([1, 2, 3], .text)
        #expect(messages.map(\.uid) == [1, 3])
        #expect(inbox.flags(of: 1) == [.seen, .deleted])
        #expect(try await inbox.fetch([2], .text).isEmpty)
    }

    @Test func `what is no regular file of the owner's is no message, or an error that says so`() async throws {
        _ = try await store.open()
        #expect(mkfifo(maildirs.root["mail/anna/cur/1.fifo:2,"], 0o600) == 0)
        try maildirs.root.link("mail/anna/cur/2.link:2,", to: "/etc/passwd")
        try maildirs.root.directory("mail/anna/cur/3.directory:2,")
        try maildirs.root.file("mail/anna/cur/.4.hidden:2,", "A: b\n\n", uid: 20_001)
        try maildirs.root.file("stranger", "secret", uid: 20_002)
        #expect(link(maildirs.root["stranger"], maildirs.root["mail/anna/cur/5.hard:2,"]) == 0)
        let inbox = try await store.open()
        #expect(inbox.view.count == 1)
        let failure = await #expect(throws: MailboxFailure.self) { try await inbox.fetch([1], .text) }
        #expect(failure?.kind == .misconfigured)
        #expect(failure?.reason.contains("20002") == true)
    }

    @Test func `a damaged or missing uidlist is made anew with a higher UIDVALIDITY, and open sessions end`()
        async throws
    {
        try await store.append("A: 1\r\n\r\n")
        let inbox = try await store.open()
        let before = inbox.view.uidValidity
        try maildirs.root.file("mail/anna/dovecot-uidlist", "garbage\n", uid: 20_001)
        let failure = await #expect(throws: MailboxFailure.self) { try await inbox.refresh() }
        #expect(failure?.kind == .noSuchMailbox)
        let again = try await store.open()
        #expect(again.view.uidValidity > before)
        #expect(again.view.uids == [1])
        #expect(unlink(maildirs.root["mail/anna/dovecot-uidlist"]) == 0)
        await #expect(throws: MailboxFailure.self) { try await again.refresh() }
        #expect(try await store.open().view.uidValidity > again.view.uidValidity)
    }

    @Test func `a message that comes back after it was gone gets a new UID`() async throws {
        for number in 1...2 { try await store.append("A: \(number)\r\n\r\n", flags: .seen) }
        let inbox = try await store.open()
        let name = try fileName("A: 1\n\n", in: "new")
        #expect(rename(maildirs.root["mail/anna/new/\(name)"], maildirs.root["aside"]) == 0)
        #expect(try await inbox.refresh().uids == [2])
        #expect(rename(maildirs.root["aside"], maildirs.root["mail/anna/cur/\(name)"]) == 0)
        #expect(try await inbox.refresh().uids == [2, 3])
        #expect(try await inbox.texts()[3] == "A: 1\r\n\r\n")
    }

    @Test func `messages of one append come in together, in their order`() async throws {
        _ = try await store.open()
        let append = try await store.append(to: .inbox, size: 10)
        try await append.write(ByteBuffer(string: "A: 1\r\n\r\n"))
        try await append.next(flags: .seen, keywords: ["work"], internalDate: 1_000_000_000, size: 8)
        try await append.write(ByteBuffer(string: "A: 2\r\n\r\n"))
        let mailbox = try await store.open()
        #expect(try await mailbox.refresh().uids == [])
        let copied = try await append.commit(flags: .flagged, keywords: [], internalDate: nil)
        #expect(copied.destinationUIDs == [1, 2])
        _ = try await mailbox.refresh()
        #expect(try await mailbox.texts() == [1: "A: 1\r\n\r\n", 2: "A: 2\r\n\r\n"])
        #expect(mailbox.flags(of: 1) == .seen)
        #expect(mailbox.keywords(of: 1) == ["work"])
        #expect(try await mailbox.fetch([1], .internalDate).first?.internalDate == 1_000_000_000)
        #expect(mailbox.flags(of: 2) == .flagged)
    }

    @Test func `of several messages none stays when the append is given up`() async throws {
        _ = try await store.open()
        let append = try await store.append(to: .inbox, size: 10)
        try await append.write(ByteBuffer(string: "A: 1\r\n\r\n"))
        try await append.next(flags: [], keywords: [], internalDate: nil, size: 8)
        try await append.write(ByteBuffer(string: "half"))
        await append.abort()
        #expect(try await store.open().refresh().uids == [])
        #expect(maildirs.root.names("mail/anna/tmp") == [])
    }

    @Test func `an append that is given up leaves nothing, and one to nowhere is refused`() async throws {
        _ = try await store.open()
        let append = try await store.append(to: .inbox, size: 10)
        try await append.write(ByteBuffer(string: "half a"))
        await append.abort()
        #expect(maildirs.root.names("mail/anna/tmp") == [])
        let failure = await #expect(throws: MailboxFailure.self) {
            try await store.append(to: mailboxName("Nowhere"), size: 1)
        }
        #expect(failure?.kind == .noSuchMailbox)
    }

    @Test func `an append is visible only when it is durable, its UID first of all`() async throws {
        let steps = StepLog()
        var options = MaildirOptions()
        options.afterStep = { steps.append($0) }
        let watched = try Self.store(maildirs.otherStores(options: options), maildirs)
        _ = try await watched.open()
        let before = steps.all.count
        try await watched.append("A: b\r\n\r\n")
        #expect(
            Array(steps.all[before...]) == [
                .temporaryFileMade, .contentsWritten, .fileSynced, .uidListSynced, .nameMade, .directorySynced,
            ])
    }
}
