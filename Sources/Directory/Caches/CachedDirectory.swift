import DequeModule
package import LDAP
import Synchronization

/// Stands before a directory. Identical searches that are asked at one time become one (always), and what was found is kept
/// for a short while (when asked to).
///
/// Only found entries are kept: not that nothing was found, so that a new user gets mail at once; not a missing base; never
/// a failure. Passwords are always checked by the directory itself.
package final class CachedDirectory: DirectorySource {
    package let name: String
    private let directory: any DirectorySource
    private let lifetime: Duration
    private let capacity: Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    private struct State {
        var kept: [SearchRequest: Kept] = [:]
        /// In the order in which they were kept, oldest first.
        var order: Deque<SearchRequest> = []
        var flights: [SearchRequest: [Int: CheckedContinuation<Landing, Never>]] = [:]
        var nextWaiter = 0
    }

    private struct Kept {
        var entries: [LDAPEntry]
        var end: ContinuousClock.Instant
    }

    /// What becomes of one who waits for another's search.
    private enum Landing: Sendable {
        case arrived(DirectorySearchOutcome)
        /// The one who searched gave up: somebody else has to.
        case abandoned
        /// The waiter itself gave up.
        case cancelled
    }

    /// - Parameters:
    ///   - lifetime: how long found entries are kept; zero for not at all.
    ///   - capacity: the number of searches whose entries are kept.
    ///   - now: the clock, for tests.
    package init(
        _ directory: any DirectorySource, lifetime: Duration = .zero, capacity: Int = 10_000,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.directory = directory
        self.lifetime = lifetime
        self.capacity = max(1, capacity)
        self.now = now
        name = directory.name
    }

    package func search(_ request: SearchRequest) async -> DirectorySearchOutcome {
        while true {
            switch begin(request) {
            case .kept(let entries): return .entries(entries)
            case .leads:
                let outcome = await directory.search(request)
                // A search that failed because this task was cancelled says nothing to the others.
                var isAbandoned = false
                if case .failed = outcome, Task.isCancelled { isAbandoned = true }
                land(request, isAbandoned ? .abandoned : .arrived(outcome))
                return outcome
            case .follows(let waiter):
                switch await landing(of: request, waiter) {
                case .arrived(let outcome): return outcome
                case .abandoned: continue
                case .cancelled:
                    return .failed(UnavailableReason(.unreachable, "\(name): the search was cancelled"))
                }
            }
        }
    }

    package func checkPassword(name: String, password: [UInt8]) async -> PasswordVerdict {
        await directory.checkPassword(name: name, password: password)
    }

    /// Forgets everything: for a reload, or when somebody knows that the directory changed.
    package func removeAll() {
        state.withLock { state in
            state.kept = [:]
            state.order = []
        }
    }

    /// Those who wait for another's search.
    var waiterCount: Int { state.withLock { $0.flights.values.reduce(0) { $0 + $1.count } } }

    private enum Beginning {
        case kept([LDAPEntry])
        case leads
        case follows(waiter: Int)
    }

    private func begin(_ request: SearchRequest) -> Beginning {
        let now = now()
        return state.withLock { state in
            if let kept = state.kept[request], now < kept.end { return .kept(kept.entries) }
            guard state.flights[request] != nil else {
                state.flights[request] = [:]
                return .leads
            }
            state.nextWaiter &+= 1
            return .follows(waiter: state.nextWaiter)
        }
    }

    private func landing(of request: SearchRequest, _ waiter: Int) async -> Landing {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let immediate: Landing? = state.withLock { state in
                    if Task.isCancelled { return .cancelled }
                    // It may have landed since `begin`: then this one asks again.
                    guard state.flights[request] != nil else { return .abandoned }
                    state.flights[request]?[waiter] = continuation
                    return nil
                }
                if let immediate { continuation.resume(returning: immediate) }
            }
        } onCancel: {
            let continuation = state.withLock { $0.flights[request]?.removeValue(forKey: waiter) }
            continuation?.resume(returning: .cancelled)
        }
    }

    private func land(_ request: SearchRequest, _ landing: Landing) {
        let end = now().advanced(by: lifetime)
        let waiting = state.withLock { state in
            let waiting = state.flights.removeValue(forKey: request) ?? [:]
            if lifetime > .zero, case .arrived(.entries(let entries)) = landing, !entries.isEmpty {
                Self.keep(Kept(entries: entries, end: end), for: request, capacity: capacity, in: &state)
            }
            return waiting
        }
        for continuation in waiting.values { continuation.resume(returning: landing) }
    }

    private static func keep(_ kept: Kept, for request: SearchRequest, capacity: Int, in state: inout State) {
        if state.kept.updateValue(kept, forKey: request) == nil { state.order.append(request) }
        while state.order.count > capacity, let oldest = state.order.popFirst() {
            state.kept[oldest] = nil
        }
    }
}
