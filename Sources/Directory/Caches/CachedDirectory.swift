package import LDAP
package import Logging
import Metrics
import Synchronization

/// Stands before a directory. Identical searches that are asked at one time become one, answers are kept for a while,
/// those in use are refreshed ahead of their end, and found ones outlive an outage.
///
/// A key is the whole request, and an instance stands before one directory under one identity, so that no answer serves
/// another one's question. Failures are never kept, passwords are always checked by the directory itself.
package final class CachedDirectory: DirectorySource {
    package let name: String
    package let options: DirectoryCacheOptions
    private let directory: any DirectorySource
    private let health: DirectoryHealth
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<CacheState>
    private let flights = SearchFlights()
    private let refreshes: AsyncStream<SearchRequest>
    private let refreshQueue: AsyncStream<SearchRequest>.Continuation

    /// - Parameter now: the clock, for tests.
    package init(
        _ directory: any DirectorySource, options: DirectoryCacheOptions = DirectoryCacheOptions(),
        logger: Logger = Logger(label: "directory", factory: { _ in SwiftLogNoOpLogHandler() }),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.directory = directory
        self.options = options
        self.now = now
        name = directory.name
        health = DirectoryHealth(name: directory.name, logger: logger)
        state = Mutex(CacheState(options))
        (refreshes, refreshQueue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.maximumQueued))
    }

    private static let maximumQueued = 256

    package func search(_ request: SearchRequest) async -> DirectorySearchOutcome {
        await answer(request).outcome
    }

    package func answer(_ request: SearchRequest) async -> DirectoryAnswer {
        let start = ContinuousClock.now
        func answer(_ outcome: DirectorySearchOutcome, _ provenance: AnswerProvenance) -> DirectoryAnswer {
            health.count(outcome, provenance)
            return DirectoryAnswer(outcome, provenance: provenance, duration: .now - start)
        }
        while true {
            let now = now()
            switch state.withLock({ $0.look(up: request, at: now) }) {
            case .fresh(let outcome, let age, let wantsRefresh):
                if wantsRefresh { queueRefresh(request) }
                return answer(outcome, .cached(age: age))
            case .stale(let outcome, let age):
                health.servesStale()
                return answer(outcome, .stale(age: age))
            case .nothing: break
            }
            switch flights.begin(request) {
            case .leads:
                let outcome = await lead(request)
                return unlessStale(request, outcome, answer)
            case .follows(let waiter):
                switch await flights.landing(of: request, waiter) {
                case .arrived(let outcome): return unlessStale(request, outcome, answer)
                case .abandoned: continue
                case .cancelled:
                    let reason = UnavailableReason(.unreachable, "\(name): the search was cancelled")
                    return answer(.failed(reason), .live)
                }
            }
        }
    }

    package func checkPassword(name: String, password: [UInt8]) async -> PasswordVerdict {
        await directory.checkPassword(name: name, password: password)
    }

    /// Refreshes answers that are in use before they end, until the task is cancelled; once. Without it they are asked
    /// for anew when they have ended.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for await request in refreshes {
                if running >= options.concurrentRefreshes {
                    await group.next()
                    running -= 1
                }
                group.addTask { await self.refresh(request) }
                running += 1
            }
        }
    }

    /// Forgets everything: for a reload, or when somebody knows that the directory changed.
    package func removeAll() {
        state.withLock { $0.removeAll() }
    }

    /// Those who wait for another's search.
    var waiterCount: Int { flights.waiterCount }
    var keptAnswers: Int { state.withLock { $0.count } }
    var keptBytes: Int { state.withLock { $0.bytes } }

    private func queueRefresh(_ request: SearchRequest) {
        guard case .enqueued = refreshQueue.yield(request) else {
            state.withLock { $0.refreshNotQueued(request) }
            return
        }
    }

    private func refresh(_ request: SearchRequest) async {
        guard case .leads = flights.begin(request) else { return }
        _ = await lead(request)
    }

    /// Asks the directory and tells all who wait.
    private func lead(_ request: SearchRequest) async -> DirectorySearchOutcome {
        let live = await directory.answer(request)
        // A search that failed because this task was cancelled says nothing, neither to the others nor of the servers.
        if case .failed = live.outcome, Task.isCancelled {
            flights.land(request, .abandoned)
            return live.outcome
        }
        health.saw(live)
        let now = now()
        let size = state.withLock { state in
            state.keep(live.outcome, for: request, at: now)
            return (state.count, state.bytes)
        }
        health.keeps(answers: size.0, bytes: size.1)
        flights.land(request, .arrived(live.outcome))
        return live.outcome
    }

    private func unlessStale(
        _ request: SearchRequest, _ outcome: DirectorySearchOutcome,
        _ answer: (DirectorySearchOutcome, AnswerProvenance) -> DirectoryAnswer
    ) -> DirectoryAnswer {
        let now = now()
        guard case .failed(let reason) = outcome, reason.kind == .unreachable,
            let stale = state.withLock({ $0.stale(request, at: now) })
        else { return answer(outcome, .live) }
        health.servesStale()
        return answer(.entries(stale.entries), .stale(age: stale.age))
    }
}
