import CBlockingShim
import Glibc
import MailModel
import PostroomTesting
import Testing

@testable import Blocking

struct FileIdentityTests {
    private let pool = BlockingPool(name: "disk", threads: 1)

    private func owner(_ id: UInt32) throws -> Owner { try #require(Owner(uid: id, gid: id)) }

    @Test func `files made as an owner are the owner's, and the thread is its old self afterwards`() async throws {
        try #require(FileIdentity.mayChange, "this test needs root")
        let directory = try TemporaryMailRoot()
        try directory.directory("mail", mode: 0o700, uid: 20_001)
        let roots = try MailRoots([Array(directory.path.utf8)])
        let path = directory.bytes("mail")
        let before = try await pool.run { Identity(FileIdentity.current) }
        let during = try await pool.runWithIdentity(owner(20_001)) {
            let file = try roots.open(path).makeFile(Array("message".utf8))
            try file.write(Array("hello".utf8))
            return Identity(FileIdentity.current)
        }
        let after = try await pool.run { Identity(FileIdentity.current) }
        #expect(during == Identity(uid: 20_001, gid: 20_001, groups: []))
        #expect(after == before)
        let status = try directory.status("mail/message")
        #expect(status.st_uid == 20_001)
        #expect(status.st_gid == 20_001)
    }

    @Test func `an owner can't enter another owner's directory`() async throws {
        try #require(FileIdentity.mayChange, "this test needs root")
        let directory = try TemporaryMailRoot()
        try directory.directory("mail", mode: 0o700, uid: 20_001)
        let roots = try MailRoots([Array(directory.path.utf8)])
        let path = directory.bytes("mail")
        let failure = await #expect(throws: PathFailure.self) {
            try await pool.runWithIdentity(owner(20_002)) { _ = try roots.open(path) }
        }
        #expect(failure?.isDenied == true)
        #expect(failure?.mailboxFailure.kind == .misconfigured)
    }

    @Test func `supplementary groups give an owner nothing`() async throws {
        try #require(FileIdentity.mayChange, "this test needs root")
        let directory = try TemporaryMailRoot()
        try directory.directory("mail", mode: 0o070, uid: 0)
        let roots = try MailRoots([Array(directory.path.utf8)])
        let path = directory.bytes("mail")
        // Group 0 may do everything there, and root's own groups are no help to 20001.
        await #expect(throws: PathFailure.self) {
            try await pool.runWithIdentity(owner(20_001)) { _ = try roots.open(path) }
        }
    }

    @Test func `a thread that an owner's job starts is the service's`() async throws {
        try #require(FileIdentity.mayChange, "this test needs root")
        let service = try await pool.run { Identity(FileIdentity.current) }
        let others = BlockingPool(name: "others", threads: 1)
        let lane = BlockingLane(pool: others, owner: nil)
        let (identities, continuation) = AsyncStream<Identity>.makeStream()
        try await pool.runWithIdentity(owner(20_001)) {
            // The first job of that pool: its thread is made here.
            _ = lane.submitWithoutWaiting { continuation.yield(Identity(FileIdentity.current)) }
        }
        var iterator = identities.makeAsyncIterator()
        #expect(await iterator.next() == service)
        let directory = try TemporaryMailRoot()
        try directory.directory("mail", mode: 0o700, uid: 20_002)
        let roots = try MailRoots([Array(directory.path.utf8)])
        let path = directory.bytes("mail")
        // What root's threads may is not lost with the identity.
        try await others.run { _ = try roots.open(path) }
    }

    @Test func `a watch that an owner begins calls as the service`() async throws {
        try #require(FileIdentity.mayChange, "this test needs root")
        let service = try await pool.run { Identity(FileIdentity.current) }
        let directory = try TemporaryMailRoot()
        try directory.directory("mail", mode: 0o700, uid: 20_001)
        let roots = try MailRoots([Array(directory.path.utf8)])
        let path = directory.bytes("mail")
        let watcher = DirectoryWatcher()
        let (identities, continuation) = AsyncStream<Identity>.makeStream()
        let watch = try await pool.runWithIdentity(owner(20_001)) {
            watcher.watch([try roots.open(path)]) { continuation.yield(Identity(FileIdentity.current)) }
        }
        try directory.directory("mail/new", mode: 0o700, uid: 20_001)
        var iterator = identities.makeAsyncIterator()
        #expect(await iterator.next() == service)
        withExtendedLifetime(watch) {}
    }

    @Test func `what waits for an owner's job runs as the service, before the caller goes on`() async throws {
        try #require(FileIdentity.mayChange, "this test needs root")
        let service = try await pool.run { Identity(FileIdentity.current) }
        let (identities, continuation) = AsyncStream<(String, Identity)>.makeStream()
        let during = try await pool.runWithIdentity(owner(20_001)) {
            ServiceIdentity.afterOwner { continuation.yield(("deferred", Identity(FileIdentity.current))) }
            return Identity(FileIdentity.current)
        }
        ServiceIdentity.afterOwner { continuation.yield(("at once", service)) }
        continuation.finish()
        #expect(during.uid == 20_001)
        var seen: [String] = []
        for await (what, identity) in identities {
            seen.append(what)
            #expect(identity == service)
        }
        #expect(seen == ["deferred", "at once"])
    }

    @Test func `without the capabilities another owner's identity is refused, and the error says what to do`()
        async throws
    {
        try #require(FileIdentity.mayChange, "this test needs root")
        try await pool.run { try #require(cblocking_set_effective_capabilities(0) == 0) }
        let failure = await #expect(throws: FileIdentity.Failure.self) {
            try await pool.runWithIdentity(owner(20_001)) {}
        }
        #expect(failure == .notPermitted(owner: try owner(20_001), process: "\(geteuid()):\(getegid())"))
        #expect(failure?.description.contains("Start it as root") == true)
        #expect(failure?.mailboxFailure.kind == .misconfigured)
    }

    @Test func `a service that may pass over permissions itself does not pass them over as an owner`() async throws {
        try #require(FileIdentity.mayChange, "this test needs root")
        let directory = try TemporaryMailRoot()
        try directory.directory("mail", mode: 0o700, uid: 20_002)
        let roots = try MailRoots([Array(directory.path.utf8)])
        let path = directory.bytes("mail")
        // The pool's one thread becomes what a service user with CAP_DAC_OVERRIDE is.
        try await pool.run {
            var capabilities: UInt64 = 0
            try #require(cblocking_drop_file_capabilities(&capabilities) == 0)
            _ = cblocking_set_fsuid(20_005)
            try #require(cblocking_set_effective_capabilities(capabilities) == 0)
            _ = try roots.open(path)
        }
        await #expect(throws: PathFailure.self) {
            try await pool.runWithIdentity(owner(20_001)) { _ = try roots.open(path) }
        }
        try await pool.run { _ = try roots.open(path) }
    }
}

/// As a comparable value.
struct Identity: Hashable, Sendable {
    var uid: UInt32
    var gid: UInt32
    var groups: [UInt32]

    init(uid: UInt32, gid: UInt32, groups: [UInt32]) {
        self.uid = uid
        self.gid = gid
        self.groups = groups
    }

    init(_ saved: FileIdentity.Saved) {
        self.init(uid: saved.uid, gid: saved.gid, groups: saved.groups)
    }
}
