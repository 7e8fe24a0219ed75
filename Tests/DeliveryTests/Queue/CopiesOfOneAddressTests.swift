import Directory
import Glibc
import LookupTables
import MailModel
import NIOCore
import PostroomTesting
import Routing
import Spool
import Testing

@testable import Delivery

/// An address with several mailboxes, and messages of which some copies are safe and others are not: no mailbox gets two.
@Suite struct CopiesOfOneAddressTests {
    private struct Failing: LookupTable {
        let name = "failing"
        let location: Directory.SourceLocation? = nil
        let isPattern = false

        func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
            Answer(.unavailable(UnavailableReason(.unreachable, "no server answers")))
        }
    }

    /// Nothing can be delivered there until it is mended.
    private func spoil(_ folder: String, _ given: GivenQueue) throws {
        try given.root.file("mail/\(folder)", "no folder", uid: 20_001)
    }

    private func mend(_ folder: String, _ given: GivenQueue) { #expect(unlink(given.root["mail/\(folder)"]) == 0) }

    @Test(arguments: [false, true])
    func `the mailbox that failed gets its copy, and the other keeps the one it has`(isLong: Bool) async throws {
        try await GivenQueue.running { given in
            given.directory.setMailboxes(of: "info", ["one", "two"])
            try spoil("two", given)
            let text = "Subject: x\r\n\r\n" + (isLong ? String(repeating: "line\r\n", count: 60_000) : "body\r\n")
            let id = try await given.send(to: ["info@example.org"], text)
            #expect(given.inbox("one").count == 1)
            let message = try await given.spool.message(id)
            #expect(message.recipients.map(\.mailbox?.path) == ["two", "one"].map { given.root.bytes("mail/\($0)") })
            #expect(message.recipients.map(\.state.isFinal) == [false, true])
            try await soon("it was tried") {
                guard case .waiting(let attempts) = try await given.spool.message(id).recipients[0].state else {
                    return false
                }
                return attempts.count > 1
            }
            mend("two", given)
            try await given.waitUntilEmpty()
            #expect(given.inbox("one").count == 1 && given.inbox("two").count == 1)
        }
    }

    @Test func `a copy whose mailbox moved finds it, and passes those by that have theirs`() async throws {
        try await GivenQueue.running { given in
            given.directory.setMailboxes(of: "info", ["one", "two"])
            try spoil("two", given)
            let id = try await given.send(to: ["info@example.org"])
            try await soon("it was tried") { await given.queue.waits(for: id)?.nextAttempt != nil }
            given.directory.setMailboxes(of: "info", ["one", "three", "four"])
            try await given.waitUntilEmpty()
            for folder in ["one", "three", "four"] { #expect(given.inbox(folder).count == 1, "\(folder)") }
        }
    }

    @Test func `a copy whose mailbox is gone is done where the others have theirs`() async throws {
        try await GivenQueue.running { given in
            given.directory.setMailboxes(of: "info", ["one", "two"])
            try spoil("two", given)
            try await given.send(to: ["info@example.org"])
            given.directory.setMailboxes(of: "info", ["one"])
            try await given.waitUntilEmpty()
            #expect(given.inbox("one").count == 1 && given.inbox("anna") == [])
        }
    }

    @Test func `what was held goes into each mailbox once, and once more queued anew into none that has it`()
        async throws
    {
        try await GivenQueue.running { given in
            given.directory.setMailboxes(of: "info", ["one", "two"])
            given.directory.setAlias("all@example.org", "info@example.org, ben@example.org")
            try spoil("two", given)
            let id = try await given.send(to: ["all@example.org"], isHeld: true)
            #expect(try await given.spool.message(id).recipients.count == 3)
            try await given.queue.release(id)
            try await soon("two have it, one was tried") {
                guard given.inbox("one").count == 1, given.inbox("ben").count == 1 else { return false }
                return await given.queue.waits(for: id)?.inFlight == 0
            }
            mend("two", given)
            _ = try? await given.queue.requeue(id)
            try await given.waitUntilEmpty()
            for folder in ["one", "two", "ben"] { #expect(given.inbox(folder).count == 1, "\(folder)") }
        }
    }

    @Test func `mail queued by an older server, without its mailbox, gets into each once`() async throws {
        try await GivenQueue.running { given in
            given.directory.setMailboxes(of: "info", ["one", "two"])
            try spoil("two", given)
            let address = try #require(EmailAddress("info@example.org"))
            let message = try await given.spool.add(
                id: .make(),
                envelope: QueuedEnvelope(sender: EnvelopeSender(path: .null), arrival: MailQueue.now.wall),
                recipients: [
                    QueuedRecipient(recipient: EnvelopeRecipient(address: address), given: address, way: .mailbox)
                ], header: [], body: ByteBuffer(string: "Subject: x\r\n\r\nx\r\n"))
            await given.queue.accept(message)
            try await soon("one has it") { given.inbox("one").count == 1 }
            try await soon("the other was tried") { await given.queue.waits(for: message.id)?.nextAttempt != nil }
            mend("two", given)
            try await given.waitUntilEmpty()
            #expect(given.inbox("one").count == 1 && given.inbox("two").count == 1)
        }
    }

    // MARK: Before any copy is written

    @Test(arguments: [false, true])
    func `while nobody can tell the sender that SRS gives, no copy is written, and the client tries again`(
        isStreamed: Bool
    ) async throws {
        try await GivenQueue.running {
            $0.senderRewriting = try? .given()
        } _: { given in
            given.directory.setAlias("all@example.org", "ben@example.org, x@far.example")
            let address = try #require(EmailAddress("all@example.org"))
            // A domain that only a table knows, which fails behind RCPT.
            var options = given.router.options
            options.virtualAliasDomains = MatchList(
                name: "virtual_alias_domains", elements: [MatchList.Element(.table(Failing()))])
            let failing = Router(options)
            let sender = ReversePath.address(try #require(EmailAddress("s@b.example")))
            let resolution = await given.router.resolve(address)
            func transaction(_ router: Router, waits: Bool) -> DeliveryTransaction {
                var origin = MessageOrigin(sender: EnvelopeSender(path: sender))
                origin.waitsForDirectory = waits
                var transaction = DeliveryTransaction(
                    origin: origin, mailboxes: given.mailboxes, outbox: Outbox(queue: given.queue, router: router))
                transaction.add(resolution)
                return transaction
            }
            func deliver(_ transaction: DeliveryTransaction) async -> DeliveryReport {
                let body = ByteBuffer(string: "Subject: x\r\n\r\nx\r\n")
                guard isStreamed else { return await transaction.deliver(body: body, traceHeaders: []) }
                var stream = await transaction.begin(traceHeaders: [])
                let failure = await stream.append(body)
                #expect((failure == nil) == transaction.origin.waitsForDirectory)
                return await stream.commit()
            }
            let accepted = SMTPReply(250, EnhancedStatusCode(2, 0, 0), "Ok")
            let reply = await deliver(transaction(failing, waits: false)).smtpReply(accepted: accepted)
            #expect(reply.code == 451 && reply.enhanced == EnhancedStatusCode(4, 3, 0))
            #expect(given.inbox("ben") == [] && given.spooled == [])
            // A program of this machine does not try again: its copy elsewhere waits, and nobody gets a second one.
            given.directory.setWay("far.example", "smtp:[127.0.0.1]:1")
            #expect(await deliver(transaction(failing, waits: true)).smtpReply(accepted: accepted) == accepted)
            try await soon("the copy elsewhere was tried") {
                guard let id = given.spooled.first.flatMap({ QueueID($0) }) else { return false }
                return try await given.spool.message(id).recipients.contains {
                    guard case .waiting(let attempts) = $0.state else { return false }
                    return attempts.count > 0 && $0.recipient.address.description == "x@far.example"
                }
            }
            #expect(given.inbox("ben").count == 1)
        }
    }
}
