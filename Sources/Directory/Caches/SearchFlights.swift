import LDAP
import Synchronization

/// Searches that are under way, and those who wait for what another one's search brings.
final class SearchFlights: Sendable {
    /// What becomes of one who waits for another's search.
    enum Landing: Sendable {
        case arrived(DirectorySearchOutcome)
        /// The one who searched gave up: somebody else has to.
        case abandoned
        /// The waiter itself gave up.
        case cancelled
    }

    enum Beginning {
        /// Must end with `land`.
        case leads
        case follows(waiter: Int)
    }

    private struct State {
        var flights: [SearchRequest: [Int: CheckedContinuation<Landing, Never>]] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())

    var waiterCount: Int { state.withLock { $0.flights.values.reduce(0) { $0 + $1.count } } }

    func begin(_ request: SearchRequest) -> Beginning {
        state.withLock { state in
            guard state.flights[request] != nil else {
                state.flights[request] = [:]
                return .leads
            }
            state.nextWaiter &+= 1
            return .follows(waiter: state.nextWaiter)
        }
    }

    func landing(of request: SearchRequest, _ waiter: Int) async -> Landing {
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

    func land(_ request: SearchRequest, _ landing: Landing) {
        let waiting = state.withLock { $0.flights.removeValue(forKey: request) ?? [:] }
        for continuation in waiting.values { continuation.resume(returning: landing) }
    }
}
