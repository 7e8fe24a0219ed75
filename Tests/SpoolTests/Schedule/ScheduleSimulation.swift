import MailModel
import PostroomTesting
import Testing

@testable import Spool

/// A world of destinations for a schedule, with time of its own. Every step checks what must hold always.
struct ScheduleSimulation {
    enum Behaviour {
        case fast, slow, dead, flapping, throttling, greylisting, refusing, broken
    }

    struct Copy {
        var message: QueueID
        var arrival: Int64
        var inFlight = false
        var lastFailure: Int64?
        var lastWait: Int64 = 0
        var attempts: UInt32 = 0
        var delayReports = 0
        var end: ScheduleDecision.Failure?
        var isDelivered = false
        var endedAt: Int64 = 0
        var firstTry: Int64?
        var isFinal: Bool { isDelivered || end != nil }
    }

    struct Ending {
        var time: Int64
        var job: DeliveryJob
    }

    var schedule: DeliverySchedule
    let options: ScheduleOptions
    var random: SeededGenerator
    var now: Int64 = 0
    var wallShift: Int64 = 0
    var behaviours: [Domain: Behaviour] = [:]
    var domainOf: [QueueID: [Domain]] = [:]
    var copies: [QueueID: [Copy]] = [:]
    var done: Set<QueueID> = []
    var endings: [Ending] = []
    var arrivals: [(time: Int64, message: QueuedMessage)] = []
    var runningPerDomain: [Domain: Int] = [:]
    private var steps = 0

    init(_ options: ScheduleOptions, seed: UInt64) {
        self.options = options
        schedule = DeliverySchedule(options, seed: seed)
        random = SeededGenerator(seed: seed)
    }

    var clock: ScheduleInstant { ScheduleInstant(monotonic: now, wall: epoch + now + wallShift) }

    mutating func run(until end: Int64, jumps: [(time: Int64, by: Int64)] = []) {
        arrivals.sort { $0.time > $1.time }
        var jumps = jumps
        while true {
            startJobs()
            let times = [
                endings.map(\.time).min(), arrivals.last?.time, schedule.nextWake(now: clock), jumps.first?.time,
            ].compactMap { $0 }
            guard let next = times.min(), next <= end else { break }
            now = max(now, next)
            if let jump = jumps.first, jump.time <= now {
                wallShift += jump.by
                jumps.removeFirst()
            }
            while let arrival = arrivals.last, arrival.time <= now { arrive(arrivals.removeLast().message) }
            let ended = endings.filter { $0.time <= now }
            endings.removeAll { $0.time <= now }
            for ending in ended { finish(ending.job) }
            take(schedule.overdue(now: clock))
            checkCounts()
        }
        now = end
    }

    private mutating func arrive(_ message: QueuedMessage) {
        copies[message.id] = message.recipients.map { _ in Copy(message: message.id, arrival: now) }
        domainOf[message.id] = message.recipients.map(\.recipient.address.domain)
        var message = message
        message.envelope.arrival = clock.wall
        schedule.insert(message, now: clock, isFresh: true)
    }

    private mutating func startJobs() {
        while let job = schedule.nextJob(now: clock) {
            guard var own = copies[job.message], let domains = domainOf[job.message] else {
                Issue.record("a job for a message nobody sent")
                continue
            }
            let domain = domains[job.recipients[0]]
            #expect(job.recipients == job.recipients.sorted() && !job.recipients.isEmpty)
            #expect(job.recipients.count <= options.limits.recipientsPerJob)
            for place in job.recipients {
                #expect(!own[place].inFlight && !own[place].isFinal, "in two jobs, or after its end")
                #expect(domains[place] == domain, "one job, one destination")
                if let failed = own[place].lastFailure {
                    #expect(now - failed >= options.minimalBackoff.microseconds, "too soon")
                }
                if own[place].firstTry == nil { own[place].firstTry = now }
                own[place].inFlight = true
            }
            copies[job.message] = own
            runningPerDomain[domain, default: 0] += 1
            #expect(runningPerDomain[domain, default: 0] <= options.limits.concurrency)
            #expect(endings.count < options.jobs)
            endings.append(Ending(time: now + duration(domain), job: job))
        }
    }

    private mutating func duration(_ domain: Domain) -> Int64 {
        switch behaviours[domain] ?? .fast {
        case .fast, .greylisting, .refusing, .throttling: Int64.random(in: second / 10...second, using: &random)
        case .slow: Int64.random(in: 30 * second...60 * second, using: &random)
        case .dead, .flapping, .broken: 30 * second
        }
    }

    private mutating func finish(_ job: DeliveryJob) {
        guard let domain = domainOf[job.message]?[job.recipients[0]] else { return }
        let running = runningPerDomain[domain, default: 0]
        runningPerDomain[domain] = running - 1
        var results: [(recipient: Int, result: RecipientResult)] = []
        var contact = DestinationContact.reached
        let isUp = now / (3600 * second) % 2 == 1
        for place in job.recipients {
            copies[job.message]?[place].inFlight = false
            switch behaviours[domain] ?? .fast {
            case .fast, .slow: results.append((place, .delivered(accepted)))
            case .flapping where isUp: results.append((place, .delivered(accepted)))
            case .dead, .flapping:
                contact = .unreachable
                results.append((place, .deferred(noConnection, host: nil)))
            case .throttling where running > 3:
                results.append((place, .deferred(SMTPReply(421, nil, "Too many connections"), host: "mx")))
            case .throttling: results.append((place, .delivered(accepted)))
            case .greylisting:
                let isFirst = copies[job.message]?[place].attempts == 0
                results.append((place, isFirst ? .deferred(greylisted, host: "mx") : .delivered(accepted)))
            case .refusing: results.append((place, .failed(noSuchUser, host: "mx")))
            case .broken: contact = .notTried
            }
        }
        take(schedule.finish(job, results, contact: contact, now: clock))
        let again = schedule.finish(job, results, contact: contact, now: clock)
        #expect(again.isEmpty, "a job ends once")
    }

    private mutating func take(_ decisions: [ScheduleDecision]) {
        for decision in decisions {
            switch decision {
            case .delivered(let id, let place, _, _): end(id, place) { $0.isDelivered = true }
            case .fail(let id, let place, _, _, let failure): end(id, place) { $0.end = failure }
            case .retry(let id, let place, let attempts):
                let wait = attempts.next - clock.wall
                let age = now - (copies[id]?[place].arrival ?? 0)
                let backoff = min(max(age, options.minimalBackoff.microseconds), options.maximalBackoff.microseconds)
                #expect(wait >= options.minimalBackoff.microseconds && wait <= backoff + backoff / 8)
                copies[id]?[place].attempts += 1
                #expect(copies[id]?[place].attempts == attempts.count)
                copies[id]?[place].lastFailure = now
                copies[id]?[place].lastWait = wait
            case .reportDelay(let id, let place, _, _): copies[id]?[place].delayReports += 1
            case .move, .expanded: Issue.record("nothing moved, and nothing became others")
            case .messageIsDone(let id):
                #expect(copies[id]?.allSatisfy(\.isFinal) == true)
                let isFirst = done.insert(id).inserted
                #expect(isFirst)
                #expect(schedule.status(of: id) == nil)
            }
        }
    }

    private mutating func end(_ id: QueueID, _ place: Int, _ change: (inout Copy) -> Void) {
        guard var copy = copies[id]?[place] else { return }
        #expect(!copy.isFinal && !copy.inFlight, "ends once")
        change(&copy)
        copy.endedAt = now
        copies[id]?[place] = copy
    }

    private mutating func checkCounts() {
        steps += 1
        let counts = schedule.counts
        #expect(counts.inFlight == endings.reduce(0) { $0 + $1.job.recipients.count })
        #expect(counts.messages == copies.count - done.count)
        // Asks every destination: often enough.
        guard steps % 37 == 0 else { return }
        let ways = schedule.destinations
        #expect(ways.reduce(0) { $0 + $1.waitingRecipients } == counts.deferred + counts.ready + counts.held)
        #expect(ways.reduce(0) { $0 + $1.recipientsInFlight } == counts.inFlight)
        #expect(ways.reduce(0) { $0 + $1.jobs } == endings.count)
    }
}
