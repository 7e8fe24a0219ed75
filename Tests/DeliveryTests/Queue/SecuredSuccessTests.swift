import MailModel
import PostroomTesting
import Spool
import Synchronization
import Testing

@testable import Delivery

/// Mail that is in its mailbox at once, for a sender who wants to be told (RFC 3461, NOTIFY=SUCCESS): with the 250 the word
/// of it is safe.
@Suite struct SecuredSuccessTests {
    /// Fails a step of the spool once it was taken so often.
    private final class Disk: Sendable {
        private struct State {
            var step: SpoolStep?
            var allowed = 0
            var refused = 0
        }

        private let state = Mutex(State())

        var refused: Int { state.withLock(\.refused) }

        func fail(_ step: SpoolStep?, after allowed: Int = 0) {
            state.withLock { $0 = State(step: step, allowed: allowed) }
        }

        func check(_ step: SpoolStep) throws {
            let fails = state.withLock { state in
                guard state.step == step else { return false }
                if state.allowed > 0 { state.allowed -= 1 } else { state.refused += 1 }
                return state.refused > 0
            }
            if fails { throw SpoolFailure(.noSpace, "the disk is full") }
        }
    }

    private let anna = EnvelopeSender(path: EmailAddress("anna@example.org").map { .address($0) } ?? .null)

    @Test(arguments: [SpoolStep.makeTemporaryFile, .write, .syncFile], [false, true])
    func `a spool that takes nothing makes the client try again, and nothing is delivered`(
        step: SpoolStep, isStreamed: Bool
    ) async throws {
        let disk = Disk()
        try await GivenQueue.running {
            $0.beforeStep = disk.check
        } _: { given in
            given.directory.setAlias("all@example.org", "ben@example.org, postmaster@example.org")
            disk.fail(step)
            for recipient in ["ben@example.org", "all@example.org"] {
                let (_, reply) = try await given.offer(
                    anna, to: [recipient], notify: [.success], isStreamed: isStreamed)
                #expect(reply.description.hasPrefix("452 4.3.1"), "\(reply)")
            }
            #expect(given.inbox("ben").isEmpty && given.inbox("postmaster").isEmpty)
            // Who asks for nothing needs nothing of the spool, nor does mail from nobody.
            let (_, unasked) = try await given.offer(anna, to: ["ben@example.org"], isStreamed: isStreamed)
            #expect(unasked == GivenQueue.accepted)
            let (_, nobodys) = try await given.offer(
                EnvelopeSender(path: .null), to: ["ben@example.org"], notify: [.success], isStreamed: isStreamed)
            #expect(nobodys == GivenQueue.accepted)
            #expect(given.inbox("ben").count == 2)
            #expect(given.spooled.isEmpty)
        }
    }

    @Test(arguments: [SpoolStep.rename, .syncDirectory], [false, true])
    func `a spool that fails behind the mailbox makes the client try again`(step: SpoolStep, isStreamed: Bool)
        async throws
    {
        let disk = Disk()
        try await GivenQueue.running {
            $0.beforeStep = disk.check
        } _: { given in
            disk.fail(step)
            let (_, reply) = try await given.offer(
                anna, to: ["ben@example.org"], notify: [.success], isStreamed: isStreamed)
            #expect(reply.isTransient, "\(reply)")
            disk.fail(nil)
            let (_, again) = try await given.offer(
                anna, to: ["ben@example.org"], notify: [.success], isStreamed: isStreamed)
            #expect(again == GivenQueue.accepted)
            let reports = try await given.waitForInbox("anna")
            try await given.waitUntilEmpty()
            #expect(reports.count == 1 && reports[0].contains("Action: delivered\n"), "\(reports)")
        }
    }

    @Test(arguments: [false, true])
    func `what could not be told before the server ended is told by the next`(isStreamed: Bool) async throws {
        let machine = try GivenQueue.Machine()
        machine.directory.setAlias("all@example.org", "ben@example.org, postmaster@example.org")
        let disk = Disk()
        let id = try await GivenQueue.running(on: machine) {
            $0.beforeStep = disk.check
        } _: { given in
            // Of the two files the report would be the second.
            disk.fail(.makeTemporaryFile, after: 1)
            let (id, reply) = try await given.offer(
                anna, to: ["ben@example.org", "all@example.org"], notify: [.success], isStreamed: isStreamed)
            #expect(reply == GivenQueue.accepted)
            try await soon("there is no room for the report") { disk.refused > 0 }
            return id
        }
        try await GivenQueue.running(on: machine) { given in
            #expect(given.spooled == [id.description])
            let reports = try await given.waitForInbox("anna")
            try await given.waitUntilEmpty()
            #expect(reports.count == 1 && given.inbox("anna").count == 1)
            let report = reports[0]
            for (action, address) in [("delivered", "ben@example.org"), ("expanded", "all@example.org")] {
                #expect(report.contains("Final-Recipient: rfc822; \(address)\n"), "\(report)")
                #expect(report.contains("Action: \(action)\n"), "\(report)")
            }
            // Nobody gets the mail once more.
            #expect(given.inbox("ben").count == 1 && given.inbox("postmaster").count == 1)
        }
    }
}
