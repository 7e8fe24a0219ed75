import DNS
import Synchronization

@testable import Delivery

/// A web server in memory: what it says now, and how often it was asked.
final class GivenPolicies: STSPolicySource {
    private let state: Mutex<(text: String?, count: Int)>

    private let holdsFirst: Bool

    /// - Parameter holdsFirst: the first fetch ends only when its task is cancelled.
    init(_ text: String?, holdsFirst: Bool = false) {
        state = Mutex((text, 0))
        self.holdsFirst = holdsFirst
    }

    /// Returns when the first fetch has begun.
    func waitForFirst() async {
        while count == 0 { await Task.yield() }
    }

    var count: Int { state.withLock { $0.count } }

    /// Nil fails.
    func set(_ text: String?) { state.withLock { $0.text = text } }

    func fetch(_ domain: DNSName) async throws(STSFetchFailure) -> [UInt8] {
        let (text, isFirst) = state.withLock { state in
            state.count += 1
            return (state.text, state.count == 1)
        }
        if holdsFirst, isFirst {
            while !Task.isCancelled { await Task.yield() }
            throw STSFetchFailure("cancelled")
        }
        guard let text else { throw STSFetchFailure("no web server") }
        return Array(text.utf8)
    }
}

/// A clock that a test moves.
final class MovableClock: Sendable {
    private let seconds = Mutex<Int64>(1_800_000_000)

    var now: Int64 { seconds.withLock { $0 } }

    func advance(_ by: Int64) { seconds.withLock { $0 += by } }
}
