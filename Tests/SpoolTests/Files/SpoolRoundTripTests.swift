import Blocking
import Glibc
import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import Spool

struct SpoolRoundTripTests {
    @Test func `every field of envelope and recipients is read back as it was, by the next server too`() async throws {
        let test = try TestSpool()
        let spool = try await test.open()
        var added: [QueuedMessage] = []
        for (number, envelope) in try QueuedEnvelope.odd().enumerated() {
            added.append(
                try await spool.add(
                    id: .make(), envelope: envelope, recipients: QueuedRecipient.odd(), header: [],
                    body: ByteBuffer(), isHeld: number == 1))
        }
        for message in added { #expect(try await spool.message(message.id) == message) }
        await spool.close()
        let next = try await test.open()
        let (messages, scan) = try await next.all()
        #expect(messages == added)
        #expect(scan == SpoolScan(messages: added.count))
    }

    @Test(arguments: [0, 1, 7, 8, 9, 4096, 40_000, 300_000, 2_000_000])
    func `content of any size is the octets that were given`(size: Int) async throws {
        let spool = try await TestSpool().open()
        let octets = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let whole = QueueID.make()
        let message = try await spool.add(
            id: whole, envelope: .sample, recipients: [.sample("a@b.example")], header: Array(octets.prefix(size / 2)),
            body: ByteBuffer(bytes: octets.dropFirst(size / 2)))
        #expect(message.size == UInt64(size))
        let staged = try await spool.begin(id: .make())
        for start in stride(from: 0, to: size, by: 70_001) {
            try await staged.append(ByteBuffer(bytes: octets[start..<min(size, start + 70_001)]))
            if start == 140_002 { try await staged.prepare() }
        }
        let other = try await staged.commit(envelope: .sample, recipients: [.sample("a@b.example")])
        #expect(other.size == UInt64(size))
        for id in [whole, staged.id] {
            let content = try await spool.content(id)
            #expect(content.size == UInt64(size))
            var read: [UInt8] = []
            while read.count < size {
                let piece = try await content.chunk(at: UInt64(read.count), count: 65_536)
                try #require(piece.readableBytes > 0)
                read += piece.readableBytesView
            }
            #expect(read == octets)
            #expect(try await content.chunk(at: UInt64(size), count: 10).readableBytes == 0)
            #expect(try await content.chunk(at: .max, count: .max).readableBytes == 0)
        }
    }

    @Test func `changes hold, one by one and together, and for the next server`() async throws {
        let test = try TestSpool()
        let spool = try await test.open()
        let id = QueueID.make()
        var message = try await spool.add(
            id: id, envelope: .sample,
            recipients: ["a@x.example", "b@x.example", "c@y.example"].map { try .sample($0) },
            header: [], body: ByteBuffer(string: "text"))
        let later = QueuedAttempts(count: 1, next: 99, last: SMTPReply(451, nil, "no"), lastHost: "mx[192.0.2.1]")
        let steps: [[QueueChange]] = [
            [.state([0], .delivered)],
            [.state([1, 2], .waiting(later)), .way([2], .mailbox, isFixed: true)],
            [.held(true)],
            [.envelope(try QueuedEnvelope.odd()[2])],
            [.expand(1, try QueuedRecipient.odd(), .expanded), .way([1], .unresolved, isFixed: false)],
            [.expand(1, [try .sample("d@z.example")], .deleted)],
            [.state([2], .failed), .state([1], .deleted), .held(false)],
            [],
        ]
        for step in steps {
            for change in step {
                let isApplied = message.apply(change)
                #expect(isApplied)
            }
            #expect(try await spool.update(id, step) == message)
            #expect(try await spool.message(id) == message)
        }
        try await spool.setHeld(id, true)
        try await spool.update(id, [.state([0], .waiting(later))])
        message = try await spool.message(id)
        await spool.close()
        let next = try await test.open()
        #expect(try await next.all().messages == [message])
        #expect(try await next.text(id) == "text")
    }

    @Test func `a mailbox and an address elsewhere get one copy, whichever ways lead there`() async throws {
        let spool = try await TestSpool().open()
        func mailbox(_ address: String, _ path: String?, _ state: QueuedState? = nil) throws -> QueuedRecipient {
            var recipient = try QueuedRecipient.sample(address)
            recipient.way = .mailbox
            recipient.mailbox = path.map { QueuedMailbox(format: .maildir, path: Array($0.utf8)) }
            if let state { recipient.state = state }
            return recipient
        }
        var all = try QueuedRecipient.sample("all@example.org")
        all.way = .unresolved
        let id = QueueID.make()
        let first = [
            all, try mailbox("anna@example.org", "/anna", .delivered), try mailbox("ben@example.org", nil),
            try .sample("X@far.example"),
        ]
        _ = try await spool.add(id: id, envelope: .sample, recipients: first, header: [], body: ByteBuffer())
        let new = [
            try mailbox("info@example.org", "/info"), try mailbox("info@example.org", "/info2"),
            try .sample("y@far.example"),
        ]
        let covered = [
            // Its mailbox has it; its address takes every mailbox it has; the host elsewhere was asked.
            try mailbox("an@example.net", "/anna"), try mailbox("Ben@example.org", "/ben"),
            try .sample("x@far.example"), try mailbox("in@example.net", "/info"), try .sample("Y@far.example"),
        ]
        let (message, added) = try await spool.expand(id, [.expand(0, new + covered, .expanded)])
        #expect(message.recipients[0].state == .expanded)
        #expect(Array(message.recipients[added]) == new)
        #expect(try await spool.message(id) == message)
        let others = message.mailboxes(besidesRecipient: 4).map { String(decoding: $0.path, as: UTF8.self) }
        #expect(others.sorted() == ["/anna", "/info2"])
        // What is over is not expanded again.
        #expect(try await spool.expand(id, [.expand(0, [try .sample("z@far.example")], .expanded)]).added.isEmpty)
    }

    @Test func `a message whose sender is yet to be told of success is there for the next server`() async throws {
        let test = try TestSpool()
        let spool = try await test.open()
        let untold = QueuedState.untold(QueuedSuccess(.delivered, SMTPReply(250, nil, "Ok")))
        let first = try await spool.add("told").id
        let second = try await spool.add("untold").id
        try await spool.update(first, [.state([0], .delivered)])
        try await spool.update(second, [.state([0], untold)])
        await spool.close()
        let next = try await test.open()
        let (messages, scan) = try await next.all()
        #expect(messages.map(\.id) == [second] && messages.first?.recipients.first?.state == untold)
        #expect(scan == SpoolScan(messages: 1, finished: 1))
    }

    @Test func `a file of the first version is read, and becomes one of today's with its first change`() async throws {
        let test = try TestSpool()
        let spool = try await test.open()
        let message = try await spool.add("text")
        var bytes = try test.bytes(message.id)
        #expect(bytes[11] == 2)
        bytes[11] = 1
        try test.replace(message.id, with: SpoolFile.withFittingChecksums(bytes))
        #expect(try await spool.message(message.id) == message)
        let changed = try await spool.update(message.id, [.expand(0, [try .sample("b@x.example")], .expanded)])
        #expect(try test.bytes(message.id)[11] == 2)
        #expect(try await spool.message(message.id) == changed && changed.recipients.count == 2)
        #expect(try await spool.text(message.id).hasSuffix("text"))
    }

    @Test func `a change that names a recipient too many changes nothing`() async throws {
        let spool = try await TestSpool().open()
        let message = try await spool.add("text")
        for place in [1, -1, .max, .min] {
            await #expect(throws: SpoolFailure.self) {
                try await spool.update(message.id, [.state([0], .delivered), .state([place], .delivered)])
            }
        }
        #expect(try await spool.message(message.id) == message)
    }

    @Test func `a message that is retried for long does not grow for ever, and an open content is not disturbed`()
        async throws
    {
        let test = try TestSpool()
        let spool = try await test.open()
        let text = String(repeating: "line\r\n", count: 1000)
        let id = try await spool.add(text).id
        let content = try await spool.content(id)
        let reply = SMTPReply(451, nil, String(repeating: "why ", count: 500))
        for count in 1...200 {
            let attempts = QueuedAttempts(count: UInt32(count), last: reply)
            try await spool.update(id, [.state([0], .waiting(attempts))])
        }
        #expect(try test.bytes(id).count < 150_000)
        let message = try await spool.message(id)
        #expect(message.recipients[0].state == .waiting(QueuedAttempts(count: 200, last: reply)))
        #expect(try await spool.text(id).hasSuffix(text))
        try await spool.remove(id)
        #expect(try await content.chunk(at: 17, count: text.utf8.count) == ByteBuffer(string: text))
        #expect(test.root.names("spool/tmp") == [])
    }

    @Test func `what was removed is not there, whatever is asked`() async throws {
        let spool = try await TestSpool().open()
        let id = try await spool.add("text").id
        try await spool.remove(id)
        await #expect(throws: SpoolFailure.self) { try await spool.message(id) }
        for attempt in [
            { _ = try await spool.message(id) }, { _ = try await spool.content(id) },
            { try await spool.remove(id) }, { try await spool.setHeld(id, true) }, { try await spool.setAside(id) },
        ] as [@Sendable () async throws -> Void] {
            do {
                try await attempt()
                Issue.record("no failure")
            } catch {
                #expect((error as? SpoolFailure)?.kind == .noSuchMessage)
            }
        }
    }

    @Test func `a staged message is nowhere before it is committed, and leaves nothing when it is given up`()
        async throws
    {
        let test = try TestSpool()
        let spool = try await test.open()
        do {
            let staged = try await spool.begin(id: .make())
            try await staged.append(ByteBuffer(repeating: 1, count: 400_000))
            try await staged.prepare()
            #expect(test.files == [])
            await #expect(throws: SpoolFailure.self) { try await spool.message(staged.id) }
            staged.abort()
            await #expect(throws: SpoolFailure.self) { try await staged.append(ByteBuffer(string: "x")) }
            await #expect(throws: SpoolFailure.self) {
                try await staged.commit(envelope: .sample, recipients: [.sample("a@b.example")])
            }
            // Another that is simply let go.
            try await spool.begin(id: .make()).append(ByteBuffer(string: "x"))
        }
        await test.pool.shutDown()
        #expect(test.root.names("spool/tmp") == [])
        #expect(test.files == [])
    }

    @Test func `a message needs a recipient, and an id that no other has`() async throws {
        let test = try TestSpool()
        let spool = try await test.open()
        await #expect(throws: SpoolFailure.self) {
            try await spool.add(id: .make(), envelope: .sample, recipients: [], header: [], body: ByteBuffer())
        }
        let message = try await spool.add("first")
        await #expect(throws: SpoolFailure.self) { try await spool.add("second", id: message.id) }
        #expect(try await spool.text(message.id).hasSuffix("first"))
        #expect(test.files.count == 1)
        #expect(test.root.names("spool/tmp") == [])
    }

    @Test func `what a cancelled task delivered is recorded all the same`() async throws {
        let spool = try await TestSpool().open()
        let id = try await spool.add("text").id
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            try await spool.update(id, [.state([0], .delivered)])
        }
        task.cancel()
        try await task.value
        #expect(try await spool.message(id).recipients[0].state == .delivered)
    }

    @Test func `files belong to the service alone`() async throws {
        let test = try TestSpool()
        let spool = try await test.open()
        let id = try await spool.add("text").id
        #expect(try test.root.status("spool").st_mode & 0o7777 == 0o700)
        let path = "spool/messages/\(QueueID.Shard(id).name)"
        #expect(try test.root.status(path).st_mode & 0o7777 == 0o700)
        #expect(try test.root.status("\(path)/\(id)").st_mode & 0o7777 == 0o600)
    }
}
