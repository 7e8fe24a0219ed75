package import Directory
import Synchronization

/// A table of a domain list, with a short memory of the keys it was found to know.
///
/// A list only asks whether a table knows a domain, but a filter such as `(mail=*@%s)` makes the directory name everybody
/// in it, for every recipient. Only "yes" is remembered: a domain that was added is ours at once, one that was taken away
/// a moment later.
package final class RememberedMembership: LookupTable {
    private struct State {
        var found: [[UInt8]: ContinuousClock.Instant] = [:]
    }

    package static let maximumKeys = 10_000

    private let table: any LookupTable
    private let lifetime: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    /// - Parameter lifetime: how long a "yes" holds; zero asks every time.
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
        let time = now()
        if let found = state.withLock({ $0.found[key] }), found.duration(to: time) < lifetime {
            let step = TraceStep(
                .lookup(table: name, key: key, result: .found(Array("known".utf8))), location: location)
            return Answer(.found(key), steps: [step])
        }
        let answer = await table.lookup(key)
        state.withLock { state in
            guard case .found = answer.outcome else {
                state.found[key] = nil
                return
            }
            if state.found.count >= Self.maximumKeys { state.found.removeAll() }
            state.found[key] = time
        }
        return answer
    }
}
