package import LDAP
package import Logging
import Metrics
import Synchronization

/// Stands between a cache and a directory, and does not believe at once that many who were there a moment ago are gone.
///
/// An empty answer to a question that had an answer before, or to one of a kind of which none was found lately, has some
/// known questions of the same kind asked again. When as many as `share` of them come back empty too, the answers without
/// entries of that kind are `failed` until a later look finds them again, the shrinking has lasted for `beliefTime`, or an
/// operator accepts it (`accept`; a reload starts with a new guard). When the others are still found, it was one entry's
/// removal, which is believed.
///
/// Metrics with the label `directory`: the gauge `directory_shrinking` (1 while something is doubted) and the counter
/// `directory_doubted_answers`.
package final class ShrinkingGuard: DirectorySource {
    package let name: String
    private let directory: any DirectorySource
    private let options: ShrinkingGuardOptions
    private let logger: Logger
    private let now: @Sendable () -> ContinuousClock.Instant
    private let record: Mutex<ShrinkingRecord>
    private let doubted: Counter
    private let shrinking: Gauge

    /// - Parameter now: the clock, for tests.
    package init(
        _ directory: any DirectorySource, options: ShrinkingGuardOptions = ShrinkingGuardOptions(),
        logger: Logger = Logger(label: "directory", factory: { _ in SwiftLogNoOpLogHandler() }),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.directory = directory
        self.options = options
        self.logger = logger
        self.now = now
        name = directory.name
        record = Mutex(ShrinkingRecord(options))
        doubted = Counter(label: "directory_doubted_answers", dimensions: [("directory", name)])
        shrinking = Gauge(label: "directory_shrinking", dimensions: [("directory", name)])
    }

    /// Whether answers are doubted now.
    package var isRaised: Bool { record.withLock { !$0.doubts.isEmpty } }

    package func search(_ request: SearchRequest) async -> DirectorySearchOutcome {
        await answer(request).outcome
    }

    package func answer(_ request: SearchRequest) async -> DirectoryAnswer {
        var answer = await directory.answer(request)
        guard !request.names(anyOf: options.secretAttributes) else { return answer }
        switch answer.outcome {
        case .failed: break
        case .entries(let entries) where !entries.isEmpty:
            let now = now()
            record.withLock { $0.found(request, entry: entries.first?.name, at: now) }
        case .entries, .noSuchObject:
            let start = ContinuousClock.now
            if let reason = await doubt(request) { answer.outcome = .failed(reason) }
            answer.duration += .now - start
        }
        return answer
    }

    package func checkPassword(name: String, password: [UInt8]) async -> PasswordVerdict {
        await directory.checkPassword(name: name, password: password)
    }

    /// Takes a second look at what is doubted, again and again, until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: options.lookInterval)
            guard !Task.isCancelled else { return }
            await lookAgain()
        }
    }

    /// Looks at every doubt whose time has come.
    package func lookAgain() async {
        let now = now()
        for due in record.withLock({ $0.takeDue(at: now) }) {
            let (found, vanished) = await ask(due.sentinels)
            let at = self.now()
            switch record.withLock({
                $0.looked(due.kind, found: found.count, vanished: vanished.count, at: at)
            }) {
            case .back: lowered("what had vanished is found again", due.kind)
            case .believed: lowered("the shrinking has lasted: it is believed", due.kind)
            case .goesOn: break
            }
        }
    }

    /// The operator says that what is gone is meant to be gone.
    package func accept() {
        let wasRaised = record.withLock { record in
            defer { record.accept() }
            return !record.doubts.isEmpty
        }
        guard wasRaised else { return }
        shrinking.record(0)
        logger.notice("the shrinking is accepted", metadata: ["directory": "\(name)"])
    }

    private func doubt(_ request: SearchRequest) async -> UnavailableReason? {
        let now = now()
        let (suspicion, isNew) = record.withLock { record in
            let before = record.doubts.count
            let suspicion = record.empty(request, at: now)
            return (suspicion, record.doubts.count > before)
        }
        switch suspicion {
        case .none: return nil
        case .raised:
            if isNew { raised(request) }
        case .ask(let sentinels, let kind):
            let (found, vanished) = await ask(sentinels)
            guard found.count + vanished.count >= min(options.minimumSample, sentinels.count) else {
                return UnavailableReason(
                    .unreachable,
                    "\(name): found nothing, and gives no answer when asked for what is known: not believed")
            }
            let at = self.now()
            let (isDoubted, isNew) = record.withLock { record in
                for request in found { record.found(request, entry: nil, at: at) }
                let before = record.doubts.count
                let isDoubted = record.sampled(request, kind, found: found.count, vanished: vanished, at: at)
                return (isDoubted, record.doubts.count > before)
            }
            guard isDoubted else { return nil }
            if isNew { raised(request) }
        }
        doubted.increment()
        return UnavailableReason(
            .incomplete,
            "\(name): finds nothing below \"\(request.base)\" where much was found a moment ago: not believed until it lasts "
                + "\(options.beliefTime); see that the directory is whole, or reload if it is meant to be so")
    }

    /// One after the other: a directory in trouble is not asked more than it must be.
    private func ask(_ sentinels: [SearchRequest]) async -> (found: [SearchRequest], vanished: [SearchRequest]) {
        var found: [SearchRequest] = []
        var vanished: [SearchRequest] = []
        for request in sentinels {
            switch await directory.search(request) {
            case .entries(let entries) where !entries.isEmpty: found.append(request)
            case .entries, .noSuchObject: vanished.append(request)
            // Whoever fails once may make each of the others wait as long.
            case .failed: return (found, vanished)
            }
        }
        return (found, vanished)
    }

    private func raised(_ request: SearchRequest) {
        shrinking.record(1)
        logger.error(
            "the directory shrank suddenly: that nothing is found is not believed, mail is deferred",
            metadata: [
                "directory": "\(name)", "base": "\(request.base)", "believed after": "\(options.beliefTime)",
            ])
    }

    private func lowered(_ why: String, _ kind: ShrinkingRecord.Kind?) {
        if !isRaised { shrinking.record(0) }
        logger.notice("\(why)", metadata: ["directory": "\(name)", "base": "\(kind?.base ?? "everything")"])
    }
}
