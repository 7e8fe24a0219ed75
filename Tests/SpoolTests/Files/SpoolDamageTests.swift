import Glibc
import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import Spool

struct SpoolDamageTests {
    private static let id = QueueID.make()

    private static func sample() throws -> (message: QueuedMessage, content: [UInt8], changes: [[QueueChange]]) {
        let content = Array("Subject: x\r\n\r\nbody\r\n".utf8)
        let message = QueuedMessage(
            id: id, envelope: try QueuedEnvelope.odd()[1],
            recipients: try ["a@x.example", "b@y.example"].map { try .sample($0) }, size: UInt64(content.count))
        let attempts = QueuedAttempts(count: 1, next: 5, last: SMTPReply(451, EnhancedStatusCode(4, 2, 1), "later"))
        return (
            message, content,
            [
                [.state([0], .delivered)], [.state([1], .waiting(attempts))],
                [.expand(1, [try .sample("c@z.example")], .expanded)], [.held(true), .state([2], .failed)],
            ]
        )
    }

    /// The states that the message went through.
    private static func states(_ message: QueuedMessage, _ changes: [[QueueChange]]) -> [QueuedMessage] {
        var states = [message]
        var current = message
        for change in changes {
            for each in change { _ = current.apply(each) }
            states.append(current)
        }
        return states
    }

    @Test func `cut off at any length, a file is damaged or the message in a state that it was in`() throws {
        let (message, content, changes) = try Self.sample()
        let bytes = SpoolFile.bytes(of: message, content: content, changes: changes)
        let states = Self.states(message, changes)
        // Where the envelope and each change end.
        let ends = (0...changes.count).map {
            SpoolFile.bytes(of: message, content: content, changes: Array(changes.prefix($0))).count
        }
        for length in 0...bytes.count {
            let expected = ends.lastIndex { $0 <= length }
            do throws(SpoolFailure) {
                let file = try SpoolFile(Self.id, Array(bytes.prefix(length)))
                #expect(file.message == expected.map { states[$0] })
                #expect(file.end == expected.map { UInt64(ends[$0]) })
            } catch {
                #expect(error.kind == .damaged)
                #expect(expected == nil, "cut off at \(length): \(error)")
            }
        }
    }

    @Test func `with any octet changed, a file is damaged or the message in a state that it was in`() throws {
        let (message, content, changes) = try Self.sample()
        let bytes = SpoolFile.bytes(of: message, content: content, changes: changes)
        let states = Self.states(message, changes)
        let envelopeStart = SpoolFile.headLength + content.count
        let envelopeEnd = SpoolFile.bytes(of: message, content: content).count
        for place in bytes.indices {
            for change in [UInt8(1), 0x80, 0xFF] {
                var damaged = bytes
                damaged[place] ^= change
                do throws(SpoolFailure) {
                    let file = try SpoolFile(Self.id, damaged)
                    #expect(states.contains(file.message))
                    let isContent = (SpoolFile.headLength..<envelopeStart).contains(place)
                    #expect(isContent || place >= envelopeEnd, "damage at \(place) went unseen")
                    #expect(isContent == (file.message == states.last), "damage at \(place)")
                } catch {
                    #expect(error.kind == .damaged)
                    #expect(place < SpoolFile.headLength || (envelopeStart..<envelopeEnd).contains(place))
                }
            }
        }
    }

    @Test func `with checksums that fit, changed octets are read without a trap`() throws {
        let (message, content, changes) = try Self.sample()
        let bytes = SpoolFile.bytes(of: message, content: content, changes: changes)
        var generator = SeededGenerator(seed: 20)
        for _ in 0..<20_000 {
            let hostile = SpoolFile.withFittingChecksums(generator.mutate(bytes))
            guard let file = try? SpoolFile(Self.id, hostile) else { continue }
            #expect(file.message.id == Self.id)
            #expect(!file.message.recipients.isEmpty)
            #expect(file.end <= UInt64(hostile.count))
        }
    }

    @Test func `lengths that lie cost nothing`() throws {
        let (message, content, _) = try Self.sample()
        let bytes = SpoolFile.bytes(of: message, content: content)
        for length in [UInt64.max, .max - 27, 1 << 62, 1 << 40] as [UInt64] {
            var lying = bytes
            withUnsafeBytes(of: length.bigEndian) { lying.replaceSubrange(16..<24, with: $0) }
            #expect(throws: SpoolFailure.self) {
                try SpoolFile(Self.id, SpoolFile.withFittingChecksums(lying))
            }
        }
        // A file that is large by its size alone: read is asked for the head only.
        #expect(throws: SpoolFailure.self) {
            try SpoolFile(Self.id, size: 1 << 50) { offset, count throws(SpoolFailure) in
                #expect(offset == 0 && count == SpoolFile.headLength)
                return Array(bytes.prefix(count))
            }
        }
    }

    @Test func `the file of one message under the name of another is damaged`() throws {
        let (message, content, _) = try Self.sample()
        #expect(throws: SpoolFailure.self) {
            try SpoolFile(.make(), SpoolFile.bytes(of: message, content: content))
        }
    }

    @Test func `a later version's file is left alone, and said so`() throws {
        let (message, content, _) = try Self.sample()
        var bytes = SpoolFile.bytes(of: message, content: content)
        bytes[11] = 3
        do throws(SpoolFailure) {
            _ = try SpoolFile(Self.id, SpoolFile.withFittingChecksums(bytes))
            Issue.record("no failure")
        } catch {
            #expect(error.kind == .unavailable)
            #expect(error.reason.contains("format 3"))
        }
    }

    @Test func `a damaged file is kept in corrupt, told, and stops nothing`() async throws {
        let test = try TestSpool()
        let spool = try await test.open()
        let ids = try await [spool.add("one").id, spool.add("two").id, spool.add("three").id]
        await spool.close()
        var damaged = try test.bytes(ids[1])
        damaged[3] ^= 1
        try test.replace(ids[1], with: damaged)
        // Things that are no messages at all.
        let other = QueueID.make()
        let shard = "spool/messages/\(QueueID.Shard(other).name)"
        try test.root.link("\(shard)/\(other)", to: "/etc/passwd")
        try test.root.file("spool/messages/0/README")
        let next = try await test.open()
        let (messages, scan) = try await next.all()
        #expect(messages.map(\.id) == [ids[0], ids[2]])
        #expect(scan.faulty == 3)
        let kept = test.root["spool/corrupt/\(ids[1])"]
        #expect(scan.faults.contains { $0.kind == .damaged && $0.reason.contains(kept) }, "\(scan.faults)")
        #expect(scan.faults.contains { $0.reason.contains("messages/0/README") }, "\(scan.faults)")
        #expect(test.root.names("spool/corrupt") == ["\(ids[1])", "\(other)"].sorted())
        await next.close()
        // Told once: the next start has nothing but the stranger to say.
        let third = try await test.open()
        #expect(try await third.all().scan.faulty == 1)
    }

    @Test func `content that the disk changed is not sent to its end`() async throws {
        let test = try TestSpool()
        let spool = try await test.open()
        let id = try await spool.add(String(repeating: "line\r\n", count: 50_000)).id
        var bytes = try test.bytes(id)
        bytes[200_000] ^= 4
        try test.replace(id, with: bytes)
        await #expect(throws: SpoolFailure.self) { try await spool.text(id) }
        // Cut off within the content: the file no longer is one.
        try test.replace(id, with: Array(bytes.prefix(100_000)))
        do {
            _ = try await spool.content(id)
            Issue.record("no failure")
        } catch {
            #expect(error.kind == .damaged)
        }
        let path = try await spool.setAside(id)
        #expect(path == test.root["spool/corrupt/\(id)"])
        #expect(test.files == [])
    }

    @Test func `what a cut off write left is gone with the next change`() async throws {
        let test = try TestSpool()
        let spool = try await test.open()
        let message = try await spool.add("text")
        let whole = try test.bytes(message.id)
        let change = SpoolFile.bytes(of: message, content: [], changes: [[.state([0], .delivered)]]).suffix(20)
        try test.replace(message.id, with: whole + Array(change.prefix(13)))
        #expect(try await spool.message(message.id) == message)
        let held = try await spool.setHeld(message.id, true)
        #expect(held.isHeld)
        #expect(held.recipients == message.recipients)
        #expect(try SpoolFile(message.id, test.bytes(message.id)).end == UInt64(test.bytes(message.id).count))
    }

    @Test func `checksums are those of RFC 3720, however the octets come`() {
        // §B.4
        #expect(SpoolChecksum.of([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(SpoolChecksum.of([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(SpoolChecksum.of(Array(UInt8(0)..<32)) == 0x46DD_794E)
        #expect(SpoolChecksum.of("123456789".utf8) == 0xE306_9283)
        let octets = (0..<100).map { UInt8($0) }
        for split in octets.indices {
            var checksum = SpoolChecksum()
            checksum.update(octets[..<split])
            checksum.update(octets[split...])
            #expect(checksum.value == SpoolChecksum.of(octets))
        }
    }
}
