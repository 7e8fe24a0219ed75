import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

/// A disk that fails now and then under the whole server: calls that write, sync, rename and link return EIO. What is
/// acknowledged is there, and what can't be kept stays with its sender.
@Suite struct QueueDiskFailureTests {
    private static let places: [Character: QueueLoad.Place] = [
        "m": .init(address: "anna@example.org", copies: ["m"]), "f": .init(address: "x@far.example", copies: ["x"]),
        "g": .init(address: "y@far.example", copies: ["y"]),
    ]

    /// libfiu does not know the calls that take a folder's descriptor.
    private static let failingNames = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <sys/random.h>

        static int fails(void) {
            unsigned char chance = 0;
            if (getrandom(&chance, 1, 0) == 1 && chance < 8) {
                errno = EIO;
                return 1;
            }
            return 0;
        }

        int renameat(int from, const char *name, int to, const char *new_name) {
            static int (*call)(int, const char *, int, const char *);
            if (!call) call = dlsym(RTLD_NEXT, "renameat");
            return fails() ? -1 : call(from, name, to, new_name);
        }

        int renameat2(int from, const char *name, int to, const char *new_name, unsigned flags) {
            static int (*call)(int, const char *, int, const char *, unsigned);
            if (!call) call = dlsym(RTLD_NEXT, "renameat2");
            return fails() ? -1 : call(from, name, to, new_name, flags);
        }

        int linkat(int from, const char *name, int to, const char *new_name, int flags) {
            static int (*call)(int, const char *, int, const char *, int);
            if (!call) call = dlsym(RTLD_NEXT, "linkat");
            return fails() ? -1 : call(from, name, to, new_name, flags);
        }
        """

    /// Fails every tenth sync, one write in fifty and one name in thirty.
    private static func failures(_ library: String) -> [String] {
        [
            "/usr/bin/fiu-run", "-x", "-f", "", "-c", "enable_random name=posix/io/sync/*,probability=0.1,failinfo=5",
            "-c", "enable_random name=posix/io/rw/write,probability=0.02,failinfo=5", "-c",
            "enable_random name=posix/io/rw/pwrite,probability=0.02,failinfo=5", "/bin/sh", "-c",
            "export LD_PRELOAD=\"$LD_PRELOAD $0\"; exec \"$@\"", library,
        ]
    }

    /// Starting may meet the failures, too; then it says so, ends and is started again.
    private func startFailing(in folder: TemporaryFolder, preloading library: String) async throws -> ServedSite {
        for _ in 0..<50 {
            do {
                return try await ServedSite.start(in: folder, below: Self.failures(library))
            } catch is TestFailure {}
        }
        return try await ServedSite.start(in: folder, below: Self.failures(library))
    }

    @Test func `a disk that fails now and then costs nothing that was taken, in spool and mailboxes`() async throws {
        try await QueueLoad.withNextHop { load in
            let spool = try load.makeSpool()
            let library = load.folder.path("failing.so")
            try await ChildProcess.run(
                [
                    "/usr/bin/env", "clang", "-shared", "-fPIC", "-o", library,
                    try load.folder.write(Self.failingNames + "\n", to: "failing.c"), "-ldl",
                ], in: load.folder)
            let folder = try ServedSite.prepare(
                QueueCrashTests.configuration(sink: load.port, spool: spool), People.files)
            let failing = try await startFailing(in: folder, preloading: library)
            // The calls are those of the process that serves, after it gave up root's rights.
            let maps = try await ChildProcess.run(
                ["/usr/bin/cat", "/proc/\(failing.process.identifier)/maps"], in: load.folder)
            try #require(maps.contains("/failing.so") && maps.contains("/fiu_posix_preload.so"))
            try load.aim(at: failing)
            let senders = try await load.startSenders(Self.places, ["m", "m", "f", "f", "fg", "mf"])
            try await eventually("enough is taken and refused", { senders.output + failing.log.suffix(3000) }) {
                try #require(failing.process.exit == nil, "\(failing.log.suffix(3000))")
                return try load.lines("accepted").count >= 200 && load.lines("refused").count >= 40
            }
            try await load.stop(senders)
            failing.process.signal(SIGTERM)
            _ = await failing.process.waitForExit()

            // The disk is mended.
            let site = try await ServedSite.start(in: folder)
            try await load.waitUntilEmpty(spool) { site.log.suffix(4000) + load.sink.output }
            await site.stop()
            let ledger = try load.ledger(Self.places, mailbox: folder.path("mail/anna/Maildir"))
            #expect(ledger.isWhole)
            #expect(ledger.missing.isEmpty, "\(ledger.missing)")
            let refusals = try load.lines("refused").compactMap { $0.first }
            #expect(refusals.allSatisfy { $0.hasPrefix("4") }, "\(Set(refusals))")
            #expect(refusals.contains("451"))
            let remains = try FileManager.default.contentsOfDirectory(atPath: spool + "/corrupt")
            #expect(remains == [])
            print(
                "\(ledger.messages) messages taken, \(refusals.count) refused, \(ledger.missing.count) copies lost,",
                "\(ledger.duplicates) twice")
        }
    }
}
