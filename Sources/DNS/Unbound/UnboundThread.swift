import DequeModule
import Glibc

/// The thread that owns a context: it takes up questions, waits for libunbound, and resumes who waits.
struct UnboundThread {
    private let lookups: UnboundLookups
    private let context: UnboundContext
    private let maximumInFlight: Int
    private var queue: Deque<UnboundLookups.Lookup> = []
    /// In the order of their ends, which is that of their beginnings.
    private var deadlines: Deque<(instant: ContinuousClock.Instant, identifier: UInt64)> = []

    /// Returns once libunbound is configured. The thread ends with ``UnboundLookups/close(_:)``.
    static func start(
        _ options: UnboundOptions, _ lookups: UnboundLookups
    ) async throws(UnboundFailure) -> [FileStamp] {
        let result: Result<[FileStamp], UnboundFailure> = await withCheckedContinuation { continuation in
            let start = Start(options: options, lookups: lookups, started: continuation)
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { reference in
                    guard let reference else { return nil }
                    Unmanaged<Start>.fromOpaque(reference).takeRetainedValue().run()
                    return nil
                }, Unmanaged.passRetained(start).toOpaque())
            guard status != 0 else {
                pthread_detach(thread)
                return
            }
            Unmanaged.passUnretained(start).release()
            continuation.resume(
                returning: .failure(UnboundFailure(description: "no thread: \(String(cString: strerror(status)))")))
        }
        return try result.get()
    }

    private final class Start {
        let options: UnboundOptions
        let lookups: UnboundLookups
        let started: CheckedContinuation<Result<[FileStamp], UnboundFailure>, Never>

        init(
            options: UnboundOptions, lookups: UnboundLookups,
            started: CheckedContinuation<Result<[FileStamp], UnboundFailure>, Never>
        ) {
            self.options = options
            self.lookups = lookups
            self.started = started
        }

        func run() {
            // Signals are for the threads of the program; libunbound's own inherits this.
            var signals = sigset_t()
            sigfillset(&signals)
            pthread_sigmask(SIG_BLOCK, &signals, nil)
            let lookups = lookups
            defer { lookups.end() }
            do throws(UnboundFailure) {
                // Before they are read: a change in between is seen as one.
                let stamps = options.stamps
                let context = try UnboundContext(options) { lookups.finish($0, $1) }
                started.resume(returning: .success(stamps))
                var thread = UnboundThread(lookups, context, maximumInFlight: options.maximumLookupsInFlight)
                thread.loop()
            } catch {
                lookups.close(error.description)
                started.resume(returning: .failure(error))
            }
        }
    }

    private init(_ lookups: UnboundLookups, _ context: UnboundContext, maximumInFlight: Int) {
        self.lookups = lookups
        self.context = context
        self.maximumInFlight = maximumInFlight
    }

    private mutating func loop() {
        while let new = lookups.takeNew() {
            for lookup in new { deadlines.append((lookup.deadline, lookup.identifier)) }
            queue += new
            takeUp()
            expire()
            var descriptors = [
                pollfd(fd: context.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: lookups.wakeDescriptor, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&descriptors, nfds_t(descriptors.count), millisecondsToWait) > 0 else { continue }
            if descriptors[0].revents != 0, let reason = context.process() {
                lookups.close(reason)
            }
        }
    }

    private mutating func takeUp() {
        while context.questionsInFlight < maximumInFlight, let lookup = queue.popFirst() {
            guard lookups.isAwaited(lookup.identifier) else { continue }
            if let reason = context.ask(lookup.name, lookup.type, lookup.identifier) {
                lookups.finish(lookup.identifier, .failed(reason))
            }
        }
    }

    /// libunbound goes on with what it was asked: in a thread of its own a question can't be taken back. Its answer goes
    /// to the cache and to nobody else.
    private mutating func expire() {
        let now = ContinuousClock.now
        while let first = deadlines.first, first.instant <= now || !lookups.isAwaited(first.identifier) {
            deadlines.removeFirst()
            lookups.finish(first.identifier, .failed("no answer within the time limit"))
        }
    }

    private var millisecondsToWait: Int32 {
        guard let first = deadlines.first else { return -1 }
        let rest = (first.instant - .now).components
        let milliseconds = rest.seconds * 1000 + rest.attoseconds / 1_000_000_000_000_000
        // Rounded up, so that it isn't too early for anything.
        return Int32(clamping: max(0, milliseconds) + 1)
    }
}
