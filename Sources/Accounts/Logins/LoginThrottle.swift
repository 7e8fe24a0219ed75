import MailModel
import Passwords
import Synchronization

/// The clock that logins wait by: the system's, or a test's.
package struct LoginClock: Sendable {
    package var now: @Sendable () -> ContinuousClock.Instant
    /// Throws when the task is cancelled.
    package var sleep: @Sendable (Duration) async throws -> Void

    package init(
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.sleep = sleep
    }

    package static let system = LoginClock(now: { .now }, sleep: { try await Task.sleep(for: $0) })
}

/// Holds back who guesses. The state outlives a reload, so it is made once and handed to each `DirectoryAccounts`.
package final class LoginThrottle: Sendable {
    struct Attempt: Sendable {
        fileprivate let keys: [AttemptLedger.Key]
        fileprivate let login: [UInt8]
        /// Nil when stale passwords are not looked after.
        fileprivate let password: FingerprintKey.Fingerprint?
    }

    private struct State {
        var ledger: AttemptLedger
        var stale: StalePasswords?
        var waiting = 0
    }

    private let options: ThrottleOptions
    private let clock: LoginClock
    private let state: Mutex<State>

    package init(_ options: ThrottleOptions = ThrottleOptions(), clock: LoginClock = .system) {
        self.options = options
        self.clock = clock
        self.state = Mutex(
            State(ledger: AttemptLedger(options), stale: options.stalePasswords.map { StalePasswords($0) }))
    }

    /// Waits for the attempt's turn. Nil when it can't have one: too far off, too many wait, or the client has gone.
    func admit(login: [UInt8], password: Secret, remoteAddress: String?) async -> Attempt? {
        let attempt = Attempt(
            keys: keys(login, remoteAddress), login: login,
            password: state.withLock { $0.stale?.fingerprint(login, password) })
        let admission = state.withLock { state in
            if state.waiting >= options.waiting { return AttemptLedger.Admission.refused }
            let admission = state.ledger.admit(attempt.keys, at: clock.now())
            if case .after = admission { state.waiting += 1 }
            return admission
        }
        switch admission {
        case .now: return attempt
        case .refused: return nil
        case .after(let wait):
            defer { state.withLock { $0.waiting -= 1 } }
            do {
                try await clock.sleep(wait)
                return attempt
            } catch {
                return nil
            }
        }
    }

    /// Whether the directory has refused this very password so often that it is not to be asked again yet.
    func isKnownWrong(_ attempt: Attempt) -> Bool {
        guard let password = attempt.password else { return false }
        return state.withLock { $0.stale?.isKnownWrong(attempt.login, password, at: clock.now()) ?? false }
    }

    /// The directory was asked and said no.
    func refused(_ attempt: Attempt) {
        guard let password = attempt.password else { return }
        state.withLock { $0.stale?.rejected(attempt.login, password, at: clock.now()) }
    }

    func failed(_ attempt: Attempt) {
        state.withLock { $0.ledger.failed(attempt.keys, at: clock.now()) }
    }

    func succeeded(_ attempt: Attempt) {
        state.withLock { state in
            state.ledger.succeeded(attempt.keys)
            state.stale?.accepted(attempt.login)
        }
    }

    private func keys(_ login: [UInt8], _ remoteAddress: String?) -> [AttemptLedger.Key] {
        let octets = remoteAddress.flatMap(AddressBlock.octets) ?? []
        let client = Array(octets.prefix(octets.count == 16 ? 8 : 4))
        // Swift's hashes are keyed afresh in every process.
        var keys = [AttemptLedger.Key(client: client, login: login.hashValue)]
        let isShared = remoteAddress.map { address in options.sharedClients.contains { $0.contains(address) } } ?? true
        if !isShared { keys.append(AttemptLedger.Key(client: client, login: nil)) }
        return keys
    }
}
