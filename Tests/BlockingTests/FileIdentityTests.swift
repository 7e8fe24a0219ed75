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

    @Test func `without the capabilities only the process's own identity is had, and the error says what to do`() {
        let failure = FileIdentity.Failure.notPermitted(owner: Owner(uid: 5000, gid: 5000)!, process: "1000:1000")
        #expect(failure.description.contains("5000:5000"))
        #expect(failure.description.contains("Start it as root"))
        #expect(failure.mailboxFailure.kind == .misconfigured)
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
