import DequeModule
package import MailModel
import Synchronization

/// Jobs of one owner that run one after the other, in order, on whichever thread of a pool is free. What serialises a
/// mailbox without a thread or a lock of its own.
package final class BlockingLane: Sendable {
    private struct State {
        var queue = Deque<PoolJob>()
        var isScheduled = false
    }

    private let pool: BlockingPool
    private let owner: Owner?
    private let limit: Int
    private let state = Mutex(State())

    package init(pool: BlockingPool, owner: Owner?, queueLimit: Int = 1024) {
        self.pool = pool
        self.owner = owner
        self.limit = queueLimit
    }

    /// Runs `body` after everything that was given to the lane before.
    package func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await submit(owner: owner, body) { self.enqueue($0) }
    }

    /// Queues `body` and returns at once. False when there is no room: then it will not run.
    @discardableResult
    package func submitWithoutWaiting(_ body: @escaping @Sendable () -> Void) -> Bool {
        let job = PoolJob(owner: owner)
        let isPrepared = job.prepare(abandon: { _ in }) { failure in
            if failure == nil { body() }
            return {}
        }
        guard isPrepared else { return false }
        return enqueue(job) == nil
    }

    private func enqueue(_ job: PoolJob) -> BlockingPool.Failure? {
        let (failure, mustSchedule) = state.withLock { state -> (BlockingPool.Failure?, Bool) in
            guard state.queue.count < limit else { return (.queueFull(pool: "lane", limit: limit), false) }
            state.queue.append(job)
            defer { state.isScheduled = true }
            return (nil, !state.isScheduled)
        }
        guard failure == nil, mustSchedule else { return failure }
        return schedule(evenIfFull: false)
    }

    /// Gives the lane to the pool; what waits in it fails when the pool takes no more.
    private func schedule(evenIfFull: Bool) -> BlockingPool.Failure? {
        guard let failure = pool.enqueue(self, evenIfFull: evenIfFull) else { return nil }
        let abandoned = state.withLock { state in
            state.isScheduled = false
            defer { state.queue = [] }
            return state.queue
        }
        for job in abandoned { job.cancel(failure) }
        return failure
    }

    /// Called by a thread of the pool. False when the thread must not be used again.
    func performNext() -> Bool {
        let job = state.withLock { $0.queue.popFirst() }
        let isUsable = job?.perform() ?? true
        let hasMore = state.withLock { state in
            state.isScheduled = !state.queue.isEmpty
            return state.isScheduled
        }
        // At the end of the pool's queue, so that a busy mailbox does not hold a thread for itself.
        if hasMore { _ = schedule(evenIfFull: true) }
        return isUsable
    }
}
