import CBlockingShim
import DequeModule
import Glibc
package import MailModel

/// Threads of our own for calls that block: files, hashing, name service. Make one pool per use, so that a slow disk does
/// not keep logins waiting.
///
/// Threads are started when there is work for them, up to a bound; the queue in front of them is bounded too. A whole
/// transaction belongs in one job: hopping per system call costs more than the calls.
package final class BlockingPool: Sendable {
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case queueFull(pool: String, limit: Int)
        case shutDown(pool: String)
        case noThread(pool: String, errno: Int32)

        package var description: String {
            switch self {
            case .queueFull(let pool, let limit): "\(limit) jobs wait for the threads of pool \(pool)"
            case .shutDown(let pool): "pool \(pool) is shut down"
            case .noThread(let pool, let errno): "pool \(pool) could not start a thread (errno \(errno))"
            }
        }
    }

    private let threads: PoolThreads

    /// - Parameters:
    ///   - name: shown in the names of its threads (15 octets at most) and in errors.
    ///   - threads: how many jobs run at once at most.
    ///   - queueLimit: how many may wait; one more is refused.
    package init(name: String, threads: Int, queueLimit: Int = 4096) {
        self.threads = PoolThreads(name: name, limit: max(1, threads), queueLimit: max(1, queueLimit))
    }

    deinit {
        threads.close(whenDrained: nil)
    }

    /// Runs `body` on a thread of the pool. If the task is cancelled first, `body` is never run and the call throws
    /// `CancellationError`; once it runs, it runs to its end.
    package func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await submit(owner: nil, body) { self.threads.enqueue(.job($0)) }
    }

    /// Runs `body` on a thread of the pool that for this long has the file identity of `owner` and no supplementary
    /// groups. `body` can't suspend, so nothing of the identity leaks into another task.
    package func runWithIdentity<T: Sendable>(
        _ owner: Owner, _ body: @escaping @Sendable () throws -> T
    ) async throws -> T {
        try await submit(owner: owner, body) { self.threads.enqueue(.job($0)) }
    }

    /// Queues `body` and returns at once; no task gives it up. False when there is no room: then it will not run.
    package func submitWithoutWaiting(_ body: @escaping @Sendable () -> Void) -> Bool {
        threads.enqueue(.call(body)) == nil
    }

    /// Refuses new jobs, finishes those queued, and returns when all threads have ended.
    package func shutDown() async {
        await withCheckedContinuation { continuation in
            threads.close { continuation.resume() }
        }
    }

    func enqueue(_ lane: BlockingLane, evenIfFull: Bool) -> Failure? {
        threads.enqueue(.lane(lane), evenIfFull: evenIfFull)
    }
}

/// Queues a job with `enqueue` and waits for its result.
func submit<T: Sendable>(
    owner: Owner?, _ body: @escaping @Sendable () throws -> T, enqueue: (PoolJob) -> BlockingPool.Failure?
) async throws -> T {
    let job = PoolJob(owner: owner)
    return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
            let isPrepared = job.prepare(
                abandon: { continuation.resume(throwing: $0) },
                work: { failure in
                    if let failure { return { continuation.resume(throwing: failure) } }
                    let result = Result { try body() }
                    return { continuation.resume(with: result) }
                })
            guard isPrepared else { return continuation.resume(throwing: CancellationError()) }
            if let failure = enqueue(job) { job.cancel(failure) }
        }
    } onCancel: {
        job.cancel()
    }
}

/// What the pool and its threads share; lives until the last thread has ended.
final class PoolThreads: Sendable {
    enum Work {
        case job(PoolJob)
        case lane(BlockingLane)
        case call(@Sendable () -> Void)
    }

    private struct State {
        var queue = Deque<Work>()
        var threads = 0
        var idle = 0
        var isClosed = false
        var whenDrained: [@Sendable () -> Void] = []
    }

    private let name: String
    private let limit: Int
    private let queueLimit: Int
    private let monitor = ThreadMonitor(State())

    init(name: String, limit: Int, queueLimit: Int) {
        self.name = name
        self.limit = limit
        self.queueLimit = queueLimit
    }

    func enqueue(_ work: Work, evenIfFull: Bool = false) -> BlockingPool.Failure? {
        let failure = monitor.withLock { state -> BlockingPool.Failure? in
            // A lane that goes on with its next job was let in before the pool closed.
            guard !state.isClosed || evenIfFull else { return .shutDown(pool: name) }
            guard state.queue.count < queueLimit || evenIfFull else {
                return .queueFull(pool: name, limit: queueLimit)
            }
            if state.idle <= state.queue.count, state.threads < limit {
                let error = start()
                if error == 0 {
                    state.threads += 1
                } else if state.threads == 0 {
                    return .noThread(pool: name, errno: error)
                }
            }
            state.queue.append(work)
            return nil
        }
        if failure == nil { monitor.signal() }
        return failure
    }

    func close(whenDrained: (@Sendable () -> Void)?) {
        let isEmpty = monitor.withLock { state -> Bool in
            state.isClosed = true
            if state.threads > 0, let whenDrained { state.whenDrained.append(whenDrained) }
            return state.threads == 0
        }
        monitor.broadcast()
        if isEmpty { whenDrained?() }
    }

    private func start() -> Int32 {
        ServiceThread.start(stackSize: 1 << 20) { isService in
            // Where it is not, the next that is queued tries again.
            if isService { self.work() } else { self.end(isReplaced: false) }
        }
    }

    private func work() {
        cblocking_name_thread(name)
        while let work = next() {
            let isUsable: Bool
            switch work {
            case .job(let job): isUsable = job.perform()
            case .lane(let lane): isUsable = lane.performNext()
            case .call(let body):
                body()
                isUsable = true
            }
            if !isUsable { break }
        }
        end()
    }

    private func next() -> Work? {
        monitor.wait { state -> Work?? in
            if let work = state.queue.popFirst() { return .some(work) }
            if state.isClosed { return .some(nil) }
            // Counted while this thread waits; taken off again as soon as it looks at the queue.
            return nil
        } whileWaiting: { state, isWaiting in
            state.idle += isWaiting ? 1 : -1
        }
    }

    /// A thread that ends with work left (its identity could not be restored) is replaced.
    private func end(isReplaced: Bool = true) {
        let finished = monitor.withLock { state -> [@Sendable () -> Void] in
            state.threads -= 1
            if isReplaced, !state.queue.isEmpty, start() == 0 { state.threads += 1 }
            guard state.isClosed, state.threads == 0 else { return [] }
            defer { state.whenDrained = [] }
            return state.whenDrained
        }
        for call in finished { call() }
    }
}
