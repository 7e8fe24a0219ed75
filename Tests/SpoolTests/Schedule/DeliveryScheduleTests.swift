import MailModel
import Testing

@testable import Spool

@Suite("The delivery schedule")
struct DeliveryScheduleTests {
    private let dead: QueuedWay

    init() throws {
        dead = .remote(.smtp, nextHop: nil, domain: try #require(Domain("dead.example")))
    }

    @Test("Recipients of one destination share a transaction, up to the limit")
    func grouping() throws {
        let schedule = TestedSchedule(ScheduleOptions(limits: .init(recipientsPerJob: 3)), seed: 1)
        let message = try QueuedMessage.sample(
            to: ["a@one.example", "b@two.example", "c@one.example", "d@one.example", "e@ONE.example"])
        schedule.insert(message, now: instant(0), isFresh: true)
        let jobs = schedule.allJobs(instant(0))
        #expect(Set(jobs.map(\.recipients)) == [[0, 2, 3], [4], [1]])
        #expect(schedule.counts.inFlight == 5)
        for job in jobs { _ = schedule.finish(job, .delivered(accepted), now: instant(1)) }
        #expect(schedule.counts == ScheduleCounts())
    }

    @Test("Mail through one relay host is one destination, whatever the domains")
    func relayHost() throws {
        let schedule = TestedSchedule(ScheduleOptions(), seed: 1)
        let one = try #require(Domain("one.example"))
        let two = try #require(Domain("two.example"))
        var message = try QueuedMessage.sample(to: ["a@one.example", "b@two.example"])
        message.recipients[0].way = .remote(.smtp, nextHop: "[relay.example]", domain: one)
        message.recipients[1].way = .remote(.smtp, nextHop: "[relay.example]", domain: two)
        schedule.insert(message, now: instant(0), isFresh: true)
        #expect(schedule.allJobs(instant(0)).map(\.recipients) == [[0, 1]])
    }

    @Test("Each result is written down, and the message ends with its last recipient")
    func results() throws {
        let schedule = TestedSchedule(ScheduleOptions(), seed: 1)
        let message = try QueuedMessage.sample(to: ["a@x.example", "b@x.example", "c@x.example"])
        schedule.insert(message, now: instant(0), isFresh: true)
        let job = try #require(schedule.nextJob(now: instant(0)))
        let decisions = schedule.finish(
            job,
            [(0, .delivered(accepted)), (1, .failed(noSuchUser, host: "mx")), (2, .deferred(greylisted, host: "mx"))],
            contact: .reached, now: instant(10))
        #expect(decisions.count == 3)
        #expect(decisions[0] == .delivered(message.id, recipient: 0, accepted))
        #expect(decisions[1] == .fail(message.id, recipient: 1, noSuchUser, host: "mx", .refused))
        guard case .retry(_, 2, let attempts) = decisions[2] else {
            Issue.record("no retry")
            return
        }
        #expect(attempts.count == 1 && attempts.last == greylisted && attempts.lastHost == "mx")
        let wait = (attempts.next - instant(10).wall) / second
        #expect((300...338).contains(wait))
        #expect(schedule.nextJob(now: instant(10 + 299)) == nil)
        let again = try #require(schedule.nextJob(now: instant(10 + wait + 1)))
        #expect(again.recipients == [2] && again.attempt == 2)
        #expect(
            schedule.finish(again, .delivered(accepted), now: instant(400))
                == [.delivered(message.id, recipient: 2, accepted), .messageIsDone(message.id)])
    }

    @Test("A recipient without a result waits on, uncounted")
    func noResult() throws {
        let schedule = TestedSchedule(ScheduleOptions(), seed: 1)
        schedule.insert(try .sample(to: ["a@x.example"]), now: instant(0), isFresh: true)
        let job = try #require(schedule.nextJob(now: instant(0)))
        #expect(schedule.finish(job, [], contact: .notTried, now: instant(1)) == [])
        #expect(schedule.nextJob(now: instant(2)) == nil)
        #expect(schedule.nextJob(now: instant(400))?.attempt == 1)
    }

    @Test(
        "A destination that nobody can speak with is dead: later mail waits with it, one probe at a time, and comes at once when it lives"
    )
    func death() throws {
        let schedule = TestedSchedule(ScheduleOptions(), seed: 1)
        for _ in 0..<10 { schedule.insert(try .sample(to: ["a@dead.example"]), now: instant(0), isFresh: true) }
        let first = schedule.allJobs(instant(0))
        #expect(first.count == 5)
        for job in first { _ = schedule.finishUnreachable(job, now: instant(30)) }
        #expect(schedule.destination(dead)?.deadUntil != nil)
        schedule.insert(try .sample(to: ["b@dead.example"]), now: instant(31), isFresh: true)
        #expect(schedule.nextJob(now: instant(329)) == nil)
        let probe = schedule.allJobs(instant(400))
        #expect(probe.count == 1 && probe[0].isProbe)
        #expect(schedule.nextJob(now: instant(800)) == nil, "one probe at a time")
        _ = schedule.finishUnreachable(probe[0], now: instant(801))
        #expect(schedule.nextJob(now: instant(801 + 599)) == nil, "twice as long")
        let second = schedule.allJobs(instant(801 + 700))
        #expect(second.count == 1)
        _ = schedule.finish(second[0], .delivered(accepted), now: instant(1502))
        #expect(schedule.destination(dead)?.deadUntil == nil)
        #expect(schedule.counts.deferred == 0, "what failed with it is due with it")
        var delivered = 1
        var open = schedule.allJobs(instant(1503))
        #expect(open.count == 1)
        while !open.isEmpty {
            for job in open {
                _ = schedule.finish(job, .delivered(accepted), now: instant(1504))
                delivered += 1
            }
            open = schedule.allJobs(instant(1504))
        }
        #expect(delivered == 11 && schedule.count == 0)
    }

    @Test("A job that fails among those that succeed kills nothing, and 421 for all halves the jobs at once")
    func concurrency() throws {
        let schedule = TestedSchedule(ScheduleOptions(), seed: 1)
        for _ in 0..<100 { schedule.insert(try .sample(to: ["a@dead.example"]), now: instant(0), isFresh: true) }
        for round in 0..<4 {
            let jobs = schedule.allJobs(instant(Int64(round)))
            for (place, job) in jobs.enumerated() {
                if place == 0 {
                    _ = schedule.finishUnreachable(job, now: instant(Int64(round)))
                } else {
                    _ = schedule.finish(job, .delivered(accepted), now: instant(Int64(round)))
                }
            }
        }
        let grown = try #require(schedule.destination(dead))
        #expect(grown.deadUntil == nil && grown.concurrency > 5 && grown.concurrency <= 20)
        let job = try #require(schedule.nextJob(now: instant(5)))
        _ = schedule.finish(job, .deferred(SMTPReply(421, nil, "Too many"), host: "mx"), now: instant(5))
        #expect(schedule.destination(dead)?.concurrency == grown.concurrency / 2)
    }

    @Test("One mailbox that is broken holds up no other")
    func mailboxes() throws {
        let schedule = TestedSchedule(ScheduleOptions(concurrencyPerMailbox: 2, mailboxJobs: 4), seed: 1)
        for _ in 0..<100 {
            schedule.insert(try .sample(to: ["full@here.example"], way: .mailbox), now: instant(0), isFresh: true)
        }
        schedule.insert(
            try .sample(to: ["x@here.example", "y@here.example", "z@here.example"], way: .mailbox), now: instant(1),
            isFresh: true)
        let jobs = schedule.allJobs(instant(1))
        #expect(jobs.count == 4, "no more than the places for mailboxes")
        #expect(jobs.allSatisfy { $0.recipients.count == 1 })
        #expect(Set(jobs.map(\.message)).count >= 2)
        for job in jobs { _ = schedule.finishUnreachable(job, now: instant(2)) }
        #expect(schedule.allJobs(instant(2)).allSatisfy { $0.recipients.count == 1 })
        #expect(schedule.destination(.mailbox)?.waitingRecipients == 103 - schedule.counts.inFlight)
    }

    @Test("A lifetime of nothing is one attempt; a lifetime that ends on a dead destination bounces with its reply")
    func expiry() throws {
        let once = TestedSchedule(ScheduleOptions(lifetime: .zero), seed: 1)
        let single = try QueuedMessage.sample(to: ["a@dead.example"])
        once.insert(single, now: instant(0), isFresh: true)
        let job = try #require(once.nextJob(now: instant(0)))
        #expect(
            once.finish(job, .deferred(greylisted, host: "mx"), now: instant(1))
                == [.fail(single.id, recipient: 0, greylisted, host: "mx", .expired), .messageIsDone(single.id)])

        let schedule = TestedSchedule(
            ScheduleOptions(lifetime: .seconds(3600), limits: .init(initialConcurrency: 1)), seed: 1)
        schedule.insert(try .sample(to: ["a@dead.example"]), now: instant(0), isFresh: true)
        let waiting = try QueuedMessage.sample(to: ["b@dead.example"])
        let first = try #require(schedule.nextJob(now: instant(0)))
        schedule.insert(waiting, now: instant(1), isFresh: true)
        _ = schedule.finishUnreachable(first, now: instant(30))
        #expect(schedule.overdue(now: instant(3590)) == [])
        let decisions = schedule.overdue(now: instant(3602))
        #expect(decisions.contains(.fail(waiting.id, recipient: 0, noConnection, host: nil, .expired)))
        #expect(decisions.contains(.messageIsDone(waiting.id)))
    }

    @Test(
        "An outage of the directory bounces nothing, however long it lasts; what is known again ends as it would have")
    func unresolved() throws {
        let schedule = TestedSchedule(
            ScheduleOptions(minimalBackoff: .seconds(60), maximalBackoff: .seconds(60), lifetime: .seconds(3600)),
            seed: 1)
        let message = try QueuedMessage.sample(to: ["a@x.example"])
        schedule.insert(message, now: instant(0), isFresh: true)
        let outage = SMTPReply(451, EnhancedStatusCode(4, 3, 0), "Temporary lookup failure")
        var now: Int64 = 0
        var attempts = 0
        while now < 4 * 3600 {
            now += 1
            #expect(schedule.overdue(now: instant(now)) == [])
            guard let job = schedule.nextJob(now: instant(now)) else { continue }
            attempts += 1
            let decisions = schedule.finish(job, .unresolved(outage), .notTried, now: instant(now))
            guard case .retry(message.id, recipient: 0, _)? = decisions.first, decisions.count == 1 else {
                Issue.record("given up after \(now) s: \(decisions)")
                return
            }
        }
        #expect(attempts > 100)
        var next: DeliveryJob?
        while next == nil, now < 5 * 3600 {
            now += 1
            next = schedule.nextJob(now: instant(now))
        }
        let job = try #require(next)
        #expect(
            schedule.finish(job, .deferred(greylisted, host: "mx"), now: instant(now))
                == [.fail(message.id, recipient: 0, greylisted, host: "mx", .expired), .messageIsDone(message.id)])
    }

    @Test("A clock two days ahead at start bounces nothing at once, and forgets nothing")
    func clockAheadAtStart() throws {
        let schedule = TestedSchedule(ScheduleOptions(), seed: 1)
        let now = instant(0, wallShift: 2 * day)
        let old = try QueuedMessage.sample(
            to: ["a@x.example"], arrival: epoch - 4 * day,
            attempts: QueuedAttempts(count: 40, next: epoch + 1000 * second))
        schedule.insert(old, now: now, isFresh: false)
        let job = try #require(schedule.nextJob(now: now))
        let decisions = schedule.finish(job, .deferred(greylisted, host: nil), now: now)
        guard case .retry = decisions.first else {
            Issue.record("bounced at once")
            return
        }
        // The clock is set right: four days old again.
        let later = try #require(schedule.nextJob(now: instant(5000)))
        guard case .retry = schedule.finish(later, .deferred(greylisted, host: nil), now: instant(5000)).first else {
            Issue.record("bounced by a clock that was wrong once")
            return
        }
    }

    @Test("A clock two days behind at start keeps nobody waiting longer than the longest wait")
    func clockBehindAtStart() throws {
        let schedule = TestedSchedule(ScheduleOptions(), seed: 1)
        let now = instant(0, wallShift: -2 * day)
        schedule.insert(
            try .sample(to: ["a@x.example"], attempts: QueuedAttempts(count: 3, next: epoch + 100 * second)), now: now,
            isFresh: false)
        #expect(schedule.nextJob(now: now) == nil)
        #expect(try #require(schedule.nextWake(now: now)) <= 4500 * second)
        #expect(schedule.nextJob(now: instant(4501, wallShift: -2 * day)) != nil)
    }

    @Test("Held mail is not tried and does not expire; released, it is tried at once")
    func hold() throws {
        let schedule = TestedSchedule(ScheduleOptions(lifetime: .seconds(1000)), seed: 1)
        let message = try QueuedMessage.sample(to: ["a@x.example", "b@y.example"])
        schedule.insert(message, now: instant(0), isFresh: true)
        let job = try #require(schedule.nextJob(now: instant(0)))
        schedule.hold(message.id)
        #expect(schedule.nextJob(now: instant(1)) == nil)
        _ = schedule.finish(job, .deferred(greylisted, host: nil), now: instant(2))
        #expect(schedule.counts.held == 2)
        #expect(schedule.nextWake(now: instant(2)) == nil)
        #expect(schedule.overdue(now: instant(5000)) == [])
        schedule.release(message.id, now: instant(5000))
        #expect(schedule.allJobs(instant(5000)).count == 2)
    }

    @Test("What is removed is forgotten; what was in flight is told of only if it arrived")
    func remove() throws {
        let schedule = TestedSchedule(ScheduleOptions(), seed: 1)
        let message = try QueuedMessage.sample(to: ["a@x.example", "b@x.example", "c@y.example"])
        schedule.insert(message, now: instant(0), isFresh: true)
        let jobs = schedule.allJobs(instant(0))
        #expect(!schedule.remove(message.id))
        let x = try #require(jobs.first { $0.recipients.count == 2 })
        let y = try #require(jobs.first { $0.recipients.count == 1 })
        #expect(
            schedule.finish(
                x, [(0, .delivered(accepted)), (1, .failed(noSuchUser, host: nil))], contact: .reached, now: instant(1))
                == [.delivered(message.id, recipient: 0, accepted)])
        #expect(schedule.finish(y, .deferred(greylisted, host: nil), now: instant(1)) == [.messageIsDone(message.id)])
        #expect(schedule.counts == ScheduleCounts())
        #expect(schedule.remove(message.id), "unknown by now")
    }

    @Test("A flush tries what is selected now, dead destinations by one probe")
    func flush() throws {
        let schedule = TestedSchedule(ScheduleOptions(limits: .init(initialConcurrency: 1)), seed: 1)
        let waits = try QueuedMessage.sample(to: ["a@x.example"])
        schedule.insert(waits, now: instant(0), isFresh: true)
        schedule.insert(try .sample(to: ["a@dead.example"]), now: instant(0), isFresh: true)
        schedule.insert(try .sample(to: ["b@dead.example"]), now: instant(0), isFresh: true)
        for job in schedule.allJobs(instant(0)) {
            _ =
                job.message == waits.id
                ? schedule.finish(job, .deferred(greylisted, host: nil), now: instant(1))
                : schedule.finishUnreachable(job, now: instant(1))
        }
        schedule.flush(.domain(try #require(Domain("x.example"))), now: instant(2))
        #expect(schedule.allJobs(instant(2)).map(\.message) == [waits.id])
        schedule.flush(.all, now: instant(3))
        #expect(schedule.allJobs(instant(3)).map(\.isProbe) == [true])
    }

    @Test("A recipient that resolves elsewhere goes there at once, but not to and fro")
    func move() throws {
        let schedule = TestedSchedule(ScheduleOptions(), seed: 1)
        let message = try QueuedMessage.sample(to: ["a@x.example"])
        let address = message.recipients[0].recipient.address
        let relay = QueuedWay.remote(.smtp, nextHop: "[relay]", domain: address.domain)
        schedule.insert(message, now: instant(0), isFresh: true)
        let job = try #require(schedule.nextJob(now: instant(0)))
        #expect(
            schedule.finish(job, .moved(to: relay, address), .notTried, now: instant(0))
                == [.move(message.id, recipient: 0, to: relay)])
        let moved = try #require(schedule.nextJob(now: instant(0)))
        #expect(moved.way == relay && moved.attempt == 1)
        _ = schedule.finish(moved, .moved(to: message.recipients[0].way, address), .notTried, now: instant(0))
        #expect(schedule.nextJob(now: instant(299)) == nil)
        #expect(schedule.nextJob(now: instant(400)) != nil)
    }

    @Test("A letter goes out between the parts of a list for the same host")
    func list() throws {
        let schedule = TestedSchedule(ScheduleOptions(), seed: 1)
        let list = try QueuedMessage.sample(to: (0..<5000).map { "user\($0)@big.example" })
        let letter = try QueuedMessage.sample(to: ["b@big.example"])
        schedule.insert(list, now: instant(0), isFresh: true)
        schedule.insert(letter, now: instant(0), isFresh: true)
        var jobs = schedule.allJobs(instant(0))
        #expect(jobs[0].recipients == Array(0..<50) && jobs[1].message == letter.id)
        #expect(jobs[2].recipients == Array(50..<100))
        var finished: [Int] = []
        var last: [ScheduleDecision] = []
        while !jobs.isEmpty {
            for job in jobs {
                if job.message == list.id { finished += job.recipients }
                last = schedule.finish(job, .delivered(accepted), now: instant(1))
            }
            jobs = schedule.allJobs(instant(1))
        }
        #expect(finished.sorted() == Array(0..<5000))
        #expect(last.last == .messageIsDone(list.id))
        #expect(schedule.destinations == [])
    }

    @Test("What is requeued is tried as if it had just come, also when it was held")
    func requeue() throws {
        let schedule = TestedSchedule(ScheduleOptions(), seed: 1)
        let message = try QueuedMessage.sample(to: ["a@x.example"], isHeld: true)
        schedule.insert(message, now: instant(0), isFresh: false)
        #expect(schedule.nextJob(now: instant(0)) == nil)
        #expect(schedule.status(of: message.id)?.isHeld == true)
        schedule.requeue(message.id, now: instant(1))
        let job = try #require(schedule.allJobs(instant(1)).first)
        _ = schedule.finish(job, .deferred(greylisted, host: nil), now: instant(2))
        #expect(try #require(schedule.status(of: message.id)?.nextAttempt) > instant(301).monotonic)
        schedule.requeue(message.id, now: instant(3))
        #expect(schedule.status(of: message.id)?.isReady == true)
        #expect(schedule.allJobs(instant(3)).map(\.attempt) == [2])
    }

    @Test("Will-Retry-Until is arrival and lifetime, and nothing for what is unknown")
    func willRetryUntil() throws {
        let schedule = TestedSchedule(ScheduleOptions(lifetime: .seconds(3600)), seed: 1)
        let message = try QueuedMessage.sample(to: ["a@x.example"])
        schedule.insert(message, now: instant(0), isFresh: true)
        #expect(schedule.expiry(of: message.id, now: instant(600)) == epoch + 3600 * second)
        #expect(schedule.expiry(of: .make(), now: instant(0)) == nil)
    }

    @Test("A destination with a rate delay gets one job, then a rest, also when all its mail is gone meanwhile")
    func rateDelay() throws {
        let schedule = TestedSchedule(
            ScheduleOptions(overrides: ["x.example": .init(rateDelay: .seconds(10))]), seed: 1)
        for _ in 0..<2 { schedule.insert(try .sample(to: ["a@x.example"]), now: instant(0), isFresh: true) }
        var jobs = schedule.allJobs(instant(0))
        #expect(jobs.count == 1)
        _ = schedule.finish(jobs[0], .delivered(accepted), now: instant(5))
        #expect(schedule.nextJob(now: instant(14)) == nil)
        #expect(schedule.nextWake(now: instant(14)) == instant(15).monotonic)
        jobs = schedule.allJobs(instant(15))
        #expect(jobs.count == 1)
        _ = schedule.finish(jobs[0], .delivered(accepted), now: instant(16))
        schedule.insert(try .sample(to: ["a@x.example"]), now: instant(17), isFresh: true)
        #expect(schedule.nextJob(now: instant(18)) == nil)
        #expect(schedule.nextJob(now: instant(26)) != nil)
    }

    @Test("However many destinations are busy, a place is left for one that is not")
    func busy() throws {
        let schedule = TestedSchedule(ScheduleOptions(limits: .init(initialConcurrency: 20), jobs: 40), seed: 1)
        for number in 0..<8 {
            for _ in 0..<30 {
                schedule.insert(try .sample(to: ["a@busy\(number).example"]), now: instant(0), isFresh: true)
            }
        }
        let jobs = schedule.allJobs(instant(0))
        #expect(jobs.count >= 20)
        #expect(schedule.destinations.allSatisfy { $0.jobs >= 3 })
        let letter = try QueuedMessage.sample(to: ["a@quiet.example"])
        schedule.insert(letter, now: instant(1), isFresh: true)
        #expect(schedule.allJobs(instant(1)).map(\.message) == [letter.id])
    }

    @Test("A reload narrows what runs from then on, and shortens lives")
    func change() throws {
        let schedule = TestedSchedule(ScheduleOptions(), seed: 1)
        for _ in 0..<50 { schedule.insert(try .sample(to: ["a@x.example"]), now: instant(0), isFresh: true) }
        #expect(schedule.allJobs(instant(0)).count == 5)
        schedule.change(
            ScheduleOptions(
                limits: .init(), overrides: ["y.example": .init(initialConcurrency: 1, concurrency: 1)], jobs: 6),
            now: instant(1))
        for _ in 0..<5 { schedule.insert(try .sample(to: ["a@y.example"]), now: instant(1), isFresh: true) }
        #expect(schedule.allJobs(instant(1)).isEmpty, "fresh mail leaves a quarter of the places")
        schedule.change(
            ScheduleOptions(overrides: ["y.example": .init(initialConcurrency: 1, concurrency: 1)]), now: instant(2))
        #expect(schedule.allJobs(instant(2)).count == 1)
    }

    @Test("Timers come out in order, whatever was set, moved and removed")
    func timers() {
        var heap = TimerHeap()
        for item: Int32 in 0..<500 { heap.set(item, to: Int64(item) * 7919 % 503) }
        for item: Int32 in stride(from: 0, to: 500, by: 3) { heap.remove(item) }
        for item: Int32 in stride(from: 1, to: 500, by: 3) { heap.set(item, to: Int64(item) * 104_729 % 499) }
        var previous = Int64.min
        var count = 0
        while let time = heap.first, let item = heap.popFirst(through: .max) {
            #expect(time >= previous && item % 3 != 0)
            previous = time
            count += 1
        }
        #expect(count == 333)
    }
}
