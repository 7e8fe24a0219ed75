import DequeModule
import Glibc
import Synchronization

/// The questions that tasks wait for, between them and the thread that asks libunbound. Whoever takes a continuation out of
/// `waiting` resumes it: an answer, the time limit, cancellation, or the end.
final class UnboundLookups: Sendable {
    struct Lookup: Sendable {
        var identifier: UInt64
        var name: DNSName
        var type: RecordType
        var deadline: ContinuousClock.Instant
    }

    private struct State {
        var waiting: [UInt64: CheckedContinuation<UnboundAnswer, Never>] = [:]
        /// Not yet seen by the thread.
        var new: Deque<Lookup> = []
        var nextIdentifier: UInt64 = 0
        /// Why no more questions are taken.
        var closed: String?
        var hasEnded = false
        var waitingForEnd: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let timeLimit: Duration
    private let maximumWaiting: Int
    /// A byte in it wakes the thread. Open as long as anybody could write to it.
    private let wakeReader: Int32
    private let wakeWriter: Int32

    init(_ options: UnboundOptions) throws(UnboundFailure) {
        timeLimit = options.timeLimit
        maximumWaiting = options.maximumWaiting
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw UnboundFailure(description: "no pipe: \(String(cString: strerror(errno)))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        wakeReader = ends[0]
        wakeWriter = ends[1]
    }

    deinit {
        Glibc.close(wakeReader)
        Glibc.close(wakeWriter)
    }

    /// For the thread to poll.
    var wakeDescriptor: Int32 { wakeReader }

    /// Lookups whose answer somebody waits for.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    func ask(_ name: DNSName, _ type: RecordType) async -> UnboundAnswer {
        let identifier = state.withLock { state in
            state.nextIdentifier &+= 1
            return state.nextIdentifier
        }
        let lookup = Lookup(
            identifier: identifier, name: name, type: type, deadline: ContinuousClock.now + timeLimit)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let refusal = state.withLock { state -> String? in
                    if let closed = state.closed { return closed }
                    guard state.waiting.count < maximumWaiting else { return "too many lookups at once" }
                    state.waiting[identifier] = continuation
                    state.new.append(lookup)
                    return nil
                }
                if let refusal {
                    continuation.resume(returning: .failed(refusal))
                } else if Task.isCancelled {
                    // The handler below may have been too early to find it.
                    finish(identifier, .failed(Self.cancelled))
                } else {
                    wake()
                }
            }
        } onCancel: {
            finish(identifier, .failed(Self.cancelled))
        }
    }

    private static let cancelled = "the lookup was cancelled"

    func finish(_ identifier: UInt64, _ answer: UnboundAnswer) {
        state.withLock { $0.waiting.removeValue(forKey: identifier) }?.resume(returning: answer)
    }

    func isAwaited(_ identifier: UInt64) -> Bool { state.withLock { $0.waiting[identifier] != nil } }

    /// For the thread: what came since the last time, or nil when it shall end.
    func takeNew() -> Deque<Lookup>? {
        var byte = [UInt8](repeating: 0, count: 256)
        while read(wakeReader, &byte, byte.count) > 0 {}
        return state.withLock { state in
            guard state.closed == nil else { return nil }
            defer { state.new = [] }
            return state.new
        }
    }

    /// Everybody who waits is told, and the thread ends.
    func close(_ reason: String) {
        let waiting = state.withLock { state in
            if state.closed == nil { state.closed = reason }
            state.new = []
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(returning: .failed(reason)) }
        wake()
    }

    /// The thread says that libunbound is gone.
    func end() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.waitingForEnd = [] }
            return state.waitingForEnd
        }
        for continuation in waiting { continuation.resume() }
    }

    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.waitingForEnd.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    private func wake() {
        var byte: UInt8 = 0
        // A full pipe wakes as well.
        _ = write(wakeWriter, &byte, 1)
    }
}
