import Synchronization

/// A clock that a test moves.
final class SharedClock: Sendable {
    private let instant: Mutex<ContinuousClock.Instant>

    init() {
        instant = Mutex(.now)
    }

    var now: ContinuousClock.Instant { instant.withLock { $0 } }

    func advance(by duration: Duration) {
        instant.withLock { $0 = $0.advanced(by: duration) }
    }
}
