import MailModel
import Passwords

/// Logins whose client keeps sending one and the same wrong password: a telephone that was not told of the new one. Asked
/// about each time, the directory would lock the account; so after a few times it is asked only now and then.
struct StalePasswords: Sendable {
    private struct Record: Sendable {
        var password: FingerprintKey.Fingerprint
        var times: Int
        var lastAsked: ContinuousClock.Instant
    }

    private let options: StalePasswordOptions
    private let key = FingerprintKey()
    private var records: [Int: Record] = [:]

    init(_ options: StalePasswordOptions) {
        self.options = options
    }

    func fingerprint(_ login: [UInt8], _ password: Secret) -> FingerprintKey.Fingerprint {
        key.fingerprint([login, password.bytes])
    }

    /// Whether the directory has said no to it so often that it need not be asked again yet.
    func isKnownWrong(
        _ login: [UInt8], _ password: FingerprintKey.Fingerprint, at now: ContinuousClock.Instant
    ) -> Bool {
        guard let record = records[login.hashValue], record.password == password else { return false }
        return record.times >= options.times && now < record.lastAsked + options.pause
    }

    mutating func rejected(
        _ login: [UInt8], _ password: FingerprintKey.Fingerprint, at now: ContinuousClock.Instant
    ) {
        if records.count >= options.capacity {
            records = records.filter { now < $0.value.lastAsked + options.pause }
            if records.count >= options.capacity { records = [:] }
        }
        let times = records[login.hashValue].map { $0.password == password ? $0.times : 0 } ?? 0
        records[login.hashValue] = Record(password: password, times: min(times + 1, options.times), lastAsked: now)
    }

    mutating func accepted(_ login: [UInt8]) {
        records[login.hashValue] = nil
    }
}

/// When a wrong password that is sent again and again is no longer asked about.
package struct StalePasswordOptions: Hashable, Sendable {
    /// How often the same wrong password of a login is asked about, to begin with.
    package var times: Int
    /// After that it is asked about once in this time: so long an account whose password became just that stays shut.
    package var pause: Duration
    package var capacity: Int

    package init(times: Int = 3, pause: Duration = .seconds(600), capacity: Int = 65_536) {
        self.times = max(times, 1)
        self.pause = pause
        self.capacity = max(capacity, 1)
    }
}
