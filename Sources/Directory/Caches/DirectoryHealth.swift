import Logging
import Metrics
import Synchronization

/// Tells of a directory's state: a log line for every change, figures for every answer.
///
/// Metrics, each with the label `directory`: the counter `directory_answers` (`source`: live, cached, stale, failed), the
/// timer `directory_search` of searches at the servers, the gauges `directory_reachable` (0 or 1), `directory_cache_answers`
/// and `directory_cache_bytes`.
final class DirectoryHealth: Sendable {
    private struct State {
        /// Nil before the first answer.
        var isLost: Bool?
        var servesStale = false

        /// Says whether that is news.
        mutating func lose() -> Bool {
            defer { isLost = true }
            return isLost != true
        }

        /// Nil if it was there all the time, true if it was lost.
        mutating func regain() -> Bool? {
            defer { self = Self(isLost: false) }
            return isLost == false ? nil : isLost == true
        }
    }

    private let name: String
    private let logger: Logger
    private let state = Mutex(State())
    private let live: Counter
    private let cached: Counter
    private let stale: Counter
    private let failed: Counter
    private let time: Timer
    private let reachable: Gauge
    private let answers: Gauge
    private let bytes: Gauge

    init(name: String, logger: Logger) {
        self.name = name
        self.logger = logger
        let label = [("directory", name)]
        func counter(_ source: String) -> Counter {
            Counter(label: "directory_answers", dimensions: label + [("source", source)])
        }
        live = counter("live")
        cached = counter("cached")
        stale = counter("stale")
        failed = counter("failed")
        time = Timer(label: "directory_search", dimensions: label)
        reachable = Gauge(label: "directory_reachable", dimensions: label)
        answers = Gauge(label: "directory_cache_answers", dimensions: label)
        bytes = Gauge(label: "directory_cache_bytes", dimensions: label)
    }

    /// An answer that leaves the cache.
    func count(_ outcome: DirectorySearchOutcome, _ provenance: AnswerProvenance) {
        if case .failed = outcome {
            failed.increment()
            return
        }
        switch provenance {
        case .live: live.increment()
        case .cached: cached.increment()
        case .stale: stale.increment()
        }
    }

    /// What the directory itself answered.
    func saw(_ answer: DirectoryAnswer) {
        time.record(duration: answer.duration)
        if case .failed(let reason) = answer.outcome, reason.kind == .unreachable {
            guard state.withLock({ $0.lose() }) else { return }
            reachable.record(0)
            logger.error("directory lost", metadata: ["directory": "\(name)", "reason": "\(reason)"])
        } else {
            guard let wasLost = state.withLock({ $0.regain() }) else { return }
            reachable.record(1)
            guard wasLost else { return }
            logger.notice("directory back", metadata: ["directory": "\(name)"])
        }
    }

    func servesStale() {
        let isNew = state.withLock { state in
            defer { state.servesStale = true }
            return !state.servesStale
        }
        guard isNew else { return }
        logger.warning("stale answers are served until a server answers again", metadata: ["directory": "\(name)"])
    }

    func keeps(answers: Int, bytes: Int) {
        self.answers.record(answers)
        self.bytes.record(bytes)
    }
}
