import Glibc
import MailModel
import Testing

@testable import Blocking

/// A gate that a job on a pool's thread waits at.
final class Gate: Sendable {
    private let monitor = ThreadMonitor(false)

    func open() {
        monitor.withLock { $0 = true }
        monitor.broadcast()
    }

    func wait() {
        monitor.wait {
            $0 ? () : nil
        } whileWaiting: { _, _ in
        }
    }
}

struct BlockingPoolTests {
    struct Refusal: Error, Equatable {}

    /// For waits that may not be done on the cooperative pool.
    private let waiting = BlockingPool(name: "wait", threads: 1)

    @Test func `a job's value and its error come back to the caller`() async throws {
        let pool = BlockingPool(name: "test", threads: 2)
        #expect(try await pool.run { 41 + 1 } == 42)
        await #expect(throws: Refusal.self) { try await pool.run { throw Refusal() } }
        await pool.shutDown()
    }

    @Test func `no more jobs run at once than there are threads, and all of them run`() async throws {
        let pool = BlockingPool(name: "test", threads: 3)
        let counts = ThreadMonitor((running: 0, most: 0, done: 0))
        await withTaskGroup { group in
            for _ in 0..<200 {
                group.addTask {
                    try? await pool.run {
                        counts.withLock {
                            $0.running += 1
                            $0.most = max($0.most, $0.running)
                        }
                        sched_yield()
                        counts.withLock {
                            $0.running -= 1
                            $0.done += 1
                        }
                    }
                }
            }
        }
        let (_, most, done) = counts.withLock { $0 }
        #expect(done == 200)
        #expect(most <= 3)
        await pool.shutDown()
    }

    @Test func `a full queue refuses the next job and takes jobs again later`() async throws {
        let pool = BlockingPool(name: "small", threads: 1, queueLimit: 1)
        let gate = Gate()
        let (results, continuation) = AsyncStream<Bool>.makeStream()
        try await withThrowingTaskGroup { group in
            // One runs, one waits, and whichever comes last is refused, at once.
            for _ in 0..<3 {
                group.addTask {
                    do {
                        try await pool.run { gate.wait() }
                        continuation.yield(true)
                    } catch let failure as BlockingPool.Failure {
                        #expect(failure == .queueFull(pool: "small", limit: 1))
                        continuation.yield(false)
                    }
                }
            }
            var iterator = results.makeAsyncIterator()
            #expect(await iterator.next() == false)
            gate.open()
            try await group.waitForAll()
        }
        #expect(try await pool.run { 4 } == 4)
        await pool.shutDown()
    }

    @Test func `a job that waits is dropped when its task is cancelled; one that runs is finished`() async throws {
        let pool = BlockingPool(name: "test", threads: 1)
        let gate = Gate()
        let begun = Gate()
        let finished = ThreadMonitor(false)
        let running = Task {
            try await pool.run {
                begun.open()
                gate.wait()
                finished.withLock { $0 = true }
            }
        }
        try await waiting.run { begun.wait() }
        let queued = Task { try await pool.run { Issue.record("a cancelled job ran") } }
        queued.cancel()
        await #expect(throws: CancellationError.self) { try await queued.value }
        running.cancel()
        gate.open()
        try await running.value
        #expect(finished.withLock { $0 })
        await pool.shutDown()
    }

    @Test func `shutting down finishes what is queued and refuses what comes after`() async throws {
        let pool = BlockingPool(name: "test", threads: 2)
        let done = ThreadMonitor(0)
        let gate = Gate()
        let tasks = (0..<20).map { _ in
            Task {
                try await pool.run {
                    gate.wait()
                    done.withLock { $0 += 1 }
                }
            }
        }
        // The pool is closed by the first job that is known to run; the others are queued or refused, none is lost.
        gate.open()
        await pool.shutDown()
        var refused = 0
        for task in tasks {
            do { try await task.value } catch is BlockingPool.Failure { refused += 1 }
        }
        #expect(done.withLock { $0 } + refused == 20)
        await #expect(throws: BlockingPool.Failure.shutDown(pool: "test")) { try await pool.run {} }
    }

    @Test func `a lane runs its jobs one at a time and in order`() async throws {
        let pool = BlockingPool(name: "test", threads: 4)
        let lane = BlockingLane(pool: pool, owner: nil)
        let order = ThreadMonitor([Int]())
        let inside = ThreadMonitor(false)
        for number in 0..<100 {
            lane.submitWithoutWaiting {
                #expect(inside.withLock { $0 } == false)
                inside.withLock { $0 = true }
                sched_yield()
                order.withLock { $0.append(number) }
                inside.withLock { $0 = false }
            }
        }
        let last = try await lane.run { order.withLock { $0 } }
        #expect(last == Array(0..<100))
        await pool.shutDown()
    }
}
