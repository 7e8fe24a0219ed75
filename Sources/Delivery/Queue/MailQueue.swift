import Glibc
import Logging
import MailModel
package import NIOCore
package import Spool

/// The queue at work: takes what must leave or wait, tries it when the schedule says so, and tells senders what became of it.
///
/// The spool's files are the truth; the schedule in memory says when. What was handed over is noted durably before anything
/// else is done with the message, and a report is durable before the recipient it tells of is given up: a crash repeats,
/// it never loses.
package actor MailQueue {
    package nonisolated let spool: MessageSpool
    nonisolated let site: @Sendable () -> QueueSite
    nonisolated let logger = Logger(label: "queue")
    /// Where the next attempt works; nil for the threads that all tasks share.
    private nonisolated let executor: @Sendable () -> (any TaskExecutor)?
    var schedule: DeliverySchedule
    private var recent = RecentMessages()
    /// Who has yet to be told what, by message.
    var unsettled: [QueueID: PendingNotices] = [:]
    /// How many outcomes of a message are on their way to its file: it is not let go before they are there.
    var writing: [QueueID: Int] = [:]
    /// Messages whose senders are being told: one report after the other.
    var settling: Set<QueueID> = []
    /// When a message is looked at again whose notices could not be written.
    var postponed: [QueueID: ContinuousClock.Instant] = [:]
    private var running = 0
    private var isStopping = false
    private nonisolated let wakeups = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    /// Between two tries at what the spool or the directory did not let through.
    static let backoff = Duration.seconds(30)
    /// Messages whose notices are taken up again at once.
    static let notedAtOnce = 100

    /// - Parameter executor: asked for each attempt: that of the connections' event loops spares changes of threads.
    package init(
        spool: MessageSpool, executor: @escaping @Sendable () -> (any TaskExecutor)? = { nil },
        site: @escaping @Sendable () -> QueueSite
    ) {
        self.spool = spool
        self.executor = executor
        self.site = site
        schedule = DeliverySchedule(site().schedule, seed: UInt64.random(in: 0 ... .max))
    }

    static var now: ScheduleInstant {
        ScheduleInstant(monotonic: microseconds(CLOCK_BOOTTIME), wall: microseconds(CLOCK_REALTIME))
    }

    private static func microseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1000
    }

    nonisolated func wake() { wakeups.continuation.yield() }

    // MARK: Intake

    /// A message that is in the spool, durably: it goes out as soon as there is a place.
    ///
    /// - Parameter content: its octets, where they are at hand: the first attempt need not read them.
    package func accept(_ message: QueuedMessage, content: ByteBuffer? = nil) {
        // What is held is resolved when it is released; of what is done only the sender is to be told.
        if !message.isHeld, !message.recipients.allSatisfy(\.state.isFinal) {
            recent.insert(message, content: content)
        }
        schedule.insert(message, now: Self.now, isFresh: true)
        takeUp(untoldOf: message)
        wake()
    }

    /// After a reload: limits and times are the new site's.
    package func siteChanged() {
        schedule.change(site().schedule, now: Self.now)
        wake()
    }

    func forget(_ id: QueueID) {
        recent.remove(id)
        unsettled[id] = nil
        postponed[id] = nil
    }

    // MARK: Running

    /// Delivers until it is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { tasks in
            // Much at once, and nobody waits for it.
            tasks.addTask(executorPreference: globalConcurrentExecutor) { await self.scan() }
            tasks.addTask { await self.keepTime() }
            wake()
            for await _ in wakeups.stream {
                let overdue = takeOverdue()
                if !overdue.isEmpty { tasks.addTask { await self.writeDown(overdue) } }
                while let job = nextJob() {
                    tasks.addTask(executorPreference: executor()) { await self.perform(job) }
                }
                for id in takePostponed() { tasks.addTask { await self.settle(id) } }
            }
            tasks.cancelAll()
        }
    }

    /// Starts nothing more, and waits for what is under way: a message of which the next hop has every octet is not given
    /// up before its reply, or it would arrive twice.
    package func drain(for limit: Duration) async {
        isStopping = true
        let end = ContinuousClock.now + limit
        while running > 0, ContinuousClock.now < end {
            guard (try? await Task.sleep(for: .milliseconds(50))) != nil else { return }
        }
    }

    /// What waited when the server was stopped comes back to the schedule; mail that arrives meanwhile does not wait for it.
    /// Nothing is left behind because a disk failed for a moment.
    private func scan() async {
        while await !hasScanned() {
            guard (try? await Task.sleep(for: Self.backoff)) != nil else { return }
        }
    }

    /// - Returns: whether all that can be read was read.
    private func hasScanned() async -> Bool {
        do throws(SpoolFailure) {
            let found = try await spool.scan { await self.insert($0) }
            for fault in found.faults {
                logger.error("a file of the spool is no message", metadata: ["reason": "\(fault)"])
            }
            if found.messages > 0 { logger.notice("read what waited", metadata: ["messages": "\(found.messages)"]) }
            return found.faults.allSatisfy { $0.kind == .damaged }
        } catch {
            if !Task.isCancelled {
                logger.error("what waits can't all be read", metadata: ["reason": "\(error)"])
            }
            return false
        }
    }

    private func insert(_ messages: [QueuedMessage]) {
        let now = Self.now
        for message in messages where schedule.status(of: message.id) == nil && unsettled[message.id] == nil {
            schedule.insert(message, now: now, isFresh: false)
            takeUp(untoldOf: message)
        }
        wake()
    }

    private func keepTime() async {
        let gauges = QueueGauges()
        var measured: Int64 = 0
        while !Task.isCancelled {
            let now = Self.now
            if now.monotonic &- measured >= 15_000_000 {
                measured = now.monotonic
                gauges.record(schedule.counts, oldestArrival: schedule.oldestArrival, now: now.wall)
            }
            let due = schedule.nextWake(now: now).map { $0 &- now.monotonic } ?? .max
            let microseconds = min(max(due, 10_000), 1_000_000)
            guard (try? await Task.sleep(for: .microseconds(microseconds))) != nil else { return }
            wake()
        }
    }

    private func nextJob() -> DeliveryJob? {
        guard !isStopping, let job = schedule.nextJob(now: Self.now) else { return nil }
        running += 1
        return job
    }

    // MARK: One attempt

    private func perform(_ job: DeliveryJob) async {
        defer { running -= 1 }
        let known = recent.entry(job.message)
        do throws(SpoolFailure) {
            let message: QueuedMessage
            if let known { message = known.message } else { message = try await spool.message(job.message) }
            var outcome = await QueueJob(
                job: job, message: message, content: known?.content, site: site(), spool: spool
            ).run(isResolved: job.attempt == 1 && known?.isResolved() ?? false)
            let (expanded, added) = await expand(job.message, &outcome)
            await conclude(job, expanded ?? message, outcome, added)
        } catch {
            await conclude(job, unreadable: error)
        }
        wake()
    }

    /// Writes down what recipients became, before anything is done about it: the copies are recipients of their own from
    /// then on.
    ///
    /// - Returns: the message as it is then, nil where nothing was written; and the copies, by their places.
    private func expand(
        _ id: QueueID, _ outcome: inout QueueJob.Outcome
    ) async -> (QueuedMessage?, added: [Int: QueuedRecipient]) {
        guard !outcome.expansions.isEmpty else { return (nil, [:]) }
        do throws(SpoolFailure) {
            let (message, places) = try await spool.expand(id, outcome.expansions.map(\.change))
            // It was read before.
            recent.remove(id)
            outcome.results += outcome.expansions.map { ($0.recipient, .expanded) }
            return (message, Dictionary(uniqueKeysWithValues: places.map { ($0, message.recipients[$0]) }))
        } catch {
            outcome.results += outcome.expansions.map { ($0.recipient, .deferred(error.smtpReply, host: nil)) }
            return (nil, [:])
        }
    }

    private func conclude(
        _ job: DeliveryJob, _ message: QueuedMessage, _ outcome: QueueJob.Outcome, _ added: [Int: QueuedRecipient]
    ) async {
        var outcome = outcome
        if Task.isCancelled {
            // The server stops: that is no failure of the next hop's, and no attempt.
            outcome.results.removeAll {
                switch $0.result {
                case .deferred, .unresolved: true
                case .delivered, .failed, .moved, .expanded: false
                }
            }
            if outcome.contact == .unreachable { outcome.contact = .notTried }
        }
        let decisions = schedule.finish(
            job, outcome.results, contact: outcome.contact, added: added, now: Self.now)
        log(job, message, outcome.results)
        // The first attempt is over for these: what is tried again is resolved anew.
        if schedule.status(of: job.message)?.inFlight ?? 0 == 0 { recent.remove(job.message) }
        guard !decisions.isEmpty else { return }
        let changes = take(decisions, of: message, tellsSuccess: outcome.tellsSuccess, isMailbox: job.way == .mailbox)
        await writeDown(changes, of: job.message)
    }

    private func conclude(_ job: DeliveryJob, unreadable failure: SpoolFailure) async {
        let id = job.message
        logger.error("a message can't be read", metadata: ["message": "\(id)", "reason": "\(failure)"])
        switch failure.kind {
        case .noSuchMessage, .damaged:
            // Taken out of the spool by hand, or of no use to anybody.
            _ = schedule.finish(job, [], contact: .notTried, now: Self.now)
            _ = schedule.remove(id)
            forget(id)
            guard failure.kind == .damaged else { return }
            do throws(SpoolFailure) {
                let path = try await spool.setAside(id)
                logger.error("a damaged message is kept", metadata: ["message": "\(id)", "path": "\(path)"])
            } catch {
                logger.error(
                    "a damaged message stays where it is", metadata: ["message": "\(id)", "reason": "\(error)"])
            }
        case .noSpace, .unavailable, .busy:
            let reply = RecipientResult.deferred(failure.smtpReply, host: nil)
            let results = Task.isCancelled ? [] : job.recipients.map { (recipient: $0, result: reply) }
            let decisions = schedule.finish(job, results, contact: .notTried, now: Self.now)
            guard !decisions.isEmpty else { return }
            await writeDown(take(decisions, of: nil, tellsSuccess: [], isMailbox: false), of: id)
        }
    }

    /// Lifetimes and delays of what waits without being tried.
    private func takeOverdue() -> [QueueID] {
        let decisions = schedule.overdue(now: Self.now)
        var ids: [QueueID] = []
        var byMessage: [QueueID: [ScheduleDecision]] = [:]
        for decision in decisions {
            if byMessage[decision.message] == nil { ids.append(decision.message) }
            byMessage[decision.message, default: []].append(decision)
        }
        for (id, decisions) in byMessage {
            _ = take(decisions, of: nil, tellsSuccess: [], isMailbox: false)
            if decisions.contains(.messageIsDone(id)) { recent.remove(id) }
        }
        return ids
    }

    private func writeDown(_ overdue: [QueueID]) async {
        for id in overdue { await writeDown([], of: id) }
    }
}
