import DequeModule
import LDAP

/// What the guard remembers and concludes: a value without clock, lock or directory.
///
/// Questions of one kind (base, scope, shape of the filter) are judged together, so that a subtree that vanished is seen
/// though others are whole. A kind with too few known questions is judged by the known ones of all kinds.
struct ShrinkingRecord: Sendable {
    /// A kind of question.
    struct Kind: Hashable, Sendable {
        var base: String
        var scope: SearchScope
        var filter: LDAPFilter
    }

    struct Doubt: Sendable {
        var since: ContinuousClock.Instant
        var nextLook: ContinuousClock.Instant
        /// Had answers, and came back empty.
        var sentinels: [SearchRequest]
    }

    enum Suspicion {
        /// Believe it.
        case none
        /// It is being doubted already.
        case raised
        /// Ask these first.
        case ask([SearchRequest], Kind?)
    }

    private struct KindRecord: Sendable {
        /// The value names the entry that was found.
        var known = RecentlyUsed<SearchRequest, String>()
        var confirmedAt: ContinuousClock.Instant?
        /// Of known questions that were asked again.
        var window: Deque<Repeat> = []

        mutating func note(vanished: Bool, at now: ContinuousClock.Instant, window length: Duration) {
            window.append(Repeat(at: now, vanished: vanished))
            while let first = window.first, window.count > maximumWindow || first.at.duration(to: now) > length {
                window.removeFirst()
            }
        }
    }

    private struct Known: Sendable {
        var kind: Kind
        var entry: String
    }

    private struct Repeat: Sendable {
        var at: ContinuousClock.Instant
        var vanished: Bool
    }

    private let options: ShrinkingGuardOptions
    /// Of all kinds.
    private var known = RecentlyUsed<SearchRequest, Known>()
    private var kinds = RecentlyUsed<Kind, KindRecord>()
    /// By kind; nil is all.
    private(set) var doubts: [Kind?: Doubt] = [:]

    private static let maximumKinds = 1_000
    private static let maximumDoubts = 100
    private static let maximumWindow = 1_000

    init(_ options: ShrinkingGuardOptions) {
        self.options = options
    }

    /// - Parameter entry: the name of an entry that was found; nil for the one that is known.
    mutating func found(_ request: SearchRequest, entry: String?, at now: ContinuousClock.Instant) {
        let kind = request.kind
        let entry = entry ?? known.peek(request)?.entry ?? ""
        known.insert(Known(kind: kind, entry: entry), for: request)
        while known.count > options.maximumKnown, let oldest = known.removeOldest() {
            kinds.update(oldest.value.kind) { $0.known.remove(oldest.key) }
        }
        if kinds.use(kind) == nil {
            kinds.insert(KindRecord(), for: kind)
            while kinds.count > Self.maximumKinds { _ = kinds.removeOldest() }
        }
        let (limit, window) = (options.maximumKnown, options.window)
        kinds.update(kind) { record in
            let isAgain = record.known.insert(entry, for: request) != nil
            while record.known.count > limit { _ = record.known.removeOldest() }
            record.confirmedAt = now
            if isAgain { record.note(vanished: false, at: now, window: window) }
        }
    }

    /// What to think of an answer without entries.
    mutating func empty(_ request: SearchRequest, at now: ContinuousClock.Instant) -> Suspicion {
        let kind = request.kind
        if doubts[kind] != nil || doubts[nil] != nil { return .raised }
        let gone = known.peek(request)
        let isKnown = gone != nil
        let record = kinds.use(kind)
        if isKnown {
            kinds.update(kind) { [options] in $0.note(vanished: true, at: now, window: options.window) }
            if let record = kinds.peek(kind) {
                let vanished = record.window.count { $0.vanished }
                if vanished >= options.minimumVanished,
                    Double(vanished) >= options.share * Double(record.window.count)
                {
                    raise(kind, sentinels: record.known.latest(options.sample), at: now)
                    return .raised
                }
            }
        } else if let confirmedAt = record?.confirmedAt, confirmedAt.duration(to: now) < options.freshness {
            return .none
        }
        // Entries other than the one that is gone, each once: with a user all questions for that user go.
        var seen: Set<String> = gone.map { [$0.entry] } ?? []
        let size = isKnown ? options.sample : options.minimumSample
        let ofKind = record?.known.latest(size) { key, entry in key != request && seen.insert(entry).inserted } ?? []
        if ofKind.count >= options.minimumSample { return .ask(ofKind, kind) }
        // Of a kind of which nothing is known and nothing vanished, others tell nothing.
        guard isKnown else { return .none }
        seen = gone.map { [$0.entry] } ?? []
        let ofAll = known.latest(size) { key, known in key != request && seen.insert(known.entry).inserted }
        return ofAll.count >= options.minimumSample ? .ask(ofAll, nil) : .none
    }

    /// The sample was asked: `vanished` came back empty, `found` did not. Says whether the shrinking is doubted.
    mutating func sampled(
        _ request: SearchRequest, _ kind: Kind?, found: Int, vanished: [SearchRequest], at now: ContinuousClock.Instant
    ) -> Bool {
        if Self.isSudden(found: found, vanished: vanished.count, options) {
            raise(kind, sentinels: vanished, at: now)
            return true
        }
        forget(request)
        return false
    }

    /// A look while in doubt. Says what becomes of the doubt.
    enum Verdict {
        case back
        case believed
        case goesOn
    }

    mutating func looked(_ kind: Kind?, found: Int, vanished: Int, at now: ContinuousClock.Instant) -> Verdict {
        guard let doubt = doubts[kind] else { return .goesOn }
        if found + vanished > 0, !Self.isSudden(found: found, vanished: vanished, options) {
            doubts[kind] = nil
            clearWindow(kind)
            return .back
        }
        if vanished > 0, doubt.since.duration(to: now) >= options.beliefTime {
            believe(kind)
            return .believed
        }
        doubts[kind]?.nextLook = now.advanced(by: options.lookInterval)
        return .goesOn
    }

    /// Doubts whose next look is due; each is given out once for its interval.
    mutating func takeDue(at now: ContinuousClock.Instant) -> [(kind: Kind?, sentinels: [SearchRequest])] {
        let due = doubts.filter { $0.value.nextLook <= now }
        for kind in due.keys { doubts[kind]?.nextLook = now.advanced(by: options.lookInterval) }
        return due.map { ($0.key, $0.value.sentinels) }
    }

    /// Takes what is for true: an operator says so.
    mutating func accept() {
        for kind in Array(doubts.keys) { believe(kind) }
    }

    private static func isSudden(found: Int, vanished: Int, _ options: ShrinkingGuardOptions) -> Bool {
        let asked = found + vanished
        return asked > 0 && vanished > 0 && Double(vanished) >= options.share * Double(asked)
    }

    private mutating func raise(_ kind: Kind?, sentinels: [SearchRequest], at now: ContinuousClock.Instant) {
        // Too many at once are one.
        let kind = doubts.count >= Self.maximumDoubts ? nil : kind
        guard doubts[kind] == nil else { return }
        doubts[kind] = Doubt(
            since: now, nextLook: now.advanced(by: options.lookInterval), sentinels: sentinels)
    }

    /// What is gone is not known any more.
    private mutating func believe(_ kind: Kind?) {
        doubts[kind] = nil
        guard let kind else {
            known.removeAll()
            kinds.removeAll()
            return
        }
        if let record = kinds.remove(kind) {
            for request in record.known.latest(record.known.count) { known.remove(request) }
        }
    }

    private mutating func forget(_ request: SearchRequest) {
        guard let kind = known.remove(request)?.kind else { return }
        kinds.update(kind) { $0.known.remove(request) }
    }

    private mutating func clearWindow(_ kind: Kind?) {
        guard let kind else { return }
        kinds.update(kind) { $0.window = [] }
    }
}

extension SearchRequest {
    /// Base, scope and the filter with its values taken out.
    var kind: ShrinkingRecord.Kind {
        ShrinkingRecord.Kind(base: base, scope: scope, filter: filter.shape)
    }
}

extension LDAPFilter {
    fileprivate var shape: LDAPFilter {
        switch self {
        case .and(let parts): .and(parts.map(\.shape))
        case .or(let parts): .or(parts.map(\.shape))
        case .not(let part): .not(part.shape)
        case .equality(let attribute, _): .equality(attribute, [])
        case .substrings(let attribute, _): .substrings(attribute, LDAPSubstrings())
        case .greaterOrEqual(let attribute, _): .greaterOrEqual(attribute, [])
        case .lessOrEqual(let attribute, _): .lessOrEqual(attribute, [])
        case .present(let attribute): .present(attribute)
        case .approximate(let attribute, _): .approximate(attribute, [])
        case .extensible(let match):
            .extensible(
                LDAPExtensibleMatch(
                    matchingRule: match.matchingRule, attribute: match.attribute, value: [],
                    matchesDNAttributes: match.matchesDNAttributes))
        }
    }
}
