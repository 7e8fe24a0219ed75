import Glibc
import MailModel
import PostroomTesting
import Testing

@testable import Blocking

struct MailRootsTests {
    @Test(arguments: [
        ("mail/../../etc", PathFailure.Reason.parentComponent),
        ("mail/anna/..", .parentComponent),
        ("mail", .isRoot),
        ("mail/", .isRoot),
        ("mailbox/anna", .outsideRoots),
        ("elsewhere/anna", .outsideRoots),
        ("mail/an\0na", .holdsNUL),
    ])
    func `a path that leads out of the roots is refused`(path: String, reason: PathFailure.Reason) throws {
        let directory = try TemporaryMailRoot()
        try directory.directory("mail/anna")
        let roots = try MailRoots([directory.bytes("mail")])
        let failure = #expect(throws: PathFailure.self) { try roots.open(directory.bytes(path)) }
        #expect(failure?.reason == reason)
        #expect(failure?.mailboxFailure.kind == .misconfigured)
    }

    @Test(arguments: ["/etc", "relative/path", "", "/" + String(repeating: "a/", count: 3000)])
    func `absolute, relative, empty and endless strangers are refused`(path: String) throws {
        let directory = try TemporaryMailRoot()
        let roots = try MailRoots([Array(directory.path.utf8)])
        #expect(throws: PathFailure.self) { try roots.open(Array(path.utf8)) }
    }

    @Test func `a folder of this machine stands for the path by which a site knows it`() throws {
        let directory = try TemporaryMailRoot()
        try directory.directory("mail/example.org/anna")
        let roots = try MailRoots(
            [Array("/var/mail/example.org".utf8)],
            places: [(Array("/var/mail/".utf8), directory.bytes("mail")), (Array("/".utf8), directory.bytes("none"))])
        _ = try roots.open(Array("/var/mail/example.org/anna".utf8))
        _ = try roots.open(directory.bytes("mail/example.org/anna"))
        #expect(throws: PathFailure.self) { try roots.open(Array("/var/mail/anna".utf8)) }
    }

    @Test(arguments: ["mail/anna", "mail//anna/", "mail/./anna"])
    func `a directory below a root is opened`(path: String) throws {
        let directory = try TemporaryMailRoot()
        try directory.directory("mail/anna")
        try directory.file("mail/anna/file")
        let roots = try MailRoots([directory.bytes("mail")])
        let opened = try roots.open(directory.bytes(path))
        #expect(try opened.entries().map(\.name) == [Array("file".utf8)])
    }

    @Test func `a root that is a link itself is known by both its spellings`() throws {
        let directory = try TemporaryMailRoot()
        try directory.directory("real/anna")
        try directory.link("mail", to: directory["real"])
        let roots = try MailRoots([directory.bytes("mail")])
        let byLink = try roots.open(directory.bytes("mail/anna")).status()
        let byName = try roots.open(directory.bytes("real/anna")).status()
        #expect(byLink.identity == byName.identity)
    }

    @Test(arguments: ["absolute", "relative"])
    func `a shared folder's link is followed when it leads below a root again`(kind: String) throws {
        let directory = try TemporaryMailRoot()
        try directory.directory("mail/shared/team/.Plans/cur")
        try directory.directory("mail/anna")
        try directory.link(
            "mail/anna/.Team", to: kind == "absolute" ? directory["mail/shared/team/.Plans"] : "../shared/team/.Plans")
        let roots = try MailRoots([directory.bytes("mail")])
        let opened = try roots.open(directory.bytes("mail/anna/.Team/cur"))
        #expect(
            try opened.status().identity == roots.open(directory.bytes("mail/shared/team/.Plans/cur")).status().identity
        )
    }

    @Test(arguments: ["/etc", "../../../../../../../../etc", "/proc/self/root/etc"])
    func `a link that leads out of the roots is refused and named`(target: String) throws {
        let directory = try TemporaryMailRoot()
        try directory.directory("mail/anna")
        try directory.link("mail/anna/.Evil", to: target)
        let roots = try MailRoots([directory.bytes("mail")])
        let failure = #expect(throws: PathFailure.self) { try roots.open(directory.bytes("mail/anna/.Evil")) }
        #expect(failure?.description.contains(target) == true)
        #expect(failure?.description.contains(".Evil") == true)
        #expect(failure?.mailboxFailure.kind == .misconfigured)
    }

    @Test func `links that go round in a circle end`() throws {
        let directory = try TemporaryMailRoot()
        try directory.directory("mail")
        try directory.link("mail/a", to: "b")
        try directory.link("mail/b", to: "a")
        let roots = try MailRoots([directory.bytes("mail")])
        let failure = #expect(throws: PathFailure.self) { try roots.open(directory.bytes("mail/a/x")) }
        #expect(failure?.reason == .tooManyLinks)
    }

    @Test func `missing directories are made below a link too, but never outside`() throws {
        let directory = try TemporaryMailRoot()
        try directory.directory("mail/real")
        try directory.link("mail/link", to: "real")
        try directory.link("mail/out", to: "/tmp")
        let roots = try MailRoots([directory.bytes("mail")])
        #expect(try roots.makeDirectories(directory.bytes("mail/link/a/b")))
        #expect(try !roots.makeDirectories(directory.bytes("mail/link/a/b")))
        #expect(try directory.status("mail/real/a/b").st_mode & 0o777 == 0o700)
        #expect(throws: PathFailure.self) { try roots.makeDirectories(directory.bytes("mail/out/postroom-never")) }
        #expect(access("/tmp/postroom-never", F_OK) != 0)
    }

    @Test func `a directory that others keep exchanging for a link outside is never entered`() async throws {
        let directory = try TemporaryMailRoot()
        try directory.directory("outside")
        try directory.file("outside/secret")
        try directory.directory("mail/anna")
        try directory.link("evil", to: directory["outside"])
        let roots = try MailRoots([directory.bytes("mail")])
        let pool = BlockingPool(name: "race", threads: 2)
        let isDone = ThreadMonitor(false)
        let (anna, evil, aside) = (directory["mail/anna"], directory["evil"], directory["aside"])
        async let exchange: Void = pool.run {
            while !isDone.withLock({ $0 }) {
                rename(anna, aside)
                rename(evil, anna)
                rename(anna, evil)
                rename(aside, anna)
            }
        }
        let path = directory.bytes("mail/anna")
        let entered = try await pool.run {
            defer { isDone.withLock { $0 = true } }
            var entered = 0
            for _ in 0..<3000 {
                guard let opened = try? roots.open(path), let names = try? opened.entries() else { continue }
                if !names.isEmpty { Issue.record("left the roots") }
                entered += 1
            }
            return entered
        }
        try await exchange
        #expect(entered > 0)
    }

    @Test func `a FIFO, a link and a directory are not files to read`() throws {
        let directory = try TemporaryMailRoot()
        try directory.directory("mail/anna/inner")
        try directory.link("mail/anna/link", to: "/etc/passwd")
        #expect(mkfifo(directory["mail/anna/fifo"], 0o600) == 0)
        let opened = try MailRoots([directory.bytes("mail")]).open(directory.bytes("mail/anna"))
        for name in ["inner", "link", "fifo", "..", "inner/x", ""] {
            #expect(throws: SystemCallError.self) { try opened.file(Array(name.utf8)) }
        }
    }

    @Test func `a full file system is told apart from every other failure`() throws {
        let directory = try TemporaryMailRoot()
        try directory.directory("full")
        try #require(
            mount("tmpfs", directory["full"], "tmpfs", 0, "size=256k") == 0, "this test needs root (it mounts a tmpfs)")
        defer { umount2(directory["full"], Int32(MNT_DETACH)) }
        let opened = try MailRoots([Array(directory.path.utf8)]).open(directory.bytes("full"))
        #expect(try opened.freeSpace().totalBytes == 256 * 1024)
        let failure = #expect(throws: SystemCallError.self) {
            try DurableFile.replace(
                Array("a".utf8), in: opened, temporaryName: Array("a.tmp".utf8),
                contents: [UInt8](repeating: 1, count: 1 << 20))
        }
        #expect(failure?.mailboxFailure.kind == .noSpace)
        #expect(try opened.entries().isEmpty)
    }
}
