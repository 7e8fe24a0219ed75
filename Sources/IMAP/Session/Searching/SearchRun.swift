package import MailModel
import NIOCore

/// A search under way: what it looks for, what it gathers of each message found, and how far it has come.
package struct SearchRun: Sendable {
    /// What is kept of the messages found, until all are known.
    private enum Gathered: Sendable {
        case nothing
        case sortValues([SortCriterion], [Int: SortValues])
        case threadFacts(ThreadAlgorithm, [Int: ThreadFacts])
    }

    package let evaluator: SearchEvaluator
    private let byUID: Bool
    private var gathered: Gathered
    /// Indexes into the evaluator's view.
    private var found: [Int] = []
    /// Indexes of what is yet to be looked at, ascending; nil before anything was.
    private var open: ArraySlice<Int>?
    /// No key needs more than the view: the messages are read for what is gathered alone.
    private var isDecidedByView = false
    /// Octets that were gathered.
    private var weight = 0
    /// Messages that must be read.
    package private(set) var total = 0
    /// Once concluded: the indexes of the messages found, in the order that was asked for.
    package private(set) var result: [Int]?
    /// What each message was sorted by is wanted beyond the end, by its index.
    var keepsSortValues = false
    private(set) var sortValues: [Int: SortValues] = [:]
    /// Once concluded: what THREAD answers.
    private(set) var threads = ByteBuffer()

    /// The texts of all messages that a SORT or THREAD gathers, at most (octets).
    private static let maximumWeight = 128 << 20
    /// Decisions about messages by keys that a search may ask for without reading any.
    private static let maximumDecisions = 50_000_000

    package init(_ evaluator: SearchEvaluator, _ kind: SearchRequest.Kind, byUID: Bool) {
        self.evaluator = evaluator
        self.byUID = byUID
        gathered =
            switch kind {
            case .search: .nothing
            case .sort(let criteria): .sortValues(criteria, [:])
            case .thread(let algorithm): .threadFacts(algorithm, [:])
            }
    }

    /// How many decisions `prepare` makes.
    package var decisions: Int { evaluator.keyCount.multipliedReportingOverflow(by: evaluator.view.count).partialValue }

    /// Decides what the view alone can tell: of all messages, or of those `among` alone.
    package mutating func prepare(among indexes: [Int]? = nil) throws(MailboxFailure) {
        guard open == nil else { return }
        guard decisions <= Self.maximumDecisions else {
            throw MailboxFailure(.limitExceeded, "a search with too many keys for so many messages")
        }
        let byView = evaluator.decideByView(among: indexes)
        isDecidedByView = byView.open.isEmpty
        if case .nothing = gathered {
            found = byView.found
            open = byView.open[...]
        } else {
            open = (byView.found + byView.open).sorted()[...]
        }
        total = open?.count ?? 0
        if total == 0 { try conclude() }
    }

    /// Messages that are yet to be read.
    package var remaining: Int { open?.count ?? 0 }

    package var needs: MessageNeeds {
        var needs = isDecidedByView ? MessageNeeds() : evaluator.needs
        switch gathered {
        case .nothing: break
        case .sortValues(let criteria, _): needs.formUnion(SortOrder.needs(criteria))
        case .threadFacts(let algorithm, _): needs.formUnion(ThreadFacts.needs(algorithm))
        }
        return needs
    }

    /// The UIDs of what is yet to be looked at, no more than `limit`.
    package func nextUIDs(_ limit: Int) -> [UInt32] {
        (open ?? []).prefix(limit).compactMap { $0 < evaluator.view.count ? evaluator.view.uids[$0] : nil }
    }

    /// Takes what the store gave for the first of `nextUIDs`, of which it was `asked`: what lies before its last message and
    /// is not in it is gone, all are when it is empty. `now` in seconds since 1970.
    package mutating func take(_ batch: [FetchedMessage], asked: Int, now: Int64) throws(MailboxFailure) {
        guard let last = batch.last?.uid else {
            open = open?.dropFirst(max(asked, 1))
            return
        }
        for message in batch {
            guard let index = evaluator.view.index(of: message.uid) else { continue }
            let facts = MessageInSearch(message)
            guard isDecidedByView || evaluator.matches(index, facts, now: now) else { continue }
            found.append(index)
            gather(index, facts)
        }
        guard weight <= Self.maximumWeight else {
            throw MailboxFailure(.limitExceeded, "more text of messages than one SORT or THREAD may gather")
        }
        let uids = evaluator.view.uids
        let before = remaining
        open = open?.drop { $0 < uids.count && uids[$0] <= last }
        if remaining == before { open = open?.dropFirst() }
    }

    private mutating func gather(_ index: Int, _ facts: MessageInSearch) {
        // Taken out of the enumeration while it grows, so that it is not copied.
        switch gathered {
        case .nothing: break
        case .sortValues(let criteria, var values):
            gathered = .nothing
            let value = SortOrder.values(criteria, of: facts)
            weight += value.weight
            values[index] = value
            gathered = .sortValues(criteria, values)
        case .threadFacts(let algorithm, var all):
            gathered = .nothing
            let fact = ThreadFacts(algorithm, facts)
            weight += fact.weight
            all[index] = fact
            gathered = .threadFacts(algorithm, all)
        }
    }

    /// Puts what was found in order, once nothing remains.
    package mutating func conclude() throws(MailboxFailure) {
        guard result == nil else { return }
        switch gathered {
        case .nothing: result = found.sorted()
        case .sortValues(let criteria, let values):
            if keepsSortValues { sortValues = values }
            result = SortOrder.sorted(values.map { (index: $0.key, values: $0.value) }, by: criteria)
        case .threadFacts(let algorithm, let facts):
            let forest =
                algorithm == .orderedSubject
                ? SubjectThreads.forest(facts) : ReferenceThreads.forest(facts, algorithm)
            guard let forest else { throw MailboxFailure(.limitExceeded, "references that lead everywhere") }
            let view = evaluator.view
            let byUID = byUID
            forest.write(to: &threads) { byUID ? view.uids[$0] : UInt32(clamping: $0 + 1) }
            result = found.sorted()
        }
        gathered = .nothing
    }

    /// The result as the client counts messages.
    var numbers: [UInt32] {
        (result ?? []).map { byUID ? evaluator.view.uids[$0] : UInt32(clamping: $0 + 1) }
    }

    var uids: [UInt32] { (result ?? []).map { evaluator.view.uids[$0] } }
}
