import Directory
import LookupTables
import MailModel
import Routing
import Testing

/// A site of example.org (mailboxes), local.example (local(8) of Postfix) and relay.example, for what its tables say.
func tableSite(_ change: (inout RoutingOptions) throws -> Void = { _ in }) throws -> Router {
    let names = ["alice", "bob", "carol"]
    let paths = Dictionary(uniqueKeysWithValues: names.map { ("\($0)@example.org", "/mail/\($0)") })
    let mailboxes = CannedMailboxes(paths: paths)
    var options = RoutingOptions.postfix(
        myOrigin: try domain("mail.example.org"), localTransport: .unknown("local"),
        virtualTransport: .mailboxes(mailboxes))
    options.virtualMailboxes = mailboxes
    options.virtualMailboxDomains = try list("virtual_mailbox_domains", "example.org")
    options.myDestination = try list("mydestination", "mail.example.org, local.example")
    options.relayDomains = try list("relay_domains", "relay.example")
    options.recipientDelimiter = RecipientDelimiter("+")
    try change(&options)
    return Router(options)
}

extension Resolution {
    /// Where each copy goes, as explain shows it.
    var ways: [String] {
        guard case .deliver(let destinations) = verdict else { return [reply.description] }
        return destinations.map { destination in
            switch destination {
            case .mailbox(let mailbox): "\(mailbox.location)"
            case .remote(let remote): "\(remote.address) \(remote.way)"
            case .discard(let address, let reason): "\(address) discard:\(reason)"
            }
        }
    }
}

/// transport_maps, and the transports of classes.
@Suite struct TransportTests {
    @Test func `keys go from the address over the domain and its parents to the star`() async throws {
        let router = try tableSite { $0.transportMaps = [CannedTable([:], name: "transport")] }
        let resolution = await router.resolve(try address("User+x@a.relay.example"))
        #expect(
            resolution.questions.filter { $0.hasPrefix("transport ") } == [
                "transport user+x@a.relay.example", "transport user@a.relay.example", "transport a.relay.example",
                "transport .relay.example", "transport .example", "transport *",
            ])
    }

    @Test(
        "a value says the transport, the next hop, or both",
        arguments: [
            ("smtp:[relay.example]:2525", "x@far.example smtp:[relay.example]:2525"),
            ("relay:hub.example", "x@far.example smtp:hub.example"),
            // A transport alone goes to the recipient's own domain, past relayhost.
            ("smtp:", "x@far.example smtp:far.example"),
            (":[other.example]", "x@far.example smtp:[other.example]"),
            (":", "x@far.example smtp:[smart.example]"),
            ("lmtp:unix:/run/lmtp", "x@far.example lmtp:unix:/run/lmtp"),
            ("lmtp:inet:192.0.2.9:24", "x@far.example lmtp:inet:192.0.2.9:24"),
            ("discard:spam trap", "x@far.example discard:spam trap"),
            ("error:5.1.2 no such host", "550 5.1.2 <x@far.example>: Recipient address rejected: no such host"),
            ("error:no mail here", "550 5.1.1 <x@far.example>: Recipient address rejected: no mail here"),
            ("retry:4.2.1 come back", "450 4.2.1 <x@far.example>: Recipient address rejected: come back"),
            (
                "uucp:host",
                "451 4.3.5 <x@far.example>: Recipient address deferred: mail transport unavailable"
            ),
        ])
    func values(value: String, way: String) async throws {
        let router = try tableSite {
            $0.relayHost = "[smart.example]"
            $0.transportMaps = [CannedTable(["far.example": value])]
        }
        #expect(await router.resolve(try address("x@far.example")).ways == [way])
    }

    @Test func `relayhost takes what no table gives a way`() async throws {
        let router = try tableSite { $0.relayHost = "[smart.example]:587" }
        for recipient in ["x@far.example", "x@relay.example"] {
            #expect(await router.resolve(try address(recipient)).ways == ["\(recipient) smtp:[smart.example]:587"])
        }
    }

    @Test func `virtual: leads any domain to the mailboxes`() async throws {
        let router = try tableSite { options in
            options.myDestination = try list("mydestination", "example.org")
            options.virtualMailboxDomains = try list("virtual_mailbox_domains", "")
            options.transportMaps = [CannedTable(["alice@example.org": "virtual:"])]
        }
        #expect(await router.resolve(try address("alice@example.org")).ways == ["maildir:/mail/alice"])
        #expect(await router.resolve(try address("bob@example.org")).reply.code == 451)
    }

    @Test func `a spelling of the site's own configuration means what that says`() async throws {
        let router = try tableSite { options in
            options.transportsBySpelling["lmtp:unix:private/dovecot-lmtp"] = options.virtualTransport
            options.transportMaps = [CannedTable(["example.org": "lmtp:unix:private/dovecot-lmtp"])]
        }
        #expect(await router.resolve(try address("alice@example.org")).ways == ["maildir:/mail/alice"])
    }

    @Test func `a table that can't be asked defers`() async throws {
        let broken = try tableSite { $0.transportMaps = [CannedTable([:], failing: ["far.example"])] }
        #expect(await broken.resolve(try address("x@far.example")).reply.code == 451)
    }

    @Test func `another's mailbox class asks virtual_mailbox_maps who exists`() async throws {
        let router = try tableSite {
            $0.virtualTransport = .remote(.lmtp, nextHop: "inet:192.0.2.9:24")
            $0.virtualMailboxMaps = [CannedTable(["alice@example.org": "x", "carol@example.org": "x"])]
            $0.virtualTransportAsksMaps = false
            $0.transportMaps = [
                CannedTable([
                    "trap@example.org": "discard:", "carol@example.org": "discard:",
                    "gone@example.org": "error:5.1.6 moved",
                ])
            ]
        }
        #expect(await router.resolve(try address("carol@example.org")).ways == ["carol@example.org discard:"])
        #expect(await router.resolve(try address("trap@example.org")).reply.description.contains("5.1.1"))
        #expect(await router.resolve(try address("gone@example.org")).reply.description.contains("5.1.6"))
        #expect(
            await router.resolve(try address("alice@example.org")).ways == ["alice@example.org lmtp:inet:192.0.2.9:24"])
        #expect(
            await router.resolve(try address("zoe@example.org")).reply.description
                == "550 5.1.1 <zoe@example.org>: Recipient address rejected: User unknown in virtual mailbox table")
    }
}

/// aliases(5), canonical(5) and blind copies.
@Suite struct RewritingTests {
    private func aliased(_ aliases: [String: String], virtual: [String: String] = [:]) throws -> Router {
        try tableSite {
            $0.localAliasMaps = [CannedTable(aliases, name: "aliases")]
            $0.localRecipientMaps = $0.localAliasMaps
            $0.virtualAliasMaps = [CannedTable(virtual, name: "virtual")]
        }
    }

    @Test(
        "a name of the local class leads where aliases(5) say",
        arguments: [
            ("root@local.example", ["maildir:/mail/alice"]), ("Root@mail.example.org", ["maildir:/mail/alice"]),
            ("root+cron@local.example", ["maildir:/mail/alice"]),
            ("staff@local.example", ["maildir:/mail/alice", "maildir:/mail/bob"]),
            ("nested@local.example", ["maildir:/mail/alice"]),
            ("out@local.example", ["x@far.example smtp:far.example"]),
            (
                "zoe@local.example",
                ["550 5.1.1 <zoe@local.example>: Recipient address rejected: User unknown in local recipient table"]
            ),
            (
                "root@example.org",
                ["550 5.1.1 <root@example.org>: Recipient address rejected: User unknown in virtual mailbox table"]
            ),
        ])
    func aliases(recipient: String, ways: [String]) async throws {
        let router = try aliased([
            "root": "alice@example.org", "staff": "alice@example.org, Bob <bob@example.org>", "nested": "root",
            "out": "x@far.example",
        ])
        #expect(await router.resolve(try address(recipient)).ways == ways)
    }

    @Test(
        "what only local(8) delivers to defers the whole recipient and is told",
        arguments: [
            ("alice@example.org, \"|/usr/bin/vacation -a x, root\"", "a command"), ("/var/mail/archive", "a file"),
            ("bob@example.org, :include:/etc/list", "a list in another file"), ("|cat", "a command"),
        ])
    func undeliverable(value: String, what: String) async throws {
        let resolution = await (try aliased(["list": value])).resolve(try address("list@local.example"))
        #expect(resolution.reply.code == 451)
        #expect(resolution.reply.description.contains("its alias leads to \(what)"))
        #expect(ResolutionText().text(resolution).contains(what))
    }

    @Test func `a name that aliases give is local(8)'s alone; an address elsewhere is an alias's again`() async throws {
        let router = try aliased(
            ["root": "admin, team@example.org", "admin": "alice@example.org"],
            virtual: ["admin@mail.example.org": "carol@example.org", "team@example.org": "bob@example.org"])
        let resolution = await router.resolve(try address("root@local.example"))
        #expect(resolution.ways == ["maildir:/mail/alice", "maildir:/mail/bob"])
    }

    @Test func `recipients are rewritten before all else, by their own tables and then by those of all`() async throws {
        let router = try tableSite {
            $0.canonical.recipientMaps = [
                CannedTable(["old@example.org": "older@example.org", "older@example.org": "alice@interim.example"])
            ]
            $0.canonical.maps = [CannedTable(["@interim.example": "@example.org"])]
            $0.virtualAliasMaps = [CannedTable(["alice@example.org": "bob@example.org"])]
        }
        let plain = await router.resolve(try address("old@example.org"))
        #expect(plain.ways == ["maildir:/mail/bob"])
        #expect(plain.recipient.description == "old@example.org")
    }

    @Test func `senders are rewritten, and a rewriting that can't end or can't be asked is no answer`() async throws {
        let router = try tableSite {
            $0.canonical.senderMaps = [
                CannedTable(
                    [
                        "alice@example.org": "a.liddell@example.org", "x@example.org": "y@example.org",
                        "y@example.org": "x@example.org",
                    ],
                    failing: ["bob@example.org"])
            ]
        }
        #expect(
            await router.canonicalSender(try address("alice@example.org")).outcome
                == .found(try address("a.liddell@example.org")))
        #expect(await router.canonicalSender(try address("zoe@example.org")).outcome == .absent)
        for sender in ["x@example.org", "bob@example.org"] {
            guard case .unavailable = await router.canonicalSender(try address(sender)).outcome else {
                Issue.record("\(sender) was rewritten")
                continue
            }
        }
    }

    @Test func `a canonical table that can't be asked defers its recipients`() async throws {
        let router = try tableSite {
            $0.canonical.maps = [CannedTable([:], failing: ["alice@example.org"])]
        }
        #expect(
            await router.resolve(try address("alice@example.org")).reply.description
                == "451 4.3.0 <alice@example.org>: Temporary lookup failure")
    }

    @Test func `blind copies are asked for by sender, by recipient and for all, each once`() async throws {
        let router = try tableSite {
            $0.blindCopies.always = Array("carol@example.org".utf8)
            $0.blindCopies.senderMaps = [CannedTable(["@out.example": "carol@example.org"])]
            $0.blindCopies.recipientMaps = [
                CannedTable(
                    ["alice@example.org": "bob@example.org", "@broken.example": "<>"], failing: ["down@example.org"])
            ]
        }
        let copies = await router.blindCopies(
            sender: .address(try address("x@out.example")),
            recipients: try ["alice+x@example.org", "y@broken.example", "down@example.org"].map { try address($0) })
        let texts = copies.map { copy in
            switch copy.target {
            case .found(let address, let resolution): "\(copy.setting) \(address) \(resolution.reply.code)"
            case .failed: "\(copy.setting) failed"
            }
        }
        #expect(
            texts == [
                "always_bcc carol@example.org 250", "recipient_bcc_maps bob@example.org 250",
                "recipient_bcc_maps failed", "recipient_bcc_maps failed",
            ])
        #expect(await (try tableSite()).blindCopies(sender: .null, recipients: []).isEmpty)
    }

    @Test func `user@host is completed by mydomain where the site has it so`() async throws {
        let router = try tableSite {
            $0.completedDomain = try domain("org")
            $0.virtualAliasMaps = [CannedTable(["team@example.org": "bob@example"])]
        }
        #expect(await router.resolve(try address("alice@example")).ways == ["maildir:/mail/alice"])
        #expect(await router.resolve(try address("team@example.org")).ways == ["maildir:/mail/bob"])
    }
}
