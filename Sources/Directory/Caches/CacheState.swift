import LDAP

/// What a cache knows: a value without clock, lock or directory.
struct CacheState: Sendable {
    private struct Kept: Sendable {
        /// Nil for a missing base.
        var entries: [LDAPEntry]?
        var since: ContinuousClock.Instant
        var end: ContinuousClock.Instant
        var cost: Int
        var isRefreshing = false

        var isFound: Bool { entries.map { !$0.isEmpty } ?? false }
        var outcome: DirectorySearchOutcome { entries.map(DirectorySearchOutcome.entries) ?? .noSuchObject }
    }

    enum Look {
        case fresh(DirectorySearchOutcome, age: Duration, wantsRefresh: Bool)
        /// No server answered a moment ago, and it is not time to ask again.
        case stale(DirectorySearchOutcome, age: Duration)
        case nothing
    }

    private let options: DirectoryCacheOptions
    private var kept = RecentlyUsed<SearchRequest, Kept>()
    private(set) var bytes = 0
    /// Set while no server answers.
    private var retryAt: ContinuousClock.Instant?

    init(_ options: DirectoryCacheOptions) {
        self.options = options
    }

    var count: Int { kept.count }

    mutating func look(up request: SearchRequest, at now: ContinuousClock.Instant) -> Look {
        guard let answer = kept.use(request) else { return .nothing }
        let age = answer.since.duration(to: now)
        if now < answer.end {
            // In the last quarter of its life an answer that is asked for is worth asking for again.
            let isOld = answer.isFound && now.duration(to: answer.end) * 4 < options.foundLifetime
            let wantsRefresh = isOld && !answer.isRefreshing && retryAt.map { now >= $0 } ?? true
            if wantsRefresh { kept.update(request) { $0.isRefreshing = true } }
            return .fresh(answer.outcome, age: age, wantsRefresh: wantsRefresh)
        }
        guard let stale = stale(request, at: now) else {
            remove(request)
            return .nothing
        }
        guard let retryAt, now < retryAt else {
            // This one tries, the others need not wait for what it finds.
            if self.retryAt != nil { self.retryAt = now.advanced(by: options.retryInterval) }
            return .nothing
        }
        return .stale(.entries(stale.entries), age: stale.age)
    }

    /// Entries that may be served while no server answers.
    func stale(_ request: SearchRequest, at now: ContinuousClock.Instant) -> (entries: [LDAPEntry], age: Duration)? {
        guard let answer = kept.peek(request), answer.isFound, let entries = answer.entries,
            now < answer.end.advanced(by: options.staleTime)
        else { return nil }
        return (entries, answer.since.duration(to: now))
    }

    mutating func keep(
        _ outcome: DirectorySearchOutcome, for request: SearchRequest, at now: ContinuousClock.Instant
    ) {
        let entries: [LDAPEntry]?
        switch outcome {
        case .failed(let reason):
            kept.update(request) { $0.isRefreshing = false }
            retryAt = reason.kind == .unreachable ? now.advanced(by: options.retryInterval) : nil
            return
        case .noSuchObject: entries = nil
        case .entries(let found): entries = found
        }
        retryAt = nil
        // Whatever was kept is not the truth any more, kept anew or not.
        remove(request)
        let isFound = entries.map { !$0.isEmpty } ?? false
        let lifetime = isFound ? options.foundLifetime : options.emptyLifetime
        let secrets = options.secretAttributes
        let cost = (entries ?? []).reduce(request.cost) { $0 + $1.cost }
        guard lifetime > .zero, cost <= options.maximumBytes / 8, !request.names(anyOf: secrets),
            !(entries ?? []).contains(where: { $0.holds(anyOf: secrets) })
        else { return }
        kept.insert(Kept(entries: entries, since: now, end: now.advanced(by: lifetime), cost: cost), for: request)
        bytes += cost
        while kept.count > options.maximumAnswers || bytes > options.maximumBytes, let oldest = kept.removeOldest() {
            bytes -= oldest.value.cost
        }
    }

    mutating func refreshNotQueued(_ request: SearchRequest) {
        kept.update(request) { $0.isRefreshing = false }
    }

    mutating func removeAll() {
        kept.removeAll()
        bytes = 0
    }

    private mutating func remove(_ request: SearchRequest) {
        if let old = kept.remove(request) { bytes -= old.cost }
    }
}
