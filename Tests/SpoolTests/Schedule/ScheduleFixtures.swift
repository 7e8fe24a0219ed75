import MailModel
import Testing

@testable import Spool

let second: Int64 = 1_000_000
let day: Int64 = 86_400 * second
/// What the wall clock of these tests shows at first: 21 November 2026.
let epoch: Int64 = 1_795_219_200 * second

func instant(_ seconds: Int64, wallShift: Int64 = 0) -> ScheduleInstant {
    ScheduleInstant(monotonic: seconds * second, wall: epoch + seconds * second + wallShift)
}

extension QueuedMessage {
    static func sample(
        to addresses: [String], from sender: String? = "sender@here.example", way: QueuedWay? = nil,
        arrival: Int64 = epoch, notify: EnvelopeRecipient.Notify? = nil, attempts: QueuedAttempts = QueuedAttempts(),
        isHeld: Bool = false
    ) throws -> QueuedMessage {
        let path = try sender.map { ReversePath.address(try #require(EmailAddress($0))) } ?? .null
        let recipients = try addresses.map { text in
            let address = try #require(EmailAddress(text))
            return QueuedRecipient(
                recipient: EnvelopeRecipient(address: address, notify: notify), given: address,
                way: way ?? .remote(.smtp, nextHop: nil, domain: address.domain), state: .waiting(attempts))
        }
        return QueuedMessage(
            id: .make(), envelope: QueuedEnvelope(sender: EnvelopeSender(path: path), arrival: arrival),
            recipients: recipients, size: 1000, isHeld: isHeld)
    }
}

let accepted = SMTPReply(250, EnhancedStatusCode(2, 0, 0), "Ok")
let greylisted = SMTPReply(450, EnhancedStatusCode(4, 7, 1), "Greylisted")
let noConnection = SMTPReply(451, EnhancedStatusCode(4, 4, 1), "Connection timed out")
let noSuchUser = SMTPReply(550, EnhancedStatusCode(5, 1, 1), "No such user")

/// A schedule that a test can ask within an expectation.
final class TestedSchedule {
    private var schedule: DeliverySchedule

    init(_ options: ScheduleOptions, seed: UInt64) {
        schedule = DeliverySchedule(options, seed: seed)
    }

    var counts: ScheduleCounts { schedule.counts }
    var count: Int { schedule.count }
    var destinations: [DestinationStatus] { schedule.destinations }
    func status(of id: QueueID) -> ScheduledMessageStatus? { schedule.status(of: id) }
    func expiry(of id: QueueID, now: ScheduleInstant) -> Int64? { schedule.expiry(of: id, now: now) }
    func destination(_ way: QueuedWay) -> DestinationStatus? { schedule.destination(way) }
    func insert(_ message: QueuedMessage, now: ScheduleInstant, isFresh: Bool) {
        schedule.insert(message, now: now, isFresh: isFresh)
    }
    func nextJob(now: ScheduleInstant) -> DeliveryJob? { schedule.nextJob(now: now) }
    func nextWake(now: ScheduleInstant) -> Int64? { schedule.nextWake(now: now) }
    func overdue(now: ScheduleInstant) -> [ScheduleDecision] { schedule.overdue(now: now) }
    func hold(_ id: QueueID) { schedule.hold(id) }
    func release(_ id: QueueID, now: ScheduleInstant) { schedule.release(id, now: now) }
    func remove(_ id: QueueID) -> Bool { schedule.remove(id) }
    func flush(_ selection: ScheduleSelection, now: ScheduleInstant) { schedule.flush(selection, now: now) }
    func requeue(_ id: QueueID, now: ScheduleInstant) { schedule.requeue(id, now: now) }
    func change(_ options: ScheduleOptions, now: ScheduleInstant) { schedule.change(options, now: now) }

    func finish(
        _ job: DeliveryJob, _ results: [(recipient: Int, result: RecipientResult)], contact: DestinationContact,
        added: [Int: QueuedRecipient] = [:], now: ScheduleInstant
    ) -> [ScheduleDecision] {
        schedule.finish(job, results, contact: contact, added: added, now: now)
    }

    func allJobs(_ now: ScheduleInstant) -> [DeliveryJob] {
        var jobs: [DeliveryJob] = []
        while let job = schedule.nextJob(now: now) { jobs.append(job) }
        return jobs
    }

    /// Ends a job with one result for all its recipients.
    func finish(
        _ job: DeliveryJob, _ result: RecipientResult, _ contact: DestinationContact = .reached, now: ScheduleInstant
    ) -> [ScheduleDecision] {
        finish(job, job.recipients.map { ($0, result) }, contact: contact, now: now)
    }

    func finishUnreachable(_ job: DeliveryJob, now: ScheduleInstant) -> [ScheduleDecision] {
        finish(job, .deferred(noConnection, host: nil), .unreachable, now: now)
    }
}
