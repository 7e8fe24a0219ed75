import MailModel
import Testing

@testable import Spool

/// Recipients that are resolved only while their message waits.
struct ExpandedRecipientTests {
    @Test func `what a recipient became is tried at once, but not again and again without an attempt`() throws {
        let schedule = TestedSchedule(ScheduleOptions(), seed: 1)
        let message = try QueuedMessage.sample(to: ["all@here.example"], way: .unresolved)
        schedule.insert(message, now: instant(0), isFresh: true)
        let job = try #require(schedule.nextJob(now: instant(0)))
        #expect(job.way == .unresolved)
        let copies = try QueuedMessage.sample(to: ["a@x.example", "b@y.example", "c@x.example"]).recipients
        let added = Dictionary(uniqueKeysWithValues: zip(1..., copies))
        #expect(
            schedule.finish(job, [(0, .expanded)], contact: .notTried, added: added, now: instant(0))
                == [.expanded(message.id, recipient: 0)])
        let jobs = schedule.allJobs(instant(0))
        #expect(jobs.map(\.recipients) == [[1, 3], [2]])
        #expect(jobs.allSatisfy { $0.attempt == 1 && !$0.isProbe })
        // A directory that says now this and now that.
        var again = copies[1]
        again.way = .mailbox
        let decisions = schedule.finish(
            jobs[1], [(2, .expanded)], contact: .notTried, added: [4: again], now: instant(1))
        #expect(decisions == [.expanded(message.id, recipient: 2)])
        #expect(schedule.finish(jobs[0], .delivered(accepted), now: instant(1)).count == 2)
        #expect(schedule.nextJob(now: instant(299)) == nil)
        let last = try #require(schedule.nextJob(now: instant(400)))
        #expect(last.recipients == [4])
        #expect(
            schedule.finish(last, .delivered(accepted, host: "mx"), now: instant(400))
                == [.delivered(message.id, recipient: 4, accepted, host: "mx"), .messageIsDone(message.id)])
        #expect(schedule.count == 0 && schedule.destinations.isEmpty)
    }

    @Test func `what nobody can resolve outlives its message, and goes with one that is removed`() throws {
        var options = ScheduleOptions(minimalBackoff: .seconds(60), maximalBackoff: .seconds(60))
        options.lifetime = .seconds(100)
        let schedule = TestedSchedule(options, seed: 1)
        let message = try QueuedMessage.sample(to: ["all@here.example"], way: .unresolved)
        schedule.insert(message, now: instant(0), isFresh: true)
        for round in 0..<50 {
            let now = instant(Int64(round) * 70)
            let job = try #require(schedule.nextJob(now: now))
            let decisions = schedule.finish(job, .unresolved(noConnection), .notTried, now: now)
            #expect(decisions.count == 1 && schedule.overdue(now: now).isEmpty)
        }
        schedule.flush(.all, now: instant(3500))
        let job = try #require(schedule.nextJob(now: instant(3500)))
        #expect(!schedule.remove(message.id))
        let added = [1: try QueuedRecipient.sample("a@x.example")]
        #expect(
            schedule.finish(job, [(0, .expanded)], contact: .notTried, added: added, now: instant(3501))
                == [.messageIsDone(message.id)])
        #expect(schedule.nextJob(now: instant(9999)) == nil && schedule.count == 0)
    }
}
