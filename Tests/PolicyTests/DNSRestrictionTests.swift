import DNS
import Directory
import MailModel
import Policy
import PostroomTesting
import Routing
import Testing

/// Restrictions that ask DNS, with the replies of smtpd(8).
@Suite struct DNSRestrictionTests {
    private let resolver = CannedResolver()
    private let client = ClientFacts(address: IPAddress("192.0.2.1"), helo: "helo.example")

    private func policy(_ restrictions: [String], _ change: (inout PolicyOptions) -> Void = { _ in }) throws
        -> SMTPPolicy
    {
        try policy(try restrictions.map { try #require(Restriction(named: $0), "\($0)") }, change)
    }

    private func policy(
        _ restrictions: [Restriction], _ change: (inout PolicyOptions) -> Void = { _ in }
    ) throws -> SMTPPolicy {
        var options = PolicyOptions.postfix(isAuthenticationEnabled: true)
        options.recipientRestrictions = RestrictionList(restrictions)
        options.relayRestrictions = RestrictionList([.permit])
        change(&options)
        return SMTPPolicy(options, router: try sampleRouter(), resolver: resolver)
    }

    // MARK: - Domains

    @Test func `a sender's domain needs an MX or an address`() async throws {
        resolver.setMailExchangers("mx.example", [(10, "mail.mx.example")])
        resolver.setAddresses("host.example", ["2001:db8::1"])
        resolver.setTexts("text.example", ["nothing for mail"])
        resolver.setMailExchangers("null.example", [(0, ".")])
        let policy = try policy(["reject_unknown_sender_domain"])
        for (sender, expected) in [
            ("a@mx.example", "250 2.1.5 Ok"), ("a@host.example", "250 2.1.5 Ok"), ("", "250 2.1.5 Ok"),
            ("a@example.org", "250 2.1.5 Ok"), ("a@[192.0.2.7]", "250 2.1.5 Ok"),
            ("a@text.example", "450 4.1.8 <a@text.example>: Sender address rejected: Domain not found"),
            ("a@none.example", "450 4.1.8 <a@none.example>: Sender address rejected: Domain not found"),
            (
                "a@null.example",
                "550 5.7.27 <a@null.example>: Sender address rejected: Domain null.example does not accept mail (nullMX)"
            ),
        ] {
            #expect(try await policy.answer("alice@example.org", from: sender, client) == expected)
        }
        // Nobody asks DNS for domains of our own.
        #expect(!resolver.questions.contains { $0.hasSuffix(" example.org") })
    }

    @Test func `a recipient's domain is looked up where its mail doesn't end here`() async throws {
        resolver.setMailExchangers("null.example", [(0, ".")])
        resolver.setAddresses("there.example", ["192.0.2.9"])
        let policy = try policy(["reject_unknown_recipient_domain", "reject"]) {
            $0.lookupReplies.unknownAddress = 550
        }
        for (recipient, expected) in [
            ("a@none.example", "550 5.1.2 <a@none.example>: Recipient address rejected: Domain not found"),
            (
                "a@null.example",
                "556 5.1.10 <a@null.example>: Recipient address rejected: Domain null.example does not accept mail (nullMX)"
            ),
            ("a@there.example", "554 5.7.1 <a@there.example>: Recipient address rejected: Access denied"),
            ("alice@example.org", "554 5.7.1 <alice@example.org>: Recipient address rejected: Access denied"),
        ] {
            #expect(try await policy.answer(recipient, client) == expected)
        }
    }

    @Test func `while DNS doesn't answer, nobody is refused for good and nobody let in`() async throws {
        resolver.setUnavailable()
        let sender = "someone@outside.example"
        let deferred = "450 4.1.8 <\(sender)>: Sender address rejected: Domain not found"
        #expect(
            try await policy(["reject_unknown_sender_domain"]).answer("alice@example.org", from: sender, client)
                == deferred)
        // defer_if_permit: a later refusal is the stronger word.
        #expect(
            try await policy(["reject_unknown_sender_domain", "reject"]).answer(
                "alice@example.org", from: sender, client
            ).hasPrefix("554"))
        let atOnce = try policy(["reject_unknown_sender_domain", "reject"]) {
            $0.lookupReplies.unknownAddressFailure = .defer
        }
        #expect(try await atOnce.answer("alice@example.org", from: sender, client) == deferred)
        #expect(
            try await policy(["reject_unknown_helo_hostname"]).answer("alice@example.org", client)
                == "450 4.7.1 <helo.example>: Helo command rejected: Host not found")
        #expect(
            try await policy(["reject_unknown_client_hostname"]).answer("alice@example.org", client)
                == "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]")
        let warned = try policy([.warnIfReject(.rejectUnknownSenderDomain)])
        #expect(try await warned.answer("alice@example.org", from: sender, client) == "250 2.1.5 Ok")
    }

    @Test func `a HELO name needs an address or an MX`() async throws {
        resolver.setAddresses("helo.example", ["192.0.2.1"])
        resolver.setMailExchangers("null.example", [(0, ".")])
        resolver.setMailExchangers("mx.example", [(10, "mail.mx.example")])
        let policy = try policy(["reject_unknown_helo_hostname"])
        for (helo, expected) in [
            ("helo.example", "250 2.1.5 Ok"), ("mx.example", "250 2.1.5 Ok"), ("[192.0.2.1]", "250 2.1.5 Ok"),
            ("null.example", "250 2.1.5 Ok"),
            ("none.example", "450 4.7.1 <none.example>: Helo command rejected: Host not found"),
            ("[192.0.2.]", "501 5.5.2 <[192.0.2.]>: Helo command rejected: invalid ip address"),
        ] {
            var client = client
            client.helo = helo
            #expect(try await policy.answer("alice@example.org", client) == expected)
        }
    }

    // MARK: - Clients

    @Test func `a client has a name when its address leads to one that leads back`() async throws {
        let verified = try policy(["reject_unknown_client_hostname"])
        let reverse = try policy(["reject_unknown_reverse_client_hostname"])
        let table = SampleTable([
            "liar.example": "REJECT no", "mail.example": "REJECT known", "unknown": "REJECT nameless",
        ])
        let access = try policy([.checkClientAccess(table)])
        let reverseAccess = try policy([.checkReverseClientAccess(table)])
        func answers(_ policy: SMTPPolicy) async throws -> String {
            try await policy.answer("alice@example.org", client)
        }

        #expect(
            try await answers(verified) == "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]")
        #expect(
            try await answers(reverse)
                == "450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]")
        #expect(try await answers(access) == "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: nameless")

        resolver.setNames("192.0.2.1", ["liar.example"])
        resolver.setAddresses("liar.example", ["192.0.2.99"])
        #expect(try await answers(verified).hasPrefix("450"))
        #expect(try await answers(reverse) == "250 2.1.5 Ok")
        #expect(try await answers(access) == "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: nameless")
        #expect(try await answers(reverseAccess) == "554 5.7.1 <liar.example>: Unverified Client host rejected: no")

        resolver.setNames("192.0.2.1", ["mail.example"])
        resolver.setAddresses("mail.example", ["192.0.2.1"])
        #expect(try await answers(verified) == "250 2.1.5 Ok")
        #expect(try await answers(access) == "554 5.7.1 <mail.example[192.0.2.1]>: Client host rejected: known")

        resolver.setNames("192.0.2.1", ["192.0.2.1"])
        #expect(try await answers(reverse).hasPrefix("450"))
    }

    @Test func `no name is looked up that no restriction needs`() async throws {
        let policy = try policy(["reject_non_fqdn_sender", "permit_mynetworks"])
        #expect(try await policy.answer("alice@example.org", client) == "250 2.1.5 Ok")
        #expect(resolver.questions == [])
    }

    // MARK: - Lists

    @Test func `a DNS list refuses whom it has, with its reason`() async throws {
        resolver.setAddresses("1.2.0.192.zen.example", ["127.0.0.4"])
        resolver.setTexts("1.2.0.192.zen.example", ["see https://zen.example/?192.0.2.1\r\n"])
        let expected =
            "Service unavailable; Client host [192.0.2.1] blocked using zen.example; see https://zen.example/?192.0.2.1??"
        for (restriction, isListed) in [
            ("reject_rbl_client zen.example", true), ("reject_rbl_client zen.example=127.0.0.4", true),
            ("reject_rbl_client zen.example=127.0.0.[2..3;4]", true),
            ("reject_rbl_client zen.example=127.0.0.2", false),
            ("reject_rbl_client zen.example=127.0.0.[5..9]", false), ("reject_rbl_client other.example", false),
        ] {
            let reply = try await policy([restriction]).answer("alice@example.org", client)
            #expect(reply == (isListed ? "554 5.7.1 " + expected : "250 2.1.5 Ok"), "\(restriction)")
        }
        let soft = try policy(["reject_rbl_client zen.example"]) { $0.lookupReplies.listed = 450 }
        #expect(try await soft.answer("alice@example.org", client) == "450 4.7.1 " + expected)
    }

    @Test func `lists of names are asked for the names of a session`() async throws {
        resolver.setAddresses("outside.example.dbl.example", ["127.0.1.2"])
        resolver.setAddresses("helo.example.dbl.example", ["127.0.1.2"])
        resolver.setAddresses("example.org.dbl.example", ["127.0.1.2"])
        resolver.setAddresses("liar.example.dbl.example", ["127.0.1.2"])
        resolver.setNames("192.0.2.1", ["liar.example"])
        for (restriction, what) in [
            ("reject_rhsbl_sender", "Sender address [someone@outside.example]"),
            ("reject_rhsbl_helo", "Helo command [helo.example]"),
            ("reject_rhsbl_recipient", "Recipient address [alice@example.org]"),
            ("reject_rhsbl_reverse_client", "Unverified Client host [liar.example]"),
        ] {
            let reply = try await policy([restriction + " dbl.example"]).answer("alice@example.org", client)
            #expect(reply == "554 5.7.1 Service unavailable; \(what) blocked using dbl.example")
        }
        #expect(
            try await policy(["reject_rhsbl_client dbl.example"]).answer("alice@example.org", client) == "250 2.1.5 Ok")
    }

    @Test func `a list that doesn't answer refuses nobody, and is noted`() async throws {
        resolver.setUnavailable("1.2.0.192.zen.example")
        let decision = await (try policy(["reject_rbl_client zen.example"])).recipient(
            try address("alice@example.org"), sender: .null, client: client)
        #expect(decision.reply.code == 250)
        #expect(decision.effects.notes.contains { $0.contains("DNS list zen.example") })
    }

    @Test
    func `a list of the good permits for our own domains only, and makes refusals temporary while it doesn't answer`()
        async throws
    {
        resolver.setAddresses("1.2.0.192.good.example", ["127.0.5.1"])
        let policy = try policy(["permit_dnswl_client good.example", "reject"])
        #expect(try await policy.answer("alice@example.org", client) == "250 2.1.5 Ok")
        #expect(try await policy.answer("x@elsewhere.example", client).hasPrefix("554"))
        resolver.setUnavailable("1.2.0.192.good.example")
        #expect(
            try await policy.answer("alice@example.org", client)
                == "450 4.7.1 <192.0.2.1>: Client host rejected: Service unavailable")
    }

    @Test(arguments: [
        "reject_rbl_client", "reject_rbl_client =127.0.0.1", "reject_rbl_client zen.example=127.0.0",
        "reject_rbl_client zen.example=127.0.0.[1", "reject_rbl_client zen.example=127.0.0.256",
        "reject_rbl_client zen.example=127.0.0.[3..2]", "reject_rbl_client zen.example=127.0.0.[]",
        "reject_rbl_client zen..example", "reject_rbl_client zen.example more", "reject zen.example",
    ])
    func `what names no list is no restriction`(_ text: String) {
        #expect(Restriction(named: text) == nil)
    }

    // MARK: - Hosts that serve a name

    @Test func `the hosts of a name and their addresses are looked for in access tables`() async throws {
        resolver.setMailExchangers("outside.example", [(10, "mx.bad.example"), (20, "mx2.outside.example")])
        resolver.setAddresses("mx.bad.example", ["203.0.113.66"])
        resolver.setAddresses("mx2.outside.example", ["198.51.100.5"])
        resolver.set("outside.example") { $0.nameServers = [DNSName("ns.bad.example")].compactMap { $0 } }
        resolver.setAddresses("outside.example", ["198.51.100.7"])
        let refused = "554 5.7.1 <someone@outside.example>: Sender address rejected: "
        for (records, entries, expected) in [
            (.mailExchangers, ["bad.example": "REJECT host"], refused + "host"),
            (.mailExchangers, ["203.0.113": "REJECT network"], refused + "network"),
            (.mailExchangers, ["198.51.100.5": "REJECT address"], refused + "address"),
            (.mailExchangers, ["bad.example": "DUNNO", "198.51.100.5": "REJECT"], "250 2.1.5 Ok"),
            (.nameServers, ["ns.bad.example": "REJECT server"], refused + "server"),
            (.addresses, ["198.51.100.7": "REJECT own"], refused + "own"),
            (.addresses, ["203.0.113.66": "REJECT"], "250 2.1.5 Ok"),
            (.mailExchangers, ["bad.example": "OK"], "451 4.3.5 Server configuration error"),
        ] as [(ServerAccess.Records, [String: String], String)] {
            let policy = try policy([.checkServerAccess(ServerAccess(.sender, records), SampleTable(entries))])
            #expect(try await policy.answer("alice@example.org", client) == expected, "\(records) \(entries)")
        }
    }

    @Test func `name servers are those of the zone that a name lies in, and a domain without MX is its own`()
        async throws
    {
        resolver.set("example") { $0.nameServers = [DNSName("ns.top.example")].compactMap { $0 } }
        resolver.set("zone.example") { $0.nameServers = [DNSName("ns.bad.example")].compactMap { $0 } }
        resolver.setAddresses("deep.in.zone.example", ["203.0.113.9"])
        var client = client
        client.helo = "deep.in.zone.example"
        let table = SampleTable(["ns.bad.example": "REJECT servers", "203.0.113.9": "REJECT itself"])
        #expect(
            try await policy([.checkServerAccess(ServerAccess(.helo, .nameServers), table)])
                .answer("alice@example.org", client)
                == "554 5.7.1 <deep.in.zone.example>: Helo command rejected: servers")
        #expect(
            try await policy([.checkServerAccess(ServerAccess(.helo, .mailExchangers), table)])
                .answer("alice@example.org", client)
                == "554 5.7.1 <deep.in.zone.example>: Helo command rejected: itself")
    }

    @Test func `an access table may name a restriction with a list behind it`() async throws {
        resolver.setAddresses("1.2.0.192.zen.example", ["127.0.0.2"])
        let table = SampleTable(["alice@example.org": "reject_rbl_client zen.example"])
        #expect(
            try await policy([.checkRecipientAccess(table)]).answer("alice@example.org", client)
                == "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example")
    }

    // MARK: - With a name server

    @Test func `a real name server's answers lead to the same replies`() async throws {
        let zones = [
            NameServerZone("sender.example", "@ MX 10 mail\nmail A 192.0.2.1", isSigned: true),
            NameServerZone("null.example", "@ MX 0 ."),
            NameServerZone("zen.example", "1.2.0.192 A 127.0.0.2\n1.2.0.192 TXT \"listed\""),
            NameServerZone("2.0.192.in-addr.arpa", "1 PTR mail.sender.example."),
        ]
        try await RunningNameServer.withServer(zones) { server in
            var dns = UnboundOptions()
            dns.servers = .forwarders([try #require(DNSServerAddress(server.address))])
            dns.trustAnchors = [try server.trustAnchor(of: "sender.example")]
            dns.hostsFile = nil
            let resolver = try await UnboundResolver.open(dns)
            func answer(_ restriction: String, from sender: String) async throws -> String {
                var options = PolicyOptions.postfix(isAuthenticationEnabled: true)
                options.relayRestrictions = RestrictionList([.permit])
                options.recipientRestrictions = RestrictionList([try #require(Restriction(named: restriction))])
                let policy = SMTPPolicy(options, router: try sampleRouter(), resolver: resolver)
                return try await policy.answer("alice@example.org", from: sender, client)
            }
            let known = "a@sender.example"
            #expect(try await answer("reject_unknown_sender_domain", from: known) == "250 2.1.5 Ok")
            #expect(try await answer("reject_unknown_client_hostname", from: known) == "250 2.1.5 Ok")
            #expect(try await answer("reject_unknown_sender_domain", from: "a@null.example").hasPrefix("550 5.7.27"))
            #expect(
                try await answer("reject_unknown_sender_domain", from: "a@nobody.sender.example").hasPrefix("450 4.1.8")
            )
            #expect(
                try await answer("reject_rbl_client zen.example", from: known)
                    == "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example; listed")
            await resolver.shutDown()
        }
    }
}

extension SMTPPolicy {
    fileprivate func answer(
        _ recipient: String, from sender: String = "someone@outside.example", _ client: ClientFacts
    ) async throws -> String {
        try await answer(try address(recipient), from: sender, client)
    }
}
