import Glibc
import Logging
import MailModel
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
    var schedule: DeliverySchedule
    /// Messages that came a moment ago: their envelope need not be read, nor their recipients resolved again.
    private var fresh: [QueueID: QueuedMessage] = [:]
    private var unsettled: [QueueID: PendingNotices] = [:]
    /// When a message is looked at again whose notices could not be written.
    private var postponed: [QueueID: ContinuousClock.Instant] = [:]
    private var running = 0
    private var isStopping = false
    private nonisolated let wakeups = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    /// Envelopes kept in memory between arrival and first attempt.
    private static let freshLimit = 4096
    /// Between two tries to write a report that the spool or the directory did not let through.
    private static let noticeBackoff = Duration.seconds(30)

    package init(spool: MessageSpool, site: @escaping @Sendable () -> QueueSite) {
        self.spool = spool
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
    package func accept(_ message: QueuedMessage) {
        if fresh.count < Self.freshLimit { fresh[message.id] = message }
        schedule.insert(message, now: Self.now, isFresh: true)
        wake()
    }

    /// After a reload: limits and times are the new site's.
    package func siteChanged() {
        schedule.change(site().schedule, now: Self.now)
        wake()
    }

    func forget(_ id: QueueID) {
        fresh[id] = nil
        unsettled[id] = nil
        postponed[id] = nil
    }

    // MARK: Running

    /// Delivers until it is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { tasks in
            tasks.addTask { await self.scan() }
            tasks.addTask { await self.keepTime() }
            wake()
            for await _ in wakeups.stream {
                await writeOverdue()
                while let job = nextJob() { tasks.addTask { await self.perform(job) } }
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
    private func scan() async {
        do throws(SpoolFailure) {
            let found = try await spool.scan { await self.insert($0) }
            for fault in found.faults {
                logger.error("a file of the spool is no message", metadata: ["reason": "\(fault)"])
            }
            if found.messages > 0 { logger.notice("read what waited", metadata: ["messages": "\(found.messages)"]) }
        } catch {
            logger.error("what waits can't all be read", metadata: ["reason": "\(error)"])
        }
    }

    private func insert(_ messages: [QueuedMessage]) {
        let now = Self.now
        for message in messages where schedule.status(of: message.id) == nil {
            schedule.insert(message, now: now, isFresh: false)
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
        let known = fresh[job.message]
        var outcome = QueueJob.Outcome()
        do throws(SpoolFailure) {
            let message: QueuedMessage
            if let known { message = known } else { message = try await spool.message(job.message) }
            outcome = await QueueJob(job: job, message: message, site: site(), spool: spool)
                .run(isResolved: known != nil && job.attempt == 1)
            await conclude(job, message, outcome)
        } catch {
            logger.error(
                "a message can't be read", metadata: ["message": "\(job.message)", "reason": "\(error)"])
            outcome.results = job.recipients.map { ($0, .deferred(error.smtpReply, host: nil)) }
            _ = schedule.finish(job, outcome.results, contact: .notTried, now: Self.now)
            if error.kind == .noSuchMessage || error.kind == .damaged {
                // Taken out of the spool by hand, or set aside.
                _ = schedule.remove(job.message)
                forget(job.message)
            }
        }
        wake()
    }

    private func conclude(_ job: DeliveryJob, _ message: QueuedMessage, _ outcome: QueueJob.Outcome) async {
        let decisions = schedule.finish(job, outcome.results, contact: outcome.contact, now: Self.now)
        log(job, message, outcome.results)
        // The first attempt is over for these: what is tried again is resolved anew.
        if job.attempt == 1, schedule.status(of: job.message)?.inFlight ?? 0 == 0 { fresh[job.message] = nil }
        await write(decisions, message, isDSNHandedOver: outcome.isDSNHandedOver, isMailbox: job.way == .mailbox)
    }

    /// Lifetimes and delays of what waits without being tried.
    private func writeOverdue() async {
        let decisions = schedule.overdue(now: Self.now)
        guard !decisions.isEmpty else { return }
        var byMessage: [QueueID: [ScheduleDecision]] = [:]
        for decision in decisions { byMessage[decision.message, default: []].append(decision) }
        for (id, decisions) in byMessage {
            do throws(SpoolFailure) {
                await write(decisions, try await spool.message(id), isDSNHandedOver: false, isMailbox: false)
            } catch {
                logger.error("a message can't be read", metadata: ["message": "\(id)", "reason": "\(error)"])
            }
        }
    }

    // MARK: Writing down

    private func write(
        _ decisions: [ScheduleDecision], _ message: QueuedMessage, isDSNHandedOver: Bool, isMailbox: Bool
    ) async {
        let id = message.id
        var notices = PendingNotices()
        var delivered: [Int] = []
        var changes: [QueueChange] = []
        for decision in decisions {
            switch decision {
            case .delivered(_, let recipient, let reply):
                delivered.append(recipient)
                guard message.wantsSuccess(recipient) else { continue }
                let notice = PendingNotices.Notice(recipient: recipient, reply: reply)
                if isMailbox {
                    notices.delivered.append(notice)
                } else if !isDSNHandedOver {
                    notices.relayed.append(notice)
                }
            case .retry(_, let recipient, let attempts): changes.append(.state([recipient], .waiting(attempts)))
            case .move(_, let recipient, let way): changes.append(.way([recipient], way, isFixed: false))
            case .fail(_, let recipient, let reply, let host, let failure):
                let notice = PendingNotices.Notice(recipient: recipient, reply: reply, host: host)
                if failure == .expired { notices.expired.append(notice) } else { notices.failed.append(notice) }
            case .reportDelay(_, let recipient, let reply, let host):
                notices.delayed.append(PendingNotices.Notice(recipient: recipient, reply: reply, host: host))
            case .messageIsDone: notices.isDone = true
            }
        }
        if !delivered.isEmpty { changes.insert(.state(delivered, .delivered), at: 0) }
        let isSilentEnd = notices.isDone && notices.isSilent && unsettled[id] == nil
        // The end of the file says all of it.
        if !changes.isEmpty, !isSilentEnd {
            do throws(SpoolFailure) {
                try await spool.update(id, changes)
            } catch {
                // Nothing is lost: after a crash it would be tried once more.
                logger.error(
                    "what became of a message can't be written down",
                    metadata: ["message": "\(id)", "reason": "\(error)"])
            }
        }
        guard notices.isDone || !notices.isSilent else { return }
        unsettled[id, default: PendingNotices()].merge(notices)
        if notices.isDone || schedule.status(of: id)?.inFlight ?? 0 == 0 { await settle(id) }
    }

    /// Tells whom it concerns, then writes down that it was told, then lets go of a message that is done.
    private func settle(_ id: QueueID) async {
        guard let notices = unsettled.removeValue(forKey: id) else { return }
        do {
            if !notices.isSilent {
                let message = try await spool.message(id)
                for report in try await QueueReports(site: site(), message: message, spool: spool).reports(notices) {
                    let queued = try await spool.add(
                        id: report.id, envelope: report.envelope, recipients: report.recipients, header: [],
                        body: report.content)
                    logger.notice(
                        "a report goes to <\(report.recipients.first?.given.description ?? "")>",
                        metadata: ["message": "\(id)", "report": "\(report.id)"])
                    accept(queued)
                }
            }
            if notices.isDone {
                try await spool.remove(id)
                fresh[id] = nil
            } else {
                let changes = notices.changes(of: try await spool.message(id))
                if !changes.isEmpty { try await spool.update(id, changes) }
            }
        } catch let failure as SpoolFailure where failure.kind == .noSuchMessage {
            // Taken out of the queue meanwhile: nobody is told.
            forget(id)
        } catch {
            logger.error(
                "a sender can't be told yet", metadata: ["message": "\(id)", "reason": "\(error)"])
            unsettled[id, default: PendingNotices()].merge(notices)
            postponed[id] = .now + Self.noticeBackoff
        }
    }

    private func takePostponed() -> [QueueID] {
        let now = ContinuousClock.now
        let due = postponed.filter { $0.value <= now }.map(\.key)
        for id in due { postponed[id] = nil }
        return due
    }
}

extension PendingNotices {
    /// What being told of changes for the recipients.
    fileprivate func changes(of message: QueuedMessage) -> [QueueChange] {
        let given = (failed + expired).map(\.recipient)
        var changes: [QueueChange] = given.isEmpty ? [] : [.state(given, .failed)]
        for notice in delayed where message.recipients.indices.contains(notice.recipient) {
            guard case .waiting(var attempts) = message.recipients[notice.recipient].state else { continue }
            attempts.isDelayReported = true
            changes.append(.state([notice.recipient], .waiting(attempts)))
        }
        return changes
    }
}

extension QueuedMessage {
    fileprivate func wantsSuccess(_ recipient: Int) -> Bool {
        guard recipients.indices.contains(recipient) else { return false }
        return recipients[recipient].recipient.notify?.contains(.success) ?? false
    }
}

extension ScheduleDecision {
    var message: QueueID {
        switch self {
        case .delivered(let id, _, _), .retry(let id, _, _), .move(let id, _, _), .fail(let id, _, _, _, _),
            .reportDelay(let id, _, _, _), .messageIsDone(let id):
            id
        }
    }
}
