import MailModel
import Passwords
import Synchronization

/// Remembers logins that were accepted, for a minute at most, so that a client that logs in for every message does not
/// cost a bind each time. Keyed by everything that a database may look at, passwords as fingerprints of this process.
package final class LoginCache: Sendable {
    package static let longestTimeToLive = Duration.seconds(60)

    private struct State {
        var accounts: [FingerprintKey.Fingerprint: (account: Account, expires: ContinuousClock.Instant)] = [:]
    }

    private let timeToLive: Duration
    private let capacity: Int
    private let clock: LoginClock
    private let key = FingerprintKey()
    private let state = Mutex(State())

    /// A `timeToLive` over 60 seconds is cut to it; 0 turns the cache off.
    package init(timeToLive: Duration = .zero, capacity: Int = 10_000, clock: LoginClock = .system) {
        self.timeToLive = min(timeToLive, Self.longestTimeToLive)
        self.capacity = max(capacity, 1)
        self.clock = clock
    }

    package var isOn: Bool { timeToLive > .zero }

    func fingerprint(_ request: LoginRequest, login: [UInt8]) -> FingerprintKey.Fingerprint {
        key.fingerprint([
            login, request.login, request.password.bytes, Array(request.service.utf8),
            Array((request.remoteAddress ?? "").utf8),
            Array((request.localAddress ?? "").utf8), [request.isSecured ? 1 : 0],
        ])
    }

    func account(_ fingerprint: FingerprintKey.Fingerprint) -> Account? {
        state.withLock { state in
            guard let found = state.accounts[fingerprint] else { return nil }
            guard found.expires > clock.now() else {
                state.accounts[fingerprint] = nil
                return nil
            }
            return found.account
        }
    }

    func store(_ account: Account, _ fingerprint: FingerprintKey.Fingerprint) {
        let now = clock.now()
        state.withLock { state in
            if state.accounts.count >= capacity {
                state.accounts = state.accounts.filter { $0.value.expires > now }
                if state.accounts.count >= capacity { state.accounts = [:] }
            }
            state.accounts[fingerprint] = (account, now + timeToLive)
        }
    }
}
