import MailModel
import PostroomTesting
import Testing

@testable import Spool

@Suite("Reports on mail that failed, is late or arrived")
struct DeliveryStatusReportTests {
    private let now: Int64 = 1_795_300_000 * second
    private let host: Domain
    private let alice: EmailAddress
    private let bob: EmailAddress
    private let secret: EmailAddress

    init() throws {
        host = try #require(Domain("mail.here.example"))
        alice = try #require(EmailAddress("alice@sender.example"))
        bob = try #require(EmailAddress("bob@here.example"))
        secret = try #require(EmailAddress("Bob.Secret@elsewhere.example"))
    }

    private let message = "From: alice@sender.example\r\nTo: bob@here.example\r\nSubject: Lunch\r\n\r\nAt one?\r\n"

    private func report(
        _ recipients: [ReportedRecipient], original: [UInt8]? = nil, _ change: (inout QueuedEnvelope) -> Void = { _ in }
    ) throws -> DeliveryStatusReport {
        var envelope = QueuedEnvelope(
            sender: EnvelopeSender(path: .address(alice), envelopeID: Array("QQ314159".utf8)), arrival: now - 3 * day,
            client: "192.0.2.7")
        change(&envelope)
        let content = original ?? Array(message.utf8)
        return DeliveryStatusReport(
            from: host, id: .make(), on: .make(), envelope, recipients, original: content,
            originalSize: UInt64(content.count), now: now)
    }

    private func parsed(_ report: DeliveryStatusReport) async throws -> ParsedReport {
        let composed = try #require(report.composed())
        #expect(composed.sender.path == .null && composed.recipient == report.envelope.sender.path.address)
        let parsed = try await ParsedReport.parse(composed)
        #expect(parsed.defects == [])
        #expect(parsed.longestLine <= 998)
        #expect(parsed.bareLineEnds == 0)
        #expect(composed.content.contains { $0 >= 0x80 } == composed.needs.contains(.eightBitMIME))
        return parsed
    }

    @Test("A failure tells person and program what happened, and returns the message")
    func failed() async throws {
        let report = try report([
            ReportedRecipient(
                .failed(.refused), given: bob, final: bob, originalRecipient: "rfc822;Bob+x@here.example",
                reply: noSuchUser, host: "mx.here.example[192.0.2.1]", lastAttempt: now)
        ])
        let parsed = try await parsed(report)
        #expect(parsed.header["from"] == "Mail Delivery System <MAILER-DAEMON@mail.here.example>")
        #expect(parsed.header["to"] == "alice@sender.example")
        #expect(parsed.header["auto-submitted"] == "auto-replied")
        #expect(parsed.header["message-id"] == "<\(report.id)@mail.here.example>")
        #expect(parsed.reportType == "delivery-status")
        #expect(parsed.types == ["text/plain", "message/delivery-status", "message/rfc822"])
        #expect(parsed.text.contains("<bob@here.example>"))
        #expect(parsed.text.contains("550 5.1.1 No such user"))
        #expect(parsed.text.contains("check the address"))
        try #require(parsed.status.count == 2)
        #expect(parsed.status[0]["reporting-mta"] == "dns; mail.here.example")
        #expect(parsed.status[0]["original-envelope-id"] == "QQ314159")
        #expect(parsed.status[0]["received-from-mta"] == "dns; [192.0.2.7]")
        #expect(parsed.status[0]["arrival-date"] != nil)
        #expect(parsed.status[1]["original-recipient"] == "rfc822; Bob+x@here.example")
        #expect(parsed.status[1]["final-recipient"] == "rfc822; bob@here.example")
        #expect(parsed.status[1]["action"] == "failed")
        #expect(parsed.status[1]["status"] == "5.1.1")
        #expect(parsed.status[1]["remote-mta"] == "dns; mx.here.example[192.0.2.1]")
        #expect(parsed.status[1]["diagnostic-code"] == "smtp; 550 5.1.1 No such user")
        #expect(parsed.status[1]["last-attempt-date"] != nil)
        #expect(parsed.status[1]["will-retry-until"] == nil)
        #expect(parsed.returned["subject"] == "Lunch")
        #expect(parsed.returnedOctets == message.utf8.count)
    }

    @Test("A delay says until when, and returns the header alone")
    func delayed() async throws {
        let parsed = try await parsed(
            try report([
                ReportedRecipient(
                    .delayed, given: bob, final: bob, reply: noConnection, lastAttempt: now,
                    willRetryUntil: now + 2 * day)
            ]))
        #expect(parsed.types.last == "text/rfc822-headers")
        #expect(parsed.status[1]["action"] == "delayed")
        #expect(parsed.status[1]["status"] == "4.4.1")
        #expect(parsed.status[1]["will-retry-until"] != nil)
        #expect(parsed.status[1]["diagnostic-code"] == "X-Postroom; 451 4.4.1 Connection timed out")
        #expect(parsed.text.contains("need not send it again"))
        #expect(parsed.returned["subject"] == "Lunch")
    }

    @Test(
        "Success in all its forms",
        arguments: [
            (ReportedRecipient.Action.delivered, "delivered"), (.relayed, "relayed"), (.expanded, "expanded"),
        ])
    func success(action: ReportedRecipient.Action, keyword: String) async throws {
        let parsed = try await parsed(
            try report([ReportedRecipient(action, given: bob, final: bob, reply: accepted, host: "mx")]))
        #expect(parsed.status[1]["action"] == keyword)
        #expect(parsed.status[1]["status"] == "2.0.0")
        #expect(parsed.types.last == "text/rfc822-headers")
    }

    @Test("A report has the fields that a running Postfix's has, and says the same in them")
    func postfix() async throws {
        let theirs = try await ParsedReport.parse(try await PostfixBounce.make())
        let elsewhere = try #require(EmailAddress("bob@elsewhere.example"))
        let ours = try await parsed(
            try report([
                ReportedRecipient(
                    .failed(.refused), given: bob, final: elsewhere,
                    reply: SMTPReply(550, EnhancedStatusCode(5, 1, 1), "No such user here"))
            ]) { $0.submitter = "alice" })
        let ofPostfix: Set<String> = [
            "return-path", "x-original-to", "delivered-to", "received", "content-transfer-encoding",
        ]
        #expect(Set(theirs.header.keys).subtracting(ofPostfix).isSubset(of: Set(ours.header.keys)))
        #expect(ours.header["from"] == theirs.header["from"])
        #expect(ours.header["auto-submitted"] == theirs.header["auto-submitted"])
        #expect(ours.reportType == theirs.reportType && ours.types == theirs.types)
        try #require(theirs.status.count == 2 && ours.status.count == 2)
        let fields = theirs.status.map { block in Set(block.keys.filter { !$0.hasPrefix("x-postfix") }) }
        #expect(fields[0].contains("reporting-mta") && fields[1].contains("final-recipient"))
        for (number, names) in fields.enumerated() {
            #expect(names.isSubset(of: Set(ours.status[number].keys)))
        }
        func words(_ text: String?) -> String? { text?.replacing("; ", with: ";") }
        for name in ["reporting-mta", "original-envelope-id"] {
            #expect(ours.status[0][name] == theirs.status[0][name])
        }
        for name in ["final-recipient", "original-recipient", "action", "status"] {
            #expect(words(ours.status[1][name]) == words(theirs.status[1][name]))
        }
    }

    @Test("RET=HDRS, and a message over the limit, return the header alone")
    func headers() async throws {
        let recipient = ReportedRecipient(.failed(.expired), given: bob, final: bob, reply: noConnection)
        let short = try await parsed(try report([recipient]) { $0.sender.ret = .headers })
        #expect(short.types.last == "text/rfc822-headers")
        #expect(short.status[1]["status"] == "4.4.1" && short.status[1]["action"] == "failed")
        let long = try await parsed(
            try report([recipient], original: Array((message + String(repeating: "line\r\n", count: 9000)).utf8)))
        #expect(long.types.last == "text/rfc822-headers")
        #expect(long.returned["subject"] == "Lunch")
    }

    @Test("Where a stranger's mail goes on to is not told; who submitted here reads it")
    func confidentiality() async throws {
        let recipient = ReportedRecipient(
            .failed(.refused), given: bob, final: secret,
            reply: SMTPReply(550, nil, "<bob.secret@ELSEWHERE.example>: unknown"), host: "mx")
        let stranger = try report([recipient])
        let text = String(decoding: try #require(stranger.composed()).content, as: UTF8.self).lowercased()
        #expect(!text.contains("bob.secret"))
        #expect(text.contains("550 <bob@here.example>: unknown"))
        let own = try await parsed(try report([recipient]) { $0.submitter = "alice" })
        #expect(own.status[1]["final-recipient"] == "rfc822; Bob.Secret@elsewhere.example")
        #expect(own.status[1]["original-recipient"] == "rfc822; bob@here.example")
        #expect(own.status[1]["status"] == "5.0.0")
    }

    @Test("UTF-8 addresses take the forms of RFC 6533, or are written in ASCII for who knows no others")
    func international() async throws {
        let eve = try #require(EmailAddress("ève@exämple.example"))
        let recipient = ReportedRecipient(
            .failed(.refused), given: eve, final: eve, reply: SMTPReply(550, nil, "Ünknown"))
        let global = try report([recipient], original: Array("Subject: Grüße\r\n\r\nhé\r\n".utf8)) {
            $0.needs = [.smtpUTF8, .eightBitMIME]
            $0.sender.smtpUTF8 = true
        }
        let parsedGlobal = try await parsed(global)
        #expect(parsedGlobal.types == ["text/plain", "message/global-delivery-status", "message/global"])
        #expect(parsedGlobal.reportType == "global-delivery-status")
        #expect(parsedGlobal.status[1]["final-recipient"] == "utf-8; ève@exämple.example")
        #expect(global.composed()?.needs == [.smtpUTF8, .eightBitMIME])
        let plain = try await parsed(try report([recipient]))
        #expect(plain.types[1] == "message/delivery-status")
        #expect(plain.status[1]["final-recipient"] == "utf-8; \\x{E8}ve@ex\\x{E4}mple.example")
        #expect(plain.status[1]["diagnostic-code"] == "X-Postroom; 550 ?nknown")
        #expect(plain.text.contains("Ünknown"))
    }

    @Test("Nothing that others wrote ends a line, a part or the report")
    func hostile() async throws {
        let odd = try #require(EmailAddress(localPart: Array("a\"\\ \t\u{1}b".utf8), domain: host))
        let reply = SMTPReply(
            550, nil, lines: ["x\r\nAction: delivered", "\u{0}\r\n\r\n--end", String(repeating: "y", count: 20_000)])
        let recipient = ReportedRecipient(
            .failed(.refused), given: odd, final: odd, originalRecipient: "rfc822;x\r\nStatus: 2.0.0", reply: reply,
            host: "mx\r\nX: y")
        let original =
            Array("Subject: a\u{0}b\nX-Long: ".utf8) + [UInt8](repeating: 0x78, count: 5000)
            + Array("\r\rBare\r\n\r\nbody\u{0}\nlast".utf8)
        let parsed = try await parsed(
            try report([recipient], original: original) {
                $0.client = "1.2.3.4\r\nAction: failed"
                $0.sender.envelopeID = Array("id\r\nX-Injected: 1".utf8)
            })
        try #require(parsed.status.count == 2)
        #expect(parsed.status[1]["action"] == "failed")
        #expect(parsed.status[0]["x-injected"] == nil && parsed.status[0]["action"] == nil)
        #expect(parsed.types.count == 3)
    }

    @Test("A boundary that stands in the message is not used")
    func boundary() async throws {
        var report = try report([ReportedRecipient(.failed(.refused), given: bob, final: bob, reply: noSuchUser)])
        let content = message + "--\(report.id).\(now / second)_0=\r\n\r\n--\(report.id).\(now / second)_1=--\r\n"
        report.original = Array(content.utf8)
        report.originalSize = UInt64(content.utf8.count)
        let parsed = try await parsed(report)
        #expect(parsed.types == ["text/plain", "message/delivery-status", "message/rfc822"])
        #expect(parsed.returnedOctets == content.utf8.count)
    }

    @Test("Ten thousand recipients: all in the part for programs, some named in the text")
    func many() async throws {
        let recipients = try (0..<10_000).map { number in
            let address = try #require(EmailAddress("user\(number)@here.example"))
            return ReportedRecipient(.failed(.refused), given: address, final: address, reply: noSuchUser, host: "mx")
        }
        let parsed = try await parsed(try report(recipients))
        #expect(parsed.status.count == 10_001)
        #expect(parsed.text.contains("and 9900 more"))
        #expect(parsed.text.utf8.count < 10_000)
    }

    @Test("Random originals and replies never break the report", arguments: [1, 2, 3])
    func random(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5 {
            var original = Array(message.utf8)
            for _ in 0..<20 { original = random.mutate(original) }
            let words = random.mutate(Array("550 5.1.1 <bob@here.example>: \r\n unknown".utf8))
            let reply = SMTPReply(
                UInt16.random(in: 0...999, using: &random), nil, String(decoding: words, as: UTF8.self))
            let recipient = ReportedRecipient(.failed(.refused), given: bob, final: secret, reply: reply)
            let parsed = try await parsed(try report([recipient], original: original))
            #expect(parsed.status.count == 2 && parsed.types.count == 3)
        }
    }

    @Test("A report on a message from <> goes to nobody but the postmaster, once")
    func doubleBounce() async throws {
        let report = try report([ReportedRecipient(.failed(.refused), given: bob, final: bob, reply: noSuchUser)]) {
            $0.sender.path = .null
        }
        #expect(report.composed() == nil)
        let postmaster = try #require(EmailAddress("postmaster@here.example"))
        let composed = report.doubleBounce(to: postmaster)
        #expect(composed.sender.path == .null && composed.recipient == postmaster)
        let parsed = try await ParsedReport.parse(composed)
        #expect(parsed.status[1]["action"] == "failed")
        #expect(
            DeliveryNotice.isDoubleBounceDue(
                sender: .null, given: bob, postmaster: postmaster, notifiesPostmaster: true))
        #expect(
            !DeliveryNotice.isDoubleBounceDue(
                sender: .null, given: try #require(EmailAddress("Postmaster@here.example")), postmaster: postmaster,
                notifiesPostmaster: true))
    }

    @Test("Who is told what follows NOTIFY, and <> is told nothing")
    func notices() {
        let sender = ReversePath.address(alice)
        typealias Event = DeliveryNotice.Event
        let events: [Event] = [
            .failed, .delayed, .delivered, .relayed(notifyHandedOver: false), .relayed(notifyHandedOver: true),
            .expanded,
        ]
        func due(_ notify: EnvelopeRecipient.Notify?) -> [Event] {
            events.filter { DeliveryNotice.isDue($0, sender: sender, notify) }
        }
        #expect(due(nil) == [.failed, .delayed])
        #expect(due([]) == [])
        #expect(due([.failure]) == [.failed])
        #expect(due([.delay]) == [.delayed])
        #expect(due([.success]) == [.delivered, .relayed(notifyHandedOver: false), .expanded])
        for event in events {
            #expect(!DeliveryNotice.isDue(event, sender: .null, [.success, .failure, .delay]))
        }
    }
}
