import Glibc
import PostroomTesting
import Synchronization
import Testing

@testable import Blocking

struct SharedDirectorySyncTests {
    private func make() throws -> (TemporaryMailRoot, SharedDirectorySync) {
        let root = try TemporaryMailRoot()
        try root.directory("d")
        return (root, SharedDirectorySync(try MailRoots([root.bytes("")]).open(root.bytes("d"))))
    }

    @Test func `whoever asks gets a sync that began after it asked, and many share one`() async throws {
        let (root, shared) = try make()
        defer { withExtendedLifetime(root) {} }
        let pool = BlockingPool(name: "sync", threads: 32)
        let begun = Atomic<Int>(0)
        let ended = Atomic<Int>(0)
        try await withThrowingTaskGroup { group in
            for _ in 0..<400 {
                group.addTask {
                    try await pool.run {
                        let before = begun.load(ordering: .sequentiallyConsistent)
                        try shared.sync { directory throws(SystemCallError) in
                            let running =
                                begun.add(1, ordering: .sequentiallyConsistent).newValue
                                - ended.load(ordering: .sequentiallyConsistent)
                            #expect(running == 1)
                            try directory.sync()
                            ended.add(1, ordering: .sequentiallyConsistent)
                        }
                        #expect(ended.load(ordering: .sequentiallyConsistent) > before)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(begun.load(ordering: .relaxed) <= 400)
    }

    @Test func `a sync that fails fails for all that share it, and for nobody after`() async throws {
        let (root, shared) = try make()
        defer { withExtendedLifetime(root) {} }
        let pool = BlockingPool(name: "sync", threads: 16)
        let performed = Atomic<Int>(0)
        let failures = Atomic<Int>(0)
        await withTaskGroup { group in
            for _ in 0..<100 {
                group.addTask {
                    do {
                        try await pool.run {
                            try shared.sync { directory throws(SystemCallError) in
                                performed.add(1, ordering: .relaxed)
                                throw SystemCallError("fsync", directory.path, EIO)
                            }
                        }
                    } catch {
                        failures.add(1, ordering: .relaxed)
                    }
                }
            }
        }
        #expect(failures.load(ordering: .relaxed) == 100)
        #expect(performed.load(ordering: .relaxed) >= 1)
        try await pool.run { try shared.sync() }
    }
}
