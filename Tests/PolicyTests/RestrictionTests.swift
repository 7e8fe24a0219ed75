import LookupTables
import MailModel
import Policy
import Routing
import Testing

/// Restriction lists and access tables.
@Suite struct RestrictionTests {
    private func answer(
        _ change: (inout PolicyOptions) -> Void, to recipient: String = "alice@example.org",
        from sender: String = "someone@outside.example", client: ClientFacts = ClientFacts()
    ) async throws -> String {
        var options = PolicyOptions.postfix(isAuthenticationEnabled: true)
        change(&options)
        return try await SMTPPolicy(options, router: try sampleRouter()).answer(
            address(recipient), from: sender, client)
    }

    // MARK: - Lists

    @Test func `permit ends its own list only`() async throws {
        let reply = try await answer {
            $0.clientRestrictions = RestrictionList([.permit, .reject])
            $0.senderRestrictions = RestrictionList([.permit, .reject])
            $0.relayRestrictions = RestrictionList([.permit, .reject])
            $0.recipientRestrictions = RestrictionList([.defer])
        }
        #expect(reply == "450 4.3.2 <alice@example.org>: Recipient address rejected: Try again later")
    }

    @Test func `the lists run client, HELO, sender, relay, recipient, and the first refusal counts`() async throws {
        let client = ClientFacts(address: IPAddress("203.0.113.5"), helo: "client.example")
        var expected = [
            "554 5.7.1 <unknown[203.0.113.5]>: Client host rejected: Access denied",
            "554 5.7.1 <client.example>: Helo command rejected: Access denied",
            "554 5.7.1 <someone@outside.example>: Sender address rejected: Access denied",
            "454 4.7.1 <x@outside.example>: Relay access denied",
            "554 5.7.1 <x@outside.example>: Recipient address rejected: Access denied",
        ]
        for count in 0..<5 {
            let reply = try await answer(
                {
                    let refuse = RestrictionList([.reject])
                    if count < 1 { $0.clientRestrictions = refuse }
                    if count < 2 { $0.heloRestrictions = refuse }
                    if count < 3 { $0.senderRestrictions = refuse }
                    if count > 3 { $0.relayRestrictions = RestrictionList() }
                    $0.recipientRestrictions = refuse
                }, to: "x@outside.example", client: client)
            #expect(reply == expected.removeFirst())
        }
    }

    @Test func `an unknown recipient is refused whoever permits it`() async throws {
        let reply = try await answer(
            { $0.recipientRestrictions = RestrictionList([.permit]) }, to: "zoe@example.org",
            client: ClientFacts(login: "alice"))
        #expect(reply == "550 5.1.1 <zoe@example.org>: Recipient address rejected: User unknown")
    }

    @Test func `warn_if_reject notes and lets pass`() async throws {
        let policy = SMTPPolicy(.native(.mx), router: try sampleRouter())
        var options = policy.options
        options.recipientRestrictions = RestrictionList([.warnIfReject(.reject)])
        let decision = await SMTPPolicy(options, router: policy.router)
            .recipient(try address("alice@example.org"), sender: .null, client: ClientFacts())
        #expect(decision.reply.code == 250)
        #expect(ResolutionText().text(decision.steps).contains("554 5.7.1"))
    }

    @Test(
        "names that are not fully qualified",
        arguments: [
            (
                "reject_non_fqdn_sender", "a@host", "x",
                "504 5.5.2 <a@host>: Sender address rejected: need fully-qualified address"
            ),
            ("reject_non_fqdn_sender", "a@host.example", "x", "250 2.1.5 Ok"),
            ("reject_non_fqdn_sender", "", "x", "250 2.1.5 Ok"),
            (
                "reject_non_fqdn_helo_hostname", "", "host",
                "504 5.5.2 <host>: Helo command rejected: need fully-qualified hostname"
            ),
            (
                "reject_non_fqdn_helo_hostname", "", "a..b",
                "504 5.5.2 <a..b>: Helo command rejected: need fully-qualified hostname"
            ),
            ("reject_non_fqdn_helo_hostname", "", "[192.0.2.1]", "250 2.1.5 Ok"),
            ("reject_invalid_helo_hostname", "", "a..b", "501 5.5.2 <a..b>: Helo command rejected: Invalid name"),
            (
                "reject_invalid_helo_hostname", "", "[192.0.2.999]",
                "501 5.5.2 <[192.0.2.999]>: Helo command rejected: Invalid name"
            ),
            ("reject_invalid_helo_hostname", "", "[IPv6:2001:db8::1]", "250 2.1.5 Ok"),
            ("reject_invalid_helo_hostname", "", "host_1.example.", "250 2.1.5 Ok"),
        ])
    func qualified(restriction: String, sender: String, helo: String, expected: String) async throws {
        let restriction = try #require(Restriction(named: restriction))
        let reply = try await answer(
            { $0.recipientRestrictions = RestrictionList([restriction]) }, from: sender, client: ClientFacts(helo: helo)
        )
        #expect(reply == expected)
    }

    @Test func `every restriction that stands alone is found by its name`() throws {
        for name in ["permit", "PERMIT_MYNETWORKS", "reject_unauth_destination", "reject_unlisted_recipient"] {
            #expect(try #require(Restriction(named: name)).name == name.lowercased())
        }
        #expect(Restriction(named: "reject_rbl_client") == nil)
    }

    // MARK: - Access tables

    @Test(
        "an access table's answer is a verdict",
        arguments: [
            ("OK", "250 2.1.5 Ok"), ("20260101", "250 2.1.5 Ok"), ("DUNNO", "after"), ("WARN look", "after"),
            ("REJECT", "554 5.7.1 <S>: Sender address rejected: Access denied"),
            ("reject Go away", "554 5.7.1 <S>: Sender address rejected: Go away"),
            ("REJECT 5.7.9 Go away", "554 5.7.9 <S>: Sender address rejected: Go away"),
            ("REJECT 4.7.9 Go away", "554 5.7.1 <S>: Sender address rejected: 4.7.9 Go away"),
            ("DEFER", "450 4.7.1 <S>: Sender address rejected: Access denied"),
            ("550 No such list", "550 5.7.1 <S>: Sender address rejected: No such list"),
            ("450 4.2.1 Later", "450 4.2.1 <S>: Sender address rejected: Later"),
            ("554", "554 5.7.1 <S>: Sender address rejected: Access denied"),
            ("permit", "250 2.1.5 Ok"), ("reject_unlisted_recipient, permit", "250 2.1.5 Ok"),
            ("REDIRECT x@y.example", "after"), ("BCC x@y.example", "after"), ("PREPEND X-Seen: yes", "after"),
            ("PREPEND nonsense", "after"), ("INFO look", "after"), ("DISCARD", "250 2.1.5 Ok"),
            ("REDIRECT nowhere", "after"), ("BCC nowhere", "after"),
            ("HOLD", "after"), ("FILTER smtp:[127.0.0.1]:10025", "after"), ("FILTER nonsense", "after"),
            ("FILTER scan:[127.0.0.1]:10025", "451 4.3.5 Server configuration error"),
            ("no_such_action", "451 4.3.5 Server configuration error"),
            ("DEFER_IF_REJECT slow", "450 4.7.1 <S>: Sender address rejected: slow"),
        ])
    func actions(value: String, expected: String) async throws {
        let sender = "someone@outside.example"
        let reply = try await answer {
            $0.recipientRestrictions = RestrictionList([
                .checkSenderAccess(SampleTable([sender: value])), .reject,
            ])
        }
        let after = "554 5.7.1 <alice@example.org>: Recipient address rejected: Access denied"
        #expect(reply == (expected == "after" ? after : expected.replacing("<S>", with: "<\(sender)>")))
    }

    @Test func `DEFER_IF_PERMIT waits for what the others say`() async throws {
        let list = RestrictionList([.checkSenderAccess(SampleTable(["outside.example": "DEFER_IF_PERMIT busy"]))])
        let alice = try await answer { $0.senderRestrictions = list }
        #expect(alice == "450 4.7.1 <someone@outside.example>: Sender address rejected: busy")
        // As smtpd(8): an unknown recipient is put off too, unless a list asks for it or refuses for another reason.
        let unknown = try await answer({ $0.senderRestrictions = list }, to: "zoe@example.org")
        #expect(unknown == alice)
        let asked = try await answer(
            {
                $0.senderRestrictions = list
                $0.recipientRestrictions = RestrictionList([.rejectUnlistedRecipient])
            }, to: "zoe@example.org")
        #expect(asked.hasPrefix("550 5.1.1"))
        #expect(try await answer({ $0.senderRestrictions = list }, to: "x@elsewhere.example").hasPrefix("454"))
    }

    @Test(
        "addresses are asked for from the most exact key to the least",
        arguments: [
            "alice+x@example.org", "alice@example.org", "example.org", "org", "alice+x@", "alice@",
        ])
    func addressKeys(key: String) async throws {
        let refuse = SampleTable([key: "REJECT by \(key)"])
        let reply = try await answer(
            { $0.recipientRestrictions = RestrictionList([.checkRecipientAccess(refuse)]) }, to: "Alice+x@example.org")
        #expect(reply == "554 5.7.1 <Alice+x@example.org>: Recipient address rejected: by \(key)")
    }

    @Test(
        "clients are asked for by name, parents, address and networks",
        arguments: [
            "mail.sub.client.example", "client.example", "example", "203.0.113.5", "203.0.113", "203.0", "203",
        ])
    func clientKeys(key: String) async throws {
        let client = ClientFacts(address: IPAddress("203.0.113.5"), hostName: "mail.sub.client.example")
        let refuse = SampleTable([key: "REJECT"])
        let reply = try await answer(
            { $0.clientRestrictions = RestrictionList([.checkClientAccess(refuse)]) }, client: client)
        #expect(
            reply == "554 5.7.1 <mail.sub.client.example[203.0.113.5]>: Client host rejected: Access denied")
    }

    @Test func `an IPv6 client is asked for by its groups`() async throws {
        let client = ClientFacts(address: IPAddress("2001:db8::5:6"))
        let reply = try await answer(
            { $0.clientRestrictions = RestrictionList([.checkClientAccess(SampleTable(["2001:db8": "REJECT"]))]) },
            client: client)
        #expect(reply.hasPrefix("554"))
    }

    @Test func `pattern tables see whole keys only`() async throws {
        let table = SampleTable(["example.org": "REJECT", "alice@": "REJECT"], isPattern: true)
        let reply = try await answer { $0.recipientRestrictions = RestrictionList([.checkRecipientAccess(table)]) }
        #expect(reply == "250 2.1.5 Ok")
    }

    @Test func `the empty sender has a key of its own`() async throws {
        let table = SampleTable(["<>": "REJECT no bounces"])
        let reply = try await answer({ $0.senderRestrictions = RestrictionList([.checkSenderAccess(table)]) }, from: "")
        #expect(reply == "554 5.7.1 <>: Sender address rejected: no bounces")
    }

    @Test func `an access table that can't answer defers`() async throws {
        let table = SampleTable([:], failing: ["outside.example"])
        let reply = try await answer { $0.senderRestrictions = RestrictionList([.checkSenderAccess(table)]) }
        #expect(reply.hasPrefix("451 4.3.0"))
    }
}
