import Accounts
import Synchronization

/// A clock that stands still but for sleeps, which pass at once.
final class ManualClock: Sendable {
    private let state = Mutex((now: ContinuousClock.now, slept: [Duration]()))

    var slept: [Duration] { state.withLock { $0.slept } }

    func advance(_ duration: Duration) {
        state.withLock { $0.now += duration }
    }

    var clock: LoginClock {
        LoginClock(
            now: { self.state.withLock { $0.now } },
            sleep: { duration in
                self.state.withLock {
                    $0.slept.append(duration)
                    $0.now += duration
                }
            })
    }
}
