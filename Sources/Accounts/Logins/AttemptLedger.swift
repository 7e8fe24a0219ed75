/// How fast somebody may guess: a pure value that knows failed logins per client and login, and per client.
///
/// A client and login that failed has to wait a second before its next attempt, twice as long after each further
/// failure; a client that fails with many logins is slowed down as a whole. IPv6 clients count by their /64.
struct AttemptLedger: Sendable {
    struct Key: Hashable, Sendable {
        /// 4 octets, or the first 8 of an IPv6 address.
        var client: [UInt8]
        /// Nil for the client as a whole.
        var login: Int?
    }

    enum Admission: Hashable, Sendable {
        case now
        case after(Duration)
        case refused
    }

    private struct Record: Sendable {
        var failures = 0
        var lastFailure: ContinuousClock.Instant
        /// When the next attempt may start: attempts that come together get their turns one after the other.
        var nextTurn: ContinuousClock.Instant
    }

    private let options: ThrottleOptions
    private var records: [Key: Record] = [:]

    init(_ options: ThrottleOptions) {
        self.options = options
    }

    var count: Int { records.count }

    /// Whether an attempt may be made, for all keys that it counts for; takes the turn when it may.
    mutating func admit(_ keys: [Key], at now: ContinuousClock.Instant) -> Admission {
        var start = now
        for key in keys {
            guard let record = records[key], !isForgotten(record, at: now) else { continue }
            start = max(start, record.nextTurn)
        }
        let wait = now.duration(to: start)
        guard wait <= options.longestWait else { return .refused }
        for key in keys {
            guard var record = records[key], !isForgotten(record, at: now) else { continue }
            record.nextTurn = start + penalty(record.failures, key)
            records[key] = record
        }
        return wait > .zero ? .after(wait) : .now
    }

    mutating func failed(_ keys: [Key], at now: ContinuousClock.Instant) {
        makeRoom(at: now)
        for key in keys {
            var record = records[key] ?? Record(lastFailure: now, nextTurn: now)
            if isForgotten(record, at: now) { record.failures = 0 }
            record.failures = min(record.failures + 1, 1_000_000)
            record.lastFailure = now
            record.nextTurn = max(record.nextTurn, now + penalty(record.failures, key))
            records[key] = record
        }
    }

    /// Clears the login's record. The client's own stays: who has one good account must not guess others with it.
    mutating func succeeded(_ keys: [Key]) {
        for key in keys where key.login != nil { records[key] = nil }
    }

    private func penalty(_ failures: Int, _ key: Key) -> Duration {
        let counted = key.login == nil ? failures - options.freeFailuresPerClient : failures
        guard counted > 0 else { return .zero }
        return min(options.penalty * (1 << min(counted - 1, 16)), options.longestPenalty)
    }

    private func isForgotten(_ record: Record, at now: ContinuousClock.Instant) -> Bool {
        record.lastFailure + options.memory < now
    }

    /// Forgets what is old; when that is not enough, those who failed least.
    private mutating func makeRoom(at now: ContinuousClock.Instant) {
        guard records.count >= options.capacity else { return }
        records = records.filter { !isForgotten($0.value, at: now) }
        guard records.count >= options.capacity / 2 else { return }
        let kept = records.sorted { $0.value.failures > $1.value.failures }.prefix(options.capacity / 2)
        records = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}

/// How guesses are slowed down.
package struct ThrottleOptions: Hashable, Sendable {
    /// After the first failure of a client with a login; doubles with each further one.
    package var penalty: Duration
    package var longestPenalty: Duration
    /// An attempt that would have to wait longer is refused at once.
    package var longestWait: Duration
    /// Failures of one client, whatever the logins, before it is slowed down as a whole.
    package var freeFailuresPerClient: Int
    /// After so long without a failure all is forgiven.
    package var memory: Duration
    /// Attempts that wait, of all clients together; the next one is refused.
    package var waiting: Int
    /// Records kept.
    package var capacity: Int
    /// Clients that log in for many people (a webmail): slowed down per login only.
    package var sharedClients: [AddressBlock]
    /// For directories that lock accounts after a number of wrong passwords, as Active Directory does; nil for others.
    package var stalePasswords: StalePasswordOptions?

    package init(
        penalty: Duration = .seconds(1), longestPenalty: Duration = .seconds(15), longestWait: Duration = .seconds(20),
        freeFailuresPerClient: Int = 10, memory: Duration = .seconds(600), waiting: Int = 1024, capacity: Int = 65_536,
        sharedClients: [AddressBlock] = ["127.0.0.0/8", "::1"].compactMap { AddressBlock($0) },
        stalePasswords: StalePasswordOptions? = nil
    ) {
        self.penalty = penalty
        self.longestPenalty = longestPenalty
        self.longestWait = longestWait
        self.freeFailuresPerClient = freeFailuresPerClient
        self.memory = memory
        self.waiting = waiting
        self.capacity = max(capacity, 2)
        self.sharedClients = sharedClients
        self.stalePasswords = stalePasswords
    }
}
