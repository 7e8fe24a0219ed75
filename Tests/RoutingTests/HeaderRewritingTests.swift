import Directory
import LookupTables
import MailModel
import Routing
import Testing

/// What becomes of a header.
@Suite struct HeaderRewritingTests {
    private func router(
        sender: [String: String] = [:], recipient: [String: String] = [:], both: [String: String] = [:],
        failing: Set<String> = [], _ change: (inout RoutingOptions) -> Void = { _ in }
    ) throws -> Router {
        var options = RoutingOptions(myOrigin: try domain("example.org"), mailboxes: CannedMailboxes(paths: [:]))
        if !sender.isEmpty { options.canonical.senderMaps = [CannedTable(sender, failing: failing)] }
        if !recipient.isEmpty { options.canonical.recipientMaps = [CannedTable(recipient, failing: failing)] }
        if !both.isEmpty { options.canonical.maps = [CannedTable(both, failing: failing)] }
        change(&options)
        return Router(options)
    }

    private func edit(
        _ header: String, _ router: Router, isLocal: Bool = true, sender: ReversePath? = nil
    ) async throws -> Answer<String> {
        let rewriting = HeaderRewriting(router, isLocalClient: isLocal)
        let facts = HeaderRewriting.Facts(
            sender: try sender ?? .address(address("Anna.B@example.org")), id: "4ABC", hostname: "mail.example.org",
            date: RFC5322Date(seconds: 1_795_252_353))
        let answer = await rewriting.edited(rewriting.header(Array(header.utf8)), facts)
        return Answer(answer.outcome.map { String(decoding: $0.bytes, as: UTF8.self) }, steps: answer.steps)
    }

    private func edited(
        _ header: String, _ router: Router, isLocal: Bool = true, sender: ReversePath? = nil
    ) async throws -> String? {
        guard case .found(let text) = try await edit(header, router, isLocal: isLocal, sender: sender).outcome else {
            return nil
        }
        return text
    }

    private static let whole = "Date: x\r\nMessage-ID: <y>\r\nFrom: anna@example.org\r\n"

    @Test func `what is missing is added behind the other fields`() async throws {
        let text = try #require(await edited("Subject: hello\r\n", router()))
        let lines = text.split(separator: "\r\n")
        #expect(lines[0] == "Subject: hello")
        #expect(lines[1] == "Message-Id: <20261121091233.4ABC@mail.example.org>")
        #expect(lines[2] == "Date: " + RFC5322Date(seconds: 1_795_252_353).local())
        #expect(lines[3] == "From: Anna.B@example.org")
        #expect(lines.count == 4)
        #expect(try await edited(Self.whole, router()) == Self.whole)
    }

    @Test func `a message that was sent on gets the fields of its last sending`() async throws {
        let text = try #require(await edited(Self.whole + "Resent-To: b@x.example\r\n", router()))
        #expect(text.contains("\r\nResent-Message-Id: <") && text.contains("\r\nResent-Date: "))
        #expect(text.contains("\r\nResent-From: Anna.B@example.org\r\n"))
    }

    @Test func `a message without a sender is from the mail system`() async throws {
        #expect(try await edited("", router(), sender: .null)?.contains("From: MAILER-DAEMON@example.org\r\n") == true)
    }

    @Test func `Bcc goes from submissions, and from everything where that is configured`() async throws {
        let header = Self.whole + "BCC: secret@x.example,\r\n other@x.example\r\nReturn-Path: <z@x.example>\r\n"
        #expect(try await edited(header, router()) == Self.whole)
        #expect(try await edited(header, router(), isLocal: false) == header)
        let everywhere = try router { $0.headers.dropped = HeaderOptions.names(["bcc", "return-path"]) }
        #expect(try await edited(header, everywhere, isLocal: false) == Self.whole)
    }

    @Test func `strangers' headers stay as they are, unless missing fields are always added`() async throws {
        let tables = try router(sender: ["a@example.org": "b@example.org"])
        #expect(
            try await edited("From: a@example.org\r\nTo: c\r\n", tables, isLocal: false)
                == "From: a@example.org\r\nTo: c\r\n")
        let always = try router { $0.headers.alwaysAddsMissing = true }
        #expect(try await edited("From: a@example.org\r\n", always, isLocal: false)?.contains("Message-Id: ") == true)
    }

    @Test func `only the address that changes is written anew`() async throws {
        let tables = try router(
            sender: ["login@example.org": "First.Last@example.org"], recipient: ["old@example.org": "new@example.org"])
        let header =
            "Date: x\r\nMessage-ID: <y>\r\n"
            + "From:  \"Last, First\" (desk <login@example.org>)\r\n\t<login@EXAMPLE.org>\r\n"
            + "Reply-To: login@example.org (me)\r\n"
            + "To: =?utf-8?q?Old?= <old@example.org>,\r\n  Other   <Other@Example.Org>, login@example.org\r\n"
            + "Cc: team: old@example.org, x@y.example;\r\n"
        let expected =
            "Date: x\r\nMessage-ID: <y>\r\n"
            + "From:  \"Last, First\" (desk <login@example.org>)\r\n\t<First.Last@example.org>\r\n"
            + "Reply-To: First.Last@example.org (me)\r\n"
            + "To: =?utf-8?q?Old?= <new@example.org>,\r\n  Other   <Other@Example.Org>, login@example.org\r\n"
            + "Cc: team: new@example.org, x@y.example;\r\n"
        #expect(try await edited(header, tables) == expected)
    }

    @Test func `classes say which places are rewritten`() async throws {
        let header = "Date: x\r\nMessage-ID: <y>\r\nFrom: a@example.org\r\nTo: a@example.org\r\n"
        let tables = try router(both: ["a@example.org": "b@example.org"]) {
            $0.canonical.classes = [.headerRecipient, .envelopeSender]
        }
        #expect(try await edited(header, tables)?.contains("From: a@example.org\r\nTo: b@example.org\r\n") == true)
        let answer = await tables.canonicalSender(try address("a@example.org"))
        #expect(answer.outcome == .found(try address("b@example.org")))
        #expect(await tables.resolve(try address("a@example.org")).recipient.description == "a@example.org")
    }

    @Test func `addresses without a domain get ours, words that are no address stay`() async throws {
        let tables = try router { $0.completedDomain = Domain("example.org") }
        let header = "Date: x\r\nMessage-ID: <y>\r\nFrom: anna\r\nTo: Ben <ben>, c@host, no address, <@>\r\n"
        #expect(
            try await edited(header, tables)
                == "Date: x\r\nMessage-ID: <y>\r\nFrom: anna@example.org\r\n"
                + "To: Ben <ben@example.org>, c@host.example.org, no address, <@>\r\n")
        let without = try router { $0.headers.appendsOrigin = false }
        #expect(try await edited(header, without) == header)
    }

    @Test func `a table that can't be asked leaves it open`() async throws {
        let tables = try router(sender: ["x": "y"], failing: ["a@example.org"])
        let answer = try await edit("From: a@example.org\r\n", tables)
        guard case .unavailable = answer.outcome else {
            Issue.record("\(answer.outcome)")
            return
        }
    }

    @Test func `an answer that needs quotes gets them`() async throws {
        let tables = try router(sender: ["a@example.org": "\"two words\"@example.org"])
        #expect(
            try await edited(Self.whole.replacing("anna@", with: "a@"), tables)?.contains(
                "From: \"two words\"@example.org\r\n") == true)
    }
}
