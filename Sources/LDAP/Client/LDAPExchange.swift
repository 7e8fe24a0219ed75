import NIOCore

/// The bounds of what a search may bring.
public struct LDAPSearchLimits: Hashable, Sendable {
    public var maximumEntries: Int
    /// Of messages as they come over the wire.
    public var maximumBytes: Int

    public init(maximumEntries: Int = 100_000, maximumBytes: Int = 256 * 1024 * 1024) {
        self.maximumEntries = maximumEntries
        self.maximumBytes = maximumBytes
    }
}

/// Everything that came in answer to one request.
struct LDAPAnswer: Sendable {
    var entries: [LDAPEntry]
    var references: [String]
    /// The response that ended the operation.
    var final: LDAPMessage
}

/// One request and whoever waits for its answer.
///
/// `@unchecked Sendable`: made anywhere, but after that every property is only touched on the event loop of its
/// connection. `finish` is the one place that resumes the waiter, and forgets it in the same step.
final class LDAPExchange: @unchecked Sendable {
    private enum Waiter {
        case nobody
        case continuation(CheckedContinuation<LDAPAnswer, any Error>)
        case stream(LDAPEntrySequence.Source)
    }

    let limits: LDAPSearchLimits
    let timeout: Duration
    var id: Int?
    /// Cancelled, perhaps before it was sent.
    var isCancelled = false
    var isPaused = false
    private var waiter = Waiter.nobody
    private var entries: [LDAPEntry] = []
    private var references: [String] = []
    private var entryCount = 0
    private var byteCount = 0

    init(timeout: Duration, limits: LDAPSearchLimits = LDAPSearchLimits()) {
        self.timeout = timeout
        self.limits = limits
    }

    func wait(_ continuation: CheckedContinuation<LDAPAnswer, any Error>) {
        waiter = .continuation(continuation)
    }

    func wait(_ source: LDAPEntrySequence.Source) {
        waiter = .stream(source)
    }

    var isStream: Bool {
        if case .stream = waiter { return true }
        return false
    }

    enum Progress {
        case goOn
        /// The consumer has enough for now.
        case pause
        /// Beyond the limits.
        case tooMuch
    }

    func receive(_ operation: LDAPOperation, bytes: Int) -> Progress {
        switch operation {
        case .searchResultEntry(let entry):
            entryCount += 1
            byteCount += bytes
            guard entryCount <= limits.maximumEntries, byteCount <= limits.maximumBytes else { return .tooMuch }
            guard case .stream(let source) = waiter else {
                entries.append(entry)
                return .goOn
            }
            if case .stopProducing = source.yield(entry) { return .pause }
            return .goOn
        case .searchResultReference(let urls):
            byteCount += bytes
            guard byteCount <= limits.maximumBytes else { return .tooMuch }
            references += urls
            return .goOn
        default:
            return .goOn
        }
    }

    func finish(_ result: Result<LDAPMessage, any Error>) {
        let waiter = self.waiter
        self.waiter = .nobody
        id = nil
        switch (waiter, result) {
        case (.nobody, _): break
        case (.continuation(let continuation), .success(let message)):
            continuation.resume(returning: LDAPAnswer(entries: entries, references: references, final: message))
            entries = []
        case (.continuation(let continuation), .failure(let error)): continuation.resume(throwing: error)
        case (.stream(let source), .success): source.finish()
        case (.stream(let source), .failure(let error)): source.finish(error)
        }
    }
}
