package import Directory
import Synchronization

/// A table in a list of domains whose search holds no key, `(associatedDomain=*)`: it knows the keys that are among its
/// values, without regard to case, and no others.
///
/// The list is kept for a short time, so that it isn't read for every recipient: a domain that was added or taken away
/// counts a moment later. An empty list, or one that can't be had, is asked for again.
package final class ListedValuesTable: LookupTable {
    private struct Kept {
        var values: Set<[UInt8]>
        var since: ContinuousClock.Instant
    }

    private let table: any LookupTable
    private let lifetime: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let kept = Mutex<Kept?>(nil)

    /// - Parameter lifetime: how long a list holds; zero asks every time.
    package init(
        _ table: any LookupTable, lifetime: Duration,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.table = table
        self.lifetime = lifetime
        self.now = now
    }

    package var name: String { table.name }
    package var location: SourceLocation? { table.location }
    package var isPattern: Bool { table.isPattern }

    package func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        // What no value can be says nothing about the list.
        guard !key.isEmpty, !key.contains(0), LookupKey.isText(key) else {
            return answer(key, .absent, [])
        }
        let time = now()
        if let values = kept.withLock({ $0.flatMap { $0.since.duration(to: time) < lifetime ? $0.values : nil } }) {
            return judge(key, values, [])
        }
        let list = await table.lookupValues(key)
        switch list.outcome {
        case .found(let entries):
            let values = Set(entries.flatMap(\.values).map(LookupKey.folded))
            kept.withLock { $0 = Kept(values: values, since: time) }
            return judge(key, values, list.steps)
        case .absent:
            kept.withLock { $0 = nil }
            return answer(key, .absent, list.steps + [decision("the table lists nothing")])
        case .unavailable(let reason):
            return answer(key, .unavailable(reason), list.steps)
        }
    }

    private func judge(_ key: [UInt8], _ values: Set<[UInt8]>, _ steps: [TraceStep]) -> Answer<[UInt8]> {
        let isListed = values.contains(LookupKey.folded(key))
        let note = decision(
            "the filter holds no key, so that the table hosts the \(values.count) it lists:"
                + " \(ASCIIText.text(key)) is \(isListed ? "one" : "none") of them")
        return answer(key, isListed ? .found(key) : .absent, steps + [note])
    }

    private func decision(_ text: String) -> TraceStep {
        TraceStep(.decision(rule: "query_filter", text: text))
    }

    private func answer(_ key: [UInt8], _ outcome: Outcome<[UInt8]>, _ children: [TraceStep]) -> Answer<[UInt8]> {
        let result: TraceStep.LookupResult =
            switch outcome {
            case .found(let value): .found(value)
            case .absent: .absent
            case .unavailable(let reason): .unavailable(reason)
            }
        return Answer(
            outcome,
            steps: [TraceStep(.lookup(table: name, key: key, result: result), location: location, children: children)])
    }
}
