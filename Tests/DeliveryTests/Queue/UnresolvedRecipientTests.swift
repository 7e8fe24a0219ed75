import MailModel
import PostroomTesting
import Routing
import Spool
import Testing

@testable import Delivery

/// Mail of this machine's programs, taken while nobody could tell where it goes.
@Suite struct UnresolvedRecipientTests {
    private static func impatient(_ settings: inout GivenQueue.Settings) {
        settings.schedule = ScheduleOptions(
            minimalBackoff: .seconds(1), maximalBackoff: .seconds(1), lifetime: .seconds(2))
    }

    private func attempts(_ given: GivenQueue, _ id: QueueID, _ place: Int = 0) async throws -> QueuedAttempts? {
        guard case .waiting(let attempts) = try await given.spool.message(id).recipients[place].state else {
            return nil
        }
        return attempts
    }

    @Test func `waits beyond its time, and goes where aliases, groups and transports lead once they answer`()
        async throws
    {
        try await ReceivingPeer.serving { peer in
            try await GivenQueue.running(Self.impatient) { given in
                given.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
                given.directory.setAlias("all@example.org", "anna@example.org, team@example.org, x@far.example")
                given.directory.setAlias("team@example.org", "ben@example.org, anna@example.org, none@example.org")
                given.directory.setMailboxes(of: "ben", ["ben", "ben2"])
                given.directory.setDown(true)
                let id = try await given.send(
                    to: ["all@example.org", "ben@example.org", "gone@example.org", "X@far.example"], waits: true)
                let first = try await given.spool.message(id)
                #expect(first.recipients.allSatisfy { $0.way == .unresolved && $0.mailbox == nil })
                try await soon("it was tried beyond its time") { try await attempts(given, id)?.count ?? 0 >= 4 }
                #expect(try await attempts(given, id)?.last?.enhanced == EnhancedStatusCode(4, 3, 0))
                #expect(given.inbox("anna") == [])
                given.directory.setDown(false)
                try await given.waitUntilEmpty()
                // One copy for each, and a report on those that nobody has.
                #expect(peer.messages.flatMap(\.recipients).count == 1)
                #expect(given.inbox("ben").count == 1 && given.inbox("ben2").count == 1)
                let anna = given.inbox("anna")
                #expect(anna.filter { $0.contains("Subject: hello\n\nbody\n") && !$0.contains("Action:") }.count == 1)
                let reports = anna.filter { $0.contains("Action: failed") }.joined()
                #expect(reports.ranges(of: "Final-Recipient: rfc822; none@example.org\n").count == 1, "\(anna)")
                #expect(reports.ranges(of: "Final-Recipient: rfc822; gone@example.org\n").count == 1)
                #expect(reports.ranges(of: "Status: 5.1.1\n").count == 2)
            }
        }
    }

    @Test func `survives a restart at every stage, and nobody who has it gets it again`() async throws {
        let machine = try GivenQueue.Machine()
        machine.directory.setAlias("all@example.org", "anna@example.org, ben@example.org, x@far.example")
        machine.directory.setWay("far.example", "smtp:[127.0.0.1]:1")
        machine.directory.setDown(true)
        let id = try await GivenQueue.running(on: machine) { given in
            let id = try await given.send(to: ["all@example.org"], waits: true)
            try await soon("it was tried") { try await attempts(given, id)?.count ?? 0 > 0 }
            return id
        }
        machine.directory.setDown(false)
        try await GivenQueue.running(on: machine) { given in
            try await soon("the copy elsewhere was tried") {
                try await given.spool.message(id).recipients.contains {
                    if case .waiting(let attempts) = $0.state {
                        $0.way != .unresolved && attempts.count > 0
                    } else {
                        false
                    }
                }
            }
            // The copies here are attempts of their own.
            try await soon("the copies are here") { given.inbox("anna").count == 1 && given.inbox("ben").count == 1 }
        }
        try await ReceivingPeer.serving { peer in
            machine.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
            try await GivenQueue.running(on: machine) { given in
                try await given.waitUntilEmpty()
                #expect(peer.messages.flatMap(\.recipients).count == 1)
                #expect(given.inbox("anna").count == 1 && given.inbox("ben").count == 1)
            }
        }
    }

    @Test func `leaves with the sender that SRS gives it, also where only that could not be told`() async throws {
        try await ReceivingPeer.serving { peer in
            try await GivenQueue.running {
                $0.senderRewriting = try? .given()
            } _: { given in
                given.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
                given.directory.setAlias("dora@example.org", "x@far.example")
                given.directory.setDown(true)
                let id = try await given.send(from: "s@b.example", to: ["dora@example.org"], waits: true)
                try await soon("it was tried") { try await attempts(given, id)?.count ?? 0 > 0 }
                given.directory.setDown(false)
                try await given.waitUntilEmpty()
                #expect(peer.messages.count == 1)
                #expect(peer.messages.first?.sender.hasPrefix("<SRS0=") == true, "\(peer.messages)")
            }
        }
    }

    @Test func `is held, requeued, listed and deleted like other mail`() async throws {
        try await GivenQueue.running { given in
            given.directory.setAlias("all@example.org", "anna@example.org, ben@example.org")
            given.directory.setDown(true)
            let held = try await given.send(to: ["all@example.org"], isHeld: true, waits: true)
            let other = try await given.send(to: ["all@example.org"], waits: true)
            var filter = QueueFilter()
            filter.destination = "unresolved"
            filter.recipient = "@example.org"
            filter.reason = "lookup failure"
            for id in [held, other] {
                let message = try await given.spool.message(id)
                #expect(filter.fits(message, now: MailQueue.now.wall))
            }
            try await given.queue.delete(other)
            try await soon("it is gone") { given.spooled == [held.description] }
            given.directory.setDown(false)
            let new = try await given.queue.requeue(held)
            #expect(new != held)
            try await given.waitUntilEmpty()
            #expect(given.inbox("anna").count == 1 && given.inbox("ben").count == 1)
        }
    }

    @Test func `a report whose way can't be told is in the queue at once, and its message is done`() async throws {
        try await ReceivingPeer.serving { peer in
            try await GivenQueue.running { given in
                given.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
                peer.answer { verb, _ in
                    guard verb == "RCPT" else { return nil }
                    given.directory.setDown(true)
                    return "550 5.1.1 nobody"
                }
                let id = try await given.send(to: ["one@far.example"])
                try await soon("the report alone waits") {
                    let spooled = given.spooled
                    return spooled.count == 1 && spooled != [id.description]
                }
                let report = try #require(QueueID(given.spooled[0]))
                #expect(try await given.spool.message(report).recipients.first?.way == .unresolved)
                given.directory.setDown(false)
                try await given.waitUntilEmpty()
                #expect(given.inbox("anna").count == 1)
            }
        }
    }
}
