import Blocking
import Glibc
import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import Spool

struct SpoolSpaceTests {
    @Test func `a full file system is noSpace, loses nothing and takes mail again when there is room`() async throws {
        let test = try TestSpool()
        let place = try test.root.directory("spool")
        try #require(
            mount("tmpfs", place, "tmpfs", 0, "size=1m,mode=0700") == 0, "this test needs root: it mounts a tmpfs")
        defer { umount2(place, Int32(MNT_DETACH)) }
        let spool = try await test.open()
        let text = String(repeating: "x", count: 100_000)
        let recipient = try QueuedRecipient.sample("a@b.example")
        var ids: [QueueID] = []
        var failure: SpoolFailure?
        while failure == nil, ids.count < 100 {
            do throws(SpoolFailure) {
                ids.append(
                    try await spool.add(
                        id: .make(), envelope: .sample, recipients: [recipient], header: [],
                        body: ByteBuffer(string: text)
                    ).id)
            } catch {
                failure = error
            }
        }
        #expect(failure?.kind == .noSpace)
        #expect(failure?.smtpReply.description.hasPrefix("452 4.3.1 ") == true)
        let staged = try await spool.begin(id: .make())
        await #expect(throws: SpoolFailure.self) {
            for _ in 0..<30 { try await staged.append(ByteBuffer(string: text)) }
        }
        staged.abort()
        #expect(ids.count > 5)
        // Every one that was taken is there and whole, and goes on to be delivered.
        for id in ids { #expect(try await spool.text(id) == text) }
        try await spool.update(ids[0], [.state([0], .delivered)])
        for id in ids.dropFirst() { try await spool.remove(id) }
        try await spool.remove(ids[0])
        try await spool.add("text")
        #expect(test.files.count == 1)
    }

    @Test func `mail is refused early enough that what waits can still be delivered`() async throws {
        let test = try TestSpool()
        let place = try test.root.directory("spool")
        try #require(
            mount("tmpfs", place, "tmpfs", 0, "size=8m,mode=0700") == 0, "this test needs root: it mounts a tmpfs")
        defer { umount2(place, Int32(MNT_DETACH)) }
        let spool = try await test.open { $0.minimumFree = 2 << 20 }
        #expect(await spool.admits(size: nil) == nil)
        #expect(await spool.admits(size: 5 << 20) == nil)
        // What was promised a moment ago counts.
        #expect(await spool.admits(size: 5 << 20)?.kind == .noSpace)
        #expect(await spool.admits(size: .max)?.kind == .noSpace)
        await spool.close()
        let limited = try await test.open { $0.messageSizeLimit = 6 << 20 }
        let refusal = await limited.admits(size: nil)
        #expect(refusal?.kind == .noSpace)
        #expect(refusal?.reason.contains(place) == true)
        await limited.close()
        let shared = try await test.open { $0.minimumFreeShare = 1 }
        #expect(await shared.admits(size: 1)?.kind == .noSpace)
        await shared.close()
        let counted = try await test.open { $0.minimumFreeFiles = 1 << 40 }
        #expect(await counted.admits(size: 1)?.reason.contains("inodes") == true)
    }

    @Test func `what must be free follows the largest of three rules`() {
        var options = SpoolOptions(path: [], minimumFree: 100, messageSizeLimit: 200, minimumFreeShare: 0)
        #expect(options.reserve(ofTotal: .max) == 300)
        options.minimumFree = 400
        #expect(options.reserve(ofTotal: .max) == 400)
        options.minimumFreeShare = 0.01
        #expect(options.reserve(ofTotal: 100 << 20) == 1 << 20)
        #expect(options.reserve(ofTotal: .max) == options.maximumShare)
        options.messageSizeLimit = .max
        #expect(options.reserve(ofTotal: 0) == .max)
    }
}
