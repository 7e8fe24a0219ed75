import MailModel
import PostroomTesting
import Spool
import Synchronization
import Testing

@testable import Delivery

/// What those are told who ask for it (RFC 3461, NOTIFY=SUCCESS).
@Suite struct SuccessTests {
    private func given(_ inbox: [String], _ action: String, _ final: String) -> Bool {
        inbox.contains { $0.contains("Action: \(action)\n") && $0.contains("Final-Recipient: rfc822; \(final)\n") }
    }

    /// RFC 3461 §5.2.7.3.
    @Test(arguments: [false, true])
    func `an alias of several is told of as expanded, at once or when it is resolved, and its targets no more`(
        isLater: Bool
    ) async throws {
        try await ReceivingPeer.serving { peer in
            try await GivenQueue.running {
                $0.schedule = ScheduleOptions(minimalBackoff: .seconds(1), maximalBackoff: .seconds(1))
            } _: { given in
                given.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
                given.directory.setAlias("all@example.org", "ben@example.org, x@far.example")
                given.directory.setDown(isLater)
                let id = try await given.send(to: ["all@example.org"], notify: [.success, .failure], waits: isLater)
                if isLater {
                    try await soon("it was tried") { await given.queue.waits(for: id)?.nextAttempt != nil }
                    given.directory.setDown(false)
                }
                let reports = try await given.waitForInbox("anna")
                try await given.waitUntilEmpty()
                #expect(given.inbox("anna").count == 1)
                #expect(self.given(reports, "expanded", "all@example.org"), "\(reports)")
                #expect(given.inbox("ben").count == 1)
                #expect(peer.messages.first?.recipients.first?.contains("NOTIFY=FAILURE ") == true, "\(peer.messages)")
            }
        }
    }

    @Test func `an alias of one is told of by whoever has the mail in the end`() async throws {
        try await GivenQueue.running { given in
            given.directory.setAlias("info@example.org", "ben@example.org")
            try await given.send(to: ["info@example.org"], notify: [.success])
            let reports = try await given.waitForInbox("anna")
            #expect(self.given(reports, "delivered", "ben@example.org"), "\(reports)")
        }
    }

    @Test func `a report of success that was not written when the server ended is written by the next`() async throws {
        let machine = try GivenQueue.Machine()
        machine.directory.setMailboxes(of: "info", ["one", "two"])
        let isFull = Mutex(false)
        try await ReceivingPeer.serving(extensions: ["PIPELINING"]) { peer in
            machine.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
            peer.answer { verb, argument in
                guard verb == "." else { return nil }
                isFull.withLock { $0 = true }
                return nil
            }
            let id = try await GivenQueue.running(on: machine) {
                $0.beforeStep = { step in
                    guard step == .makeTemporaryFile, isFull.withLock({ $0 }) else { return }
                    throw SpoolFailure(.noSpace, "the disk is full")
                }
            } _: { given in
                let id = try await given.send(to: ["x@far.example"], notify: [.success])
                try await soon("nobody could be told") { await given.queue.postponed[id] != nil }
                guard case .untold(let success) = try await given.spool.message(id).recipients[0].state else {
                    Issue.record("the file does not say that somebody is to be told")
                    return id
                }
                #expect(success.kind == .relayed && success.host == "127.0.0.1[127.0.0.1]:\(peer.port)")
                return id
            }
            try await GivenQueue.running(on: machine) { given in
                let reports = try await given.waitForInbox("anna")
                try await given.waitUntilEmpty()
                #expect(self.given(reports, "relayed", "x@far.example"), "\(reports)")
                #expect(reports.first?.contains("\(id)") == true)
            }
            try await GivenQueue.running(on: machine) { given in #expect(given.inbox("anna").count == 1) }
            #expect(peer.messages.count == 1)
        }
    }
}
