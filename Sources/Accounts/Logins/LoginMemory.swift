package import Blocking
import MailModel
package import Passwords
import Synchronization

/// Lets users in while no directory answers, by a strong hash of a password that was right a while ago. A site has to ask
/// for it: nobody knows what has changed meanwhile.
///
/// Kept for an hour at most, under everything that the check looked at; given up as soon as the account is seen disabled,
/// gone, or with another password. Not meant to outlive a reload.
package final class LoginMemory: Sendable {
    package static let longestTimeToLive = Duration.seconds(3600)

    /// Makes a `{SCHEME}value` on a thread meant for it; nil when none is free in time.
    package typealias Hash = @Sendable (_ password: [UInt8]) async -> [UInt8]?

    /// All that a database may look at.
    struct Key: Hashable, Sendable {
        var login: [UInt8]
        var loginUser: [UInt8]
        var originalLogin: [UInt8]
        var databases: [String]
        var service: String
        var mechanism: String
        var localAddress: String?
        var remoteAddress: String?
        var isSecured: Bool
    }

    private struct Record: Sendable {
        var hash: [UInt8]
        var account: Account
        var expires: ContinuousClock.Instant
    }

    private struct State {
        var records: [[UInt8]: [Key: Record]] = [:]
        /// Counts what was given up, so that a login that began before it is not kept after it.
        var sequence: UInt64 = 0
        var forgotten: [[UInt8]: UInt64] = [:]
        /// Logins that began at or before it are not kept.
        var floor: UInt64 = 0
    }

    private let timeToLive: Duration
    private let capacity: Int
    private let checker: PasswordChecker
    private let hash: Hash
    private let clock: LoginClock
    private let state = Mutex(State())

    /// A `timeToLive` over an hour is cut to it; 0 remembers nobody. `capacity` is in logins.
    package init(
        timeToLive: Duration, capacity: Int = 10_000, checker: PasswordChecker, clock: LoginClock = .system,
        hash: @escaping Hash
    ) {
        self.timeToLive = min(timeToLive, Self.longestTimeToLive)
        self.capacity = max(capacity, 1)
        self.checker = checker
        self.hash = hash
        self.clock = clock
    }

    /// Hashes and compares on `pool`.
    package convenience init(timeToLive: Duration, capacity: Int = 10_000, pool: BlockingPool) {
        self.init(
            timeToLive: timeToLive, capacity: capacity,
            checker: PasswordChecker(defaultScheme: .sha512Crypt, pool: pool)
        ) { password in
            try? await pool.run { try? PasswordScheme.sha512Crypt.hashSynchronously(password) }
        }
    }

    package var isOn: Bool { timeToLive > .zero }

    /// To be taken before a check, and given to `store` after it.
    func ticket() -> UInt64 { state.withLock { $0.sequence } }

    func store(_ account: Account, _ password: [UInt8], _ key: Key, ticket: UInt64) async {
        guard isOn, let hash = await hash(password) else { return }
        let now = clock.now()
        state.withLock { state in
            // Whoever was seen disabled after the check began is not remembered for it.
            guard ticket >= state.floor, state.forgotten[key.login].map({ $0 <= ticket }) ?? true else { return }
            if state.records[key.login] == nil, state.records.count >= capacity {
                state.records = state.records.compactMapValues { records in
                    let live = records.filter { $0.value.expires > now }
                    return live.isEmpty ? nil : live
                }
                if state.records.count >= capacity { state.records = [:] }
            }
            var records = state.records[key.login, default: [:]].filter { $0.value.expires > now }
            if records.count >= 16 { records = [:] }
            records[key] = Record(hash: hash, account: account, expires: now + timeToLive)
            state.records[key.login] = records
        }
    }

    enum Recollection: Sendable {
        case account(Account)
        case wrongPassword
        case none
    }

    func recall(_ password: [UInt8], _ key: Key) async -> Recollection {
        guard isOn, let record = record(key) else { return .none }
        switch await checker.check(password, against: record.hash) {
        case .matches:
            // It may have been given up while the hash was made.
            return self.record(key) == nil ? .none : .account(record.account)
        case .differs: return .wrongPassword
        case .unsupported: return .none
        }
    }

    /// The account was seen disabled, or gone.
    package func forget(login: [UInt8]) {
        state.withLock { state in
            state.sequence += 1
            if state.forgotten.count >= 4096 {
                state.floor = state.sequence
                state.forgotten = [:]
            }
            state.forgotten[login] = state.sequence
            state.records[login] = nil
        }
    }

    /// The directory has refused this password: if it is the one remembered, it is right no more.
    func refused(_ password: [UInt8], _ key: Key) async {
        if case .account = await recall(password, key) { forget(login: key.login) }
    }

    private func record(_ key: Key) -> Record? {
        let now = clock.now()
        return state.withLock { state in
            guard let record = state.records[key.login]?[key], record.expires > now else { return nil }
            return record
        }
    }
}
