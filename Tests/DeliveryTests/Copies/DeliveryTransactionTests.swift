import Blocking
import Delivery
import MailModel
import MailStore
import NIOCore
import PostroomTesting
import Routing
import Testing

struct DeliveryTransactionTests {
    private let root: TemporaryMailRoot
    private let mailboxes: MailboxDelivery
    private let body = ByteBuffer(string: "Subject: hello\r\n\r\nbody\r\n")
    private let accepted = SMTPReply(250, EnhancedStatusCode(2, 0, 0), "Ok: queued as 1")
    private let sender = EnvelopeSender(path: EmailAddress("sender@b.example").map { .address($0) } ?? .null)

    init() throws {
        try #require(FileIdentity.mayChange, "these tests need root: they work as owners of mailboxes")
        root = try TemporaryMailRoot()
        try root.directory("mail", uid: 20_001)
        mailboxes = MailboxDelivery(
            MailboxStores(
                roots: try MailRoots([root.bytes("mail")]), pool: BlockingPool(name: "disk", threads: 4)))
    }

    private func address(_ text: String) throws -> EmailAddress { try #require(EmailAddress(text)) }

    private func mailbox(_ name: String, format: MailboxLocation.Format = .maildir) throws -> Destination {
        .mailbox(
            LocalMailbox(
                address: try address("\(name)@example.org"),
                location: MailboxLocation(format: format, path: root.bytes("mail/\(name)")),
                owner: try #require(Owner(uid: 20_001, gid: 20_001))))
    }

    private func resolution(_ recipient: String, _ destinations: [Destination]) throws -> Resolution {
        Resolution(recipient: try address(recipient), verdict: .deliver(destinations), steps: [])
    }

    private func messages(_ name: String) throws -> [String] {
        try root.names("mail/\(name)/new").map { try root.contents("mail/\(name)/new/\($0)") }
    }

    @Test func `one recipient's copy names it, and the path back comes first`() async throws {
        var transaction = DeliveryTransaction(origin: MessageOrigin(sender: sender), mailboxes: mailboxes)
        transaction.add(try resolution("alias@example.org", [try mailbox("anna")]))
        let report = await transaction.deliver(body: body, traceHeaders: Array("Received: by us\r\n".utf8))
        #expect(report.smtpReply(accepted: accepted) == accepted)
        #expect(
            try messages("anna") == [
                """
                Return-Path: <sender@b.example>
                X-Original-To: alias@example.org
                Delivered-To: anna@example.org
                Received: by us
                Subject: hello

                body

                """
            ])
        #expect(
            report.copies.map(\.logText) == [
                "to=<anna@example.org>, orig_to=<alias@example.org>, status=sent (delivered to maildir)"
            ])
    }

    @Test func `an address with two mailboxes gets a copy in each`() async throws {
        var transaction = DeliveryTransaction(origin: MessageOrigin(sender: sender), mailboxes: mailboxes)
        let owner = try #require(Owner(uid: 20_001, gid: 20_001))
        let mailboxes = try ["one", "two"].map { name in
            Destination.mailbox(
                LocalMailbox(
                    address: try address("info@example.org"),
                    location: MailboxLocation(format: .maildir, path: root.bytes("mail/\(name)")), owner: owner))
        }
        transaction.add(try resolution("info@example.org", mailboxes))
        let report = await transaction.deliver(body: body, traceHeaders: [])
        #expect(report.smtpReply(accepted: accepted) == accepted)
        for name in ["one", "two"] {
            #expect(try messages(name).map { $0.hasSuffix("Subject: hello\n\nbody\n") } == [true])
        }
    }

    @Test(arguments: [DeliveryOptions.RecipientHeaders.whenAlone, .always])
    func `a mailbox that two recipients lead to gets one copy`(headers: DeliveryOptions.RecipientHeaders) async throws {
        var transaction = DeliveryTransaction(
            origin: MessageOrigin(sender: EnvelopeSender(path: .null)), mailboxes: mailboxes,
            options: DeliveryOptions(recipientHeaders: headers)
        )
        transaction.add(try resolution("anna@example.org", [try mailbox("anna")]))
        transaction.add(try resolution("all@example.org", [try mailbox("berta"), try mailbox("anna")]))
        #expect(transaction.count == 2)
        let report = await transaction.deliver(body: body, traceHeaders: [])
        #expect(report.isComplete)
        #expect(try messages("anna").count == 1)
        let berta = try messages("berta")
        #expect(berta.count == 1)
        #expect(berta[0].hasPrefix("Return-Path: <>\n"))
        #expect(berta[0].contains("Delivered-To: berta@example.org") == (headers == .always))
    }

    @Test func `one mailbox under two domains gets one copy`() async throws {
        guard case .mailbox(var other) = try mailbox("anna") else { return }
        other.address = try address("anna@example.net")
        var transaction = DeliveryTransaction(origin: MessageOrigin(sender: sender), mailboxes: mailboxes)
        transaction.add(try resolution("anna@example.org", [try mailbox("anna")]))
        transaction.add(try resolution("anna@example.net", [.mailbox(other)]))
        let report = await transaction.deliver(body: body, traceHeaders: [])
        #expect(report.isComplete)
        #expect(report.smtpReply(for: try address("anna@example.net"), accepted: accepted) == accepted)
        #expect(try messages("anna").count == 1)
    }

    @Test func `what can't be delivered is 4xx for its recipient, and the rest is told honestly`() async throws {
        var transaction = DeliveryTransaction(origin: MessageOrigin(sender: sender), mailboxes: mailboxes)
        transaction.add(try resolution("anna@example.org", [try mailbox("anna")]))
        transaction.add(try resolution("old@example.org", [try mailbox("old", format: .mbox)]))
        transaction.add(
            try resolution("far@example.net", [.remote(RemoteDestination(address: try address("far@example.net")))]))
        let report = await transaction.deliver(body: body, traceHeaders: [])
        #expect(!report.isComplete)
        #expect(report.smtpReply(accepted: accepted).code == 451)
        #expect(report.smtpReply(for: try address("anna@example.org"), accepted: accepted) == accepted)
        #expect(
            report.smtpReply(for: try address("old@example.org"), accepted: accepted).enhanced
                == EnhancedStatusCode(4, 3, 5))
        #expect(
            report.smtpReply(for: try address("far@example.net"), accepted: accepted).enhanced
                == EnhancedStatusCode(4, 4, 4))
        #expect(report.smtpReply(for: try address("nobody@example.net"), accepted: accepted).isTransient)
        #expect(try messages("anna").count == 1)
        #expect(report.copies.last?.outcome == .noWayOut)
    }

    @Test(arguments: [
        (MailboxFailure.Kind.noSpace, "452 4.3.1"), (.overQuota, "452 4.2.2"), (.misconfigured, "451 4.3.5"),
        (.unavailable, "451 4.3.0"), (.noSuchMailbox, "451 4.3.0"),
    ])
    func `every failure has its reply, without its reason`(kind: MailboxFailure.Kind, reply: String) {
        let failure = MailboxFailure(kind, "/var/mail/secret/place")
        #expect(failure.smtpReply.description.hasPrefix(reply))
        #expect(!failure.smtpReply.description.contains("/var"))
    }

    @Test func `a message in pieces arrives whole, or not at all when it is given up`() async throws {
        var transaction = DeliveryTransaction(origin: MessageOrigin(sender: sender), mailboxes: mailboxes)
        transaction.add(try resolution("anna@example.org", [try mailbox("anna")]))
        transaction.add(try resolution("berta@example.org", [try mailbox("berta")]))
        var given = await transaction.begin(traceHeaders: [])
        #expect(await given.append(body) == nil)
        await given.abort()
        #expect(try messages("anna") == [])
        var stream = await transaction.begin(traceHeaders: [])
        #expect(await stream.append(ByteBuffer(string: "Subject: a\r")) == nil)
        #expect(await stream.append(ByteBuffer(string: "\n\r\nb\r\n")) == nil)
        #expect(await stream.commit().isComplete)
        #expect(try messages("anna") == ["Return-Path: <sender@b.example>\nSubject: a\n\nb\n"])
        #expect(try messages("berta") == messages("anna"))
    }

    @Test func `refused and deferred recipients add nothing`() async throws {
        var transaction = DeliveryTransaction(origin: MessageOrigin(sender: sender), mailboxes: mailboxes)
        transaction.add(
            Resolution(recipient: try address("x@example.org"), verdict: .refuse(SMTPReply(550, nil, "no")), steps: []))
        #expect(transaction.count == 0)
        #expect(await transaction.deliver(body: body, traceHeaders: []).smtpReply(accepted: accepted).code == 451)
    }
}
