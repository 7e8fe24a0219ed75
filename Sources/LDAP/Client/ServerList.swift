import NIOCore

/// Which servers to try, in which order, and which to leave alone for a while: a value without clock or sockets.
struct ServerList {
    private struct Health {
        var failures = 0
        /// Not tried before, as long as another server answers.
        var retryAt: NIODeadline?
    }

    private var health: [Health]
    /// After all have failed: until then nobody is tried, so that an outage does not become a storm of connections.
    private var pauseUntil: NIODeadline?
    private var consecutivePauses = 0
    private(set) var lastError: LDAPError?

    static let firstDelay = TimeAmount.milliseconds(500)
    static let longestDelay = TimeAmount.seconds(30)
    static let firstPause = TimeAmount.milliseconds(50)
    static let longestPause = TimeAmount.seconds(1)

    init(count: Int) {
        health = Array(repeating: Health(), count: count)
    }

    enum Attempt {
        /// In this order.
        case servers([Int])
        case notNow(LDAPError?)
    }

    /// Servers in order of preference, those that failed lately last.
    func attempt(at now: NIODeadline) -> Attempt {
        if let pauseUntil, now < pauseUntil { return .notNow(lastError) }
        let rested = health.indices.filter { isRested($0, at: now) }
        let tired = health.indices.filter { !isRested($0, at: now) }
        return .servers(rested + tired)
    }

    /// Whether the server may be tried although another one serves.
    func isRested(_ index: Int, at now: NIODeadline) -> Bool {
        guard health.indices.contains(index), let retryAt = health[index].retryAt else { return true }
        return retryAt <= now
    }

    /// Says whether the server was well until now. `jitter` is from 0 to 1.
    @discardableResult
    mutating func failed(_ index: Int, at now: NIODeadline, jitter: Double) -> Bool {
        guard health.indices.contains(index) else { return false }
        let wasWell = health[index].failures == 0
        let delay = Self.delay(
            health[index].failures, first: Self.firstDelay, longest: Self.longestDelay, jitter: jitter)
        health[index].failures += 1
        health[index].retryAt = now + delay
        return wasWell
    }

    /// Says whether the server had failed before.
    @discardableResult
    mutating func succeeded(_ index: Int) -> Bool {
        guard health.indices.contains(index) else { return false }
        let hadFailed = health[index].failures > 0
        health[index] = Health()
        pauseUntil = nil
        consecutivePauses = 0
        lastError = nil
        return hadFailed
    }

    mutating func allFailed(_ error: LDAPError, at now: NIODeadline, jitter: Double) {
        lastError = error
        pauseUntil =
            now + Self.delay(consecutivePauses, first: Self.firstPause, longest: Self.longestPause, jitter: jitter)
        consecutivePauses += 1
    }

    /// Doubles with every failure up to the longest; between half and the whole of that, so that many clients of one
    /// server don't come back together.
    static func delay(_ failures: Int, first: TimeAmount, longest: TimeAmount, jitter: Double) -> TimeAmount {
        let whole = min(first.nanoseconds << min(failures, 20), longest.nanoseconds)
        return .nanoseconds(whole / 2 + Int64(Double(whole / 2) * max(0, min(jitter, 1))))
    }
}
