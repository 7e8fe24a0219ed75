import Blocking
import Glibc
import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

struct MaildirDeliveryTests {
    private let body = ByteBuffer(string: "Subject: hello\r\n\r\nfirst line\r\nsecond line\r\n")

    @Test func `the first mail makes the Maildir, and lies in new with LF line ends and both sizes in its name`()
        async throws
    {
        let maildirs = try TestMaildirs()
        let outcomes = await MaildirDelivery(maildirs.stores).deliver(
            body, header: Array("Return-Path: <a@b.example>\r\n".utf8), to: [try maildirs.recipient("org/anna")])
        #expect(outcomes.map(\.isDelivered) == [true])
        let files = try maildirs.delivered("org/anna")
        try #require(files.count == 1)
        let text = "Return-Path: <a@b.example>\nSubject: hello\n\nfirst line\nsecond line\n"
        #expect(files[0].contents == text)
        #expect(files[0].name.hasSuffix(",S=\(text.utf8.count),W=\(text.utf8.count + 5)"))
        #expect(maildirs.root.names("mail/org/anna/tmp") == [])
        for name in ["", "/cur", "/new", "/tmp"] {
            let status = try maildirs.root.status("mail/org/anna\(name)")
            #expect(status.st_mode & 0o777 == 0o700)
            #expect(status.st_uid == 20_001)
            #expect(status.st_gid == 20_001)
        }
        let file = try maildirs.root.status("mail/org/anna/new/\(files[0].name)")
        #expect(file.st_mode & 0o777 == 0o600)
        #expect(file.st_uid == 20_001)
    }

    @Test func `copies for one owner are one file, copies with their own header are not`() async throws {
        let maildirs = try TestMaildirs()
        let outcomes = await MaildirDelivery(maildirs.stores).deliver(
            body,
            to: [
                try maildirs.recipient("anna"), try maildirs.recipient("berta"),
                try maildirs.recipient("carla", header: "Delivered-To: carla@example.org\r\n"),
            ])
        #expect(outcomes.allSatisfy { $0.isDelivered })
        let anna = try maildirs.delivered("anna")[0].name
        let berta = try maildirs.delivered("berta")[0].name
        let annaStatus = try maildirs.root.status("mail/anna/new/\(anna)")
        #expect(try annaStatus.st_ino == maildirs.root.status("mail/berta/new/\(berta)").st_ino)
        #expect(annaStatus.st_nlink == 2)
        #expect(try maildirs.delivered("carla")[0].contents.hasPrefix("Delivered-To: carla@example.org\nSubject"))
    }

    @Test func `each owner's copy belongs to its owner, and one that can't be written does not stop the others`()
        async throws
    {
        let maildirs = try TestMaildirs()
        let other = try #require(Owner(uid: 20_002, gid: 20_002))
        let stranger = try #require(Owner(uid: 20_003, gid: 20_003))
        try maildirs.root.directory("mail/other", mode: 0o700, uid: 20_002)
        try maildirs.root.directory("mail/closed", mode: 0o700, uid: 20_001)
        let outcomes = await MaildirDelivery(maildirs.stores).deliver(
            body,
            to: [
                try maildirs.recipient("anna"), try maildirs.recipient("other/box", owner: other),
                // Its parent is another owner's, and nothing in it may be looked at.
                try maildirs.recipient("closed/box", owner: stranger),
            ])
        #expect(outcomes[0].isDelivered)
        #expect(outcomes[1].isDelivered)
        #expect(try maildirs.root.status("mail/other/box/new").st_uid == 20_002)
        if case .failure(let failure) = outcomes[2], failure.kind != .misconfigured {
            Issue.record("\(failure)")
        }
    }

    @Test func `directories whose parent belongs to the service are made by it and given to the owner`() async throws {
        let maildirs = try TestMaildirs()
        try maildirs.root.directory("mail/service", mode: 0o755, uid: 0)
        let outcomes = await MaildirDelivery(maildirs.stores).deliver(
            body, to: [try maildirs.recipient("service/org/anna")])
        #expect(outcomes[0].isDelivered)
        for path in ["service/org", "service/org/anna", "service/org/anna/new"] {
            #expect(try maildirs.root.status("mail/\(path)").st_uid == 20_001)
        }
        #expect(maildirs.root.names("mail/service") == ["org"])
    }

    @Test func `an mbox location never becomes a Maildir`() async throws {
        let maildirs = try TestMaildirs()
        var recipient = try maildirs.recipient("anna")
        recipient.mailbox.location.format = .mbox
        let outcomes = await MaildirDelivery(maildirs.stores).deliver(body, to: [recipient])
        #expect(outcomes[0].failureKind == .misconfigured)
        #expect(maildirs.root.names("mail") == [])
    }

    @Test func `new mail goes to INBOX however folders lie and wherever the uidlist is kept`() async throws {
        let maildirs = try TestMaildirs()
        var recipient = try maildirs.recipient("anna")
        recipient.mailbox.location.layout = .fileSystem
        recipient.mailbox.location.control = maildirs.root.bytes("mail/control/anna")
        let outcomes = await MaildirDelivery(maildirs.stores).deliver(body, to: [recipient])
        #expect(outcomes[0].isDelivered)
        #expect(try maildirs.delivered("anna").count == 1)
    }

    @Test func `a mailbox on another file system gets a file of its own, the others stay linked`() async throws {
        let maildirs = try TestMaildirs()
        try maildirs.root.directory("mail/other", uid: 20_001)
        let place = maildirs.root["mail/other"]
        try #require(mount("tmpfs", place, "tmpfs", 0, "size=1m,mode=0755,uid=20001,gid=20001") == 0)
        defer { umount(place) }
        let outcomes = await MaildirDelivery(maildirs.stores).deliver(
            body, to: try ["anna", "other/berta", "carla"].map { try maildirs.recipient($0) })
        #expect(outcomes.allSatisfy { $0.isDelivered })
        let links = try ["anna", "other/berta", "carla"].map { name in
            let file = try #require(maildirs.root.names("mail/\(name)/new").first)
            return try maildirs.root.status("mail/\(name)/new/\(file)").st_nlink
        }
        #expect(links == [2, 1, 2])
        #expect(try maildirs.delivered("anna")[0].contents == maildirs.delivered("other/berta")[0].contents)
        #expect(maildirs.root.names("mail/anna/tmp") + maildirs.root.names("mail/other/berta/tmp") == [])
    }

    @Test(arguments: ["mail/../../../etc", "etc/anna", "mail"])
    func `a hostile location is refused`(path: String) async throws {
        let maildirs = try TestMaildirs()
        var recipient = try maildirs.recipient("anna")
        recipient.mailbox.location.path = maildirs.root.bytes(path)
        let outcomes = await MaildirDelivery(maildirs.stores).deliver(body, to: [recipient])
        #expect(outcomes[0].failureKind == .misconfigured)
    }

    @Test func `a full file system is noSpace, leaves nothing behind and delivers again when there is room`()
        async throws
    {
        let maildirs = try TestMaildirs()
        let path = try maildirs.root.directory("mail/full")
        try #require(mount("tmpfs", path, "tmpfs", 0, "size=1m") == 0, "this test needs root (it mounts a tmpfs)")
        defer { umount2(path, Int32(MNT_DETACH)) }
        try #require(chown(path, 20_001, 20_001) == 0)
        let large = ByteBuffer(repeating: 0x41, count: 2 << 20)
        let delivery = MaildirDelivery(maildirs.stores)
        let recipient = try maildirs.recipient("full/anna")
        let outcomes = await delivery.deliver(large, to: [recipient])
        #expect(outcomes[0].failureKind == .noSpace)
        let stream = await delivery.begin(to: [recipient])
        await stream.append(large)
        #expect(await stream.firstFailure?.kind == .noSpace)
        #expect(await stream.commit()[0].failureKind == .noSpace)
        #expect(maildirs.root.names("mail/full/anna/tmp") == [])
        #expect(maildirs.root.names("mail/full/anna/new") == [])
        // The room is there again once the last thread has let go of the file.
        var isDelivered = false
        for _ in 0..<200 where !isDelivered {
            isDelivered = await delivery.deliver(body, to: [recipient])[0].isDelivered
        }
        #expect(isDelivered)
    }

    @Test func `a message that is larger than the whole quota is overQuota`() async throws {
        let maildirs = try TestMaildirs()
        let recipient = MaildirRecipient(mailbox: try maildirs.mailbox("anna", quota: Quota(storage: 10)))
        let outcomes = await MaildirDelivery(maildirs.stores).deliver(body, to: [recipient])
        #expect(outcomes[0].failureKind == .overQuota)
        #expect(maildirs.root.names("mail/anna/tmp") == [])
    }

    @Test(arguments: [1, 7, 40_000])
    func `a message in pieces is the same for every recipient as the whole one`(pieceSize: Int) async throws {
        let maildirs = try TestMaildirs()
        let other = try #require(Owner(uid: 20_002, gid: 20_002))
        try maildirs.root.directory("mail/other", mode: 0o700, uid: 20_002)
        let recipients = [
            try maildirs.recipient("anna", header: "Delivered-To: anna@example.org\r\n"),
            try maildirs.recipient("berta"), try maildirs.recipient("carla"),
            try maildirs.recipient("other/box", owner: other),
        ]
        let delivery = MaildirDelivery(maildirs.stores)
        let stream = await delivery.begin(header: Array("Received: by us\r\n".utf8), to: recipients)
        var rest = body
        while rest.readableBytes > 0, let piece = rest.readSlice(length: min(pieceSize, rest.readableBytes)) {
            await stream.append(piece)
        }
        #expect(await stream.commit().allSatisfy { $0.isDelivered })
        let text = "Received: by us\nSubject: hello\n\nfirst line\nsecond line\n"
        for (name, header) in [
            ("anna", "Delivered-To: anna@example.org\n"), ("berta", ""), ("carla", ""), ("other/box", ""),
        ] {
            let files = try maildirs.delivered(name)
            try #require(files.count == 1)
            #expect(files[0].contents == header + text)
            let size = (header + text).utf8.count
            let lines = (header + text).utf8.count { $0 == 0x0A }
            #expect(files[0].name.hasSuffix(",S=\(size),W=\(size + lines)"))
            #expect(maildirs.root.names("mail/\(name)/tmp") == [])
        }
    }

    @Test func `an aborted message leaves nothing`() async throws {
        let maildirs = try TestMaildirs()
        let stream = await MaildirDelivery(maildirs.stores).begin(to: [try maildirs.recipient("anna")])
        await stream.append(body)
        #expect(maildirs.root.names("mail/anna/tmp").count == 1)
        await stream.abort()
        #expect(maildirs.root.names("mail/anna/tmp") == [])
        #expect(maildirs.root.names("mail/anna/new") == [])
    }

    @Test func `a name is visible only once the contents are synced, and success comes after the directory is`()
        async throws
    {
        let steps = StepLog()
        var options = MaildirOptions()
        options.afterStep = { step in steps.append(step) }
        let maildirs = try TestMaildirs(options: options)
        let outcomes = await MaildirDelivery(maildirs.stores).deliver(body, to: [try maildirs.recipient("anna")])
        #expect(outcomes[0].isDelivered)
        #expect(steps.all == [.temporaryFileMade, .contentsWritten, .fileSynced, .nameMade, .directorySynced])
    }

    @Test(arguments: [DurabilityStep.temporaryFileMade, .contentsWritten, .fileSynced, .nameMade])
    func `a delivery that ends before its last step is no success, and never shows half a message`(
        last: DurabilityStep
    ) async throws {
        struct Killed: Error {}
        var options = MaildirOptions()
        options.afterStep = { step in if step == last { throw Killed() } }
        let maildirs = try TestMaildirs(options: options)
        let outcomes = await MaildirDelivery(maildirs.stores).deliver(body, to: [try maildirs.recipient("anna")])
        #expect(!outcomes[0].isDelivered)
        for file in try maildirs.delivered("anna") {
            #expect(file.contents == "Subject: hello\n\nfirst line\nsecond line\n")
        }
    }

    @Test func `a mailbox that others keep exchanging for a link to elsewhere never takes mail there`() async throws {
        let maildirs = try TestMaildirs()
        try maildirs.root.directory("outside", uid: 20_001)
        for name in ["cur", "new", "tmp"] { try maildirs.root.directory("outside/\(name)", uid: 20_001) }
        let (anna, evil, aside) = (maildirs.root["mail/anna"], maildirs.root["evil"], maildirs.root["aside"])
        try maildirs.root.link("evil", to: maildirs.root["outside"])
        try maildirs.root.directory("mail/anna", uid: 20_001)
        let isDone = StepLog()
        let exchanging = BlockingPool(name: "evil", threads: 1)
        async let exchange: Void = exchanging.run {
            while isDone.all.isEmpty {
                rename(anna, aside)
                rename(evil, anna)
                rename(anna, evil)
                rename(aside, anna)
            }
        }
        let delivery = MaildirDelivery(maildirs.stores)
        var delivered = 0
        for _ in 0..<300 {
            if await delivery.deliver(body, to: [try maildirs.recipient("anna")])[0].isDelivered { delivered += 1 }
        }
        isDone.append(.fileSynced)
        try await exchange
        #expect(delivered > 0)
        #expect(maildirs.root.names("outside/new") == [])
        #expect(maildirs.root.names("outside/tmp") == [])
    }
}
