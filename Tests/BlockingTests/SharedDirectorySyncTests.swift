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
        let begun = Counter()
        let ended = Counter()
        try await withThrowingTaskGroup { group in
            for _ in 0..<400 {
                group.addTask {
                    try await pool.run {
                        let before = begun.value
                        try shared.sync { directory throws(SystemCallError) in
                            let running =
                                begun.add()
                                - ended.value
                            #expect(running == 1)
                            try directory.sync()
                            ended.add()
                        }
                        #expect(ended.value > before)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(begun.value <= 400)
    }

    @Test func `a sync that fails fails for all that share it, and for nobody after`() async throws {
        let (root, shared) = try make()
        defer { withExtendedLifetime(root) {} }
        let pool = BlockingPool(name: "sync", threads: 16)
        let performed = Counter()
        let failures = Counter()
        await withTaskGroup { group in
            for _ in 0..<100 {
                group.addTask {
                    do {
                        try await pool.run {
                            try shared.sync { directory throws(SystemCallError) in
                                performed.add()
                                throw SystemCallError("fsync", directory.path, EIO)
                            }
                        }
                    } catch {
                        failures.add()
                    }
                }
            }
        }
        #expect(failures.value == 100)
        #expect(performed.value >= 1)
        try await pool.run { try shared.sync() }
    }
}

private final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .sequentiallyConsistent) }

    @discardableResult
    func add() -> Int { count.add(1, ordering: .sequentiallyConsistent).newValue }
}
