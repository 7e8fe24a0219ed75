import Directory
import LookupTables
import MailModel
import Routing
import Testing

/// What becomes of a recipient.
@Suite struct RouterTests {
    /// A small native site: one mailbox domain, one alias domain, one relay domain.
    private func site(
        aliases: [String: String] = [:], failing: Set<String> = [],
        mailboxes: [String] = ["alice@example.org", "bob@example.org", "carol@example.org"],
        mailboxFailures: [String: UnavailableReason] = [:], _ change: (inout RoutingOptions) throws -> Void = { _ in }
    ) throws -> Router {
        let paths = Dictionary(uniqueKeysWithValues: mailboxes.map { ($0, "/mail/\($0)") })
        var options = RoutingOptions(
            myOrigin: try domain("example.org"), mailboxes: CannedMailboxes(paths: paths, failing: mailboxFailures))
        options.virtualMailboxDomains = try list("virtual_mailbox_domains", "example.org")
        options.virtualAliasDomains = try list("virtual_alias_domains", "alias.example")
        options.relayDomains = try list("relay_domains", "relay.example")
        options.virtualAliasMaps = [CannedTable(aliases, failing: failing, name: "aliases")]
        options.recipientDelimiter = RecipientDelimiter("+")
        try change(&options)
        return Router(options)
    }

    private func reply(_ router: Router, _ recipient: String) async throws -> String {
        await router.resolve(try address(recipient)).reply.description
    }

    // MARK: - Recipients that exist, and that don't

    @Test func `a mailbox of ours is delivered to`() async throws {
        let resolution = try await site().resolve(address("Alice@Example.ORG"))
        #expect(resolution.finalAddresses == ["Alice@example.org"])
        #expect(resolution.reply.description == "250 2.1.5 Ok")
    }

    @Test func `an address that two accounts have reaches both mailboxes, and again from the queue`() async throws {
        let router = try site { options in
            options.virtualTransport = .mailboxes(SharedAddress())
            options.virtualAliasMaps = [CannedTable(["team@example.org": "info@example.org, info@example.org"])]
        }
        for recipient in ["info@example.org", "team@example.org"] {
            let resolution = await router.resolve(try address(recipient))
            #expect(resolution.mailboxes == ["maildir:/mail/one 5001:5001", "maildir:/mail/two 5002:5002"])
            #expect(resolution.reply.description == "250 2.1.5 Ok")
            let text = ResolutionText().text(resolution)
            #expect(
                text.contains("info@example.org has 2 mailboxes: maildir:/mail/one, owner 5001:5001; maildir:/mail/two")
            )
            #expect(text.contains("→ info@example.org in maildir:/mail/one, owner 5001:5001\n"))
            #expect(text.contains("→ info@example.org in maildir:/mail/two, owner 5002:5002\n"))
            let json = ResolutionJSON.document(resolution).serialized(compact: true)
            #expect(json.contains("\"/mail/one\"") && json.contains("\"/mail/two\""))
        }
        let retried = await router.resolveFinal(try address("info@example.org"))
        #expect(retried.mailboxes.count == 2)
    }

    @Test(
        "a recipient that does not exist is refused in Postfix's words",
        arguments: [
            ("zoe@example.org", false, "550 5.1.1 <zoe@example.org>: Recipient address rejected: User unknown"),
            (
                "zoe@example.org", true,
                "550 5.1.1 <zoe@example.org>: Recipient address rejected: User unknown in virtual mailbox table"
            ),
            (
                "zoe@alias.example", true,
                "550 5.1.1 <zoe@alias.example>: Recipient address rejected: User unknown in virtual alias table"
            ),
            (
                "zoe@local.example", true,
                "550 5.1.1 <zoe@local.example>: Recipient address rejected: User unknown in local recipient table"
            ),
            (
                "zoe@relay.example", true,
                "550 5.1.1 <zoe@relay.example>: Recipient address rejected: User unknown in relay recipient table"
            ),
        ])
    func unknown(recipient: String, showsTable: Bool, expected: String) async throws {
        let router = try site { options in
            options.showUserUnknownTableName = showsTable
            options.myDestination = try list("mydestination", "local.example")
            options.relayRecipientMaps = [CannedTable([:])]
        }
        #expect(try await reply(router, recipient) == expected)
    }

    @Test func `a transport that refuses gives its own text`() async throws {
        let router = try site {
            $0.virtualTransport = .error(EnhancedStatusCode(5, 1, 1), "no local mailboxes")
        }
        #expect(
            try await reply(router, "alice@example.org")
                == "550 5.1.1 <alice@example.org>: Recipient address rejected: no local mailboxes")
    }

    @Test func `a transport that this server doesn't have defers`() async throws {
        let router = try site { $0.virtualTransport = .unknown("maildrop") }
        #expect(try await reply(router, "alice@example.org").hasPrefix("451 4.3.5"))
    }

    // MARK: - No answer is never a no

    @Test(
        "whatever can't be asked defers the recipient",
        arguments: [
            ("alias@example.org", "451 4.3.0 <alias@example.org>: Temporary lookup failure"),
            ("down@example.org", "451 4.3.0 <down@example.org>: Temporary lookup failure"),
            ("broken@example.org", "451 4.3.5 <broken@example.org>: Server configuration error"),
            ("group@example.org", "451 4.3.0 <group@example.org>: Temporary lookup failure"),
            ("x@undecided.example", "451 4.3.0 <x@undecided.example>: Temporary lookup failure"),
        ])
    func unavailable(recipient: String, expected: String) async throws {
        let router = try site(
            aliases: ["group@example.org": "alice@example.org, down@example.org"], failing: ["alias@example.org"],
            mailboxes: ["alice@example.org"],
            mailboxFailures: [
                "down@example.org": UnavailableReason(.unreachable, "no server answers"),
                "broken@example.org": UnavailableReason(.misconfigured, "uid is no number"),
            ]
        ) { options in
            options.relayDomains = try list(
                "relay_domains", "relay.example x:y",
                tables: ["x:y": CannedTable([:], failing: ["undecided.example"], name: "x:y")])
        }
        #expect(try await reply(router, recipient) == expected)
    }

    @Test func `a key that can't be asked ends the search before a less exact key could answer`() async throws {
        let router = try site(aliases: ["@example.org": "alice@example.org"], failing: ["zoe@example.org"])
        #expect(try await reply(router, "zoe@example.org").hasPrefix("451 4.3.0"))
    }

    // MARK: - Aliases

    @Test(
        "aliases expand as Postfix's cleanup expands them",
        arguments: [
            ("staff@example.org", ["alice@example.org", "bob@example.org"]),
            ("staff+x@example.org", ["alice+x@example.org", "bob+x@example.org"]),
            ("all@example.org", ["alice@example.org", "bob@example.org", "carol@example.org"]),
            ("carol@example.org", ["carol@example.org", "dora@elsewhere.example"]),
            ("move@alias.example", ["move@elsewhere.example"]),
            ("anything@alias.example", ["alice@example.org"]),
            ("short@example.org", ["bob@example.org"]),
            ("twice@example.org", ["alice@example.org"]),
            ("hijacked@elsewhere.example", ["bob@example.org"]),
            ("alice+list@example.org", ["alice+list@example.org"]),
        ])
    func expansion(recipient: String, expected: [String]) async throws {
        let router = try site(
            aliases: [
                "staff@example.org": "alice@example.org, bob@example.org",
                "all@example.org": "staff@example.org, carol@example.org, alice@example.org",
                "carol@example.org": "carol@example.org, dora@elsewhere.example",
                "move@alias.example": "@elsewhere.example",
                "@alias.example": "alice@example.org",
                "short@example.org": "bob",
                "twice@example.org": "alice@example.org, Alice@example.org",
                "hijacked@elsewhere.example": "bob@example.org",
            ],
            mailboxes: [
                "alice@example.org", "bob@example.org", "carol@example.org", "alice+x@example.org", "bob+x@example.org",
                "alice+list@example.org",
            ])
        let resolution = await router.resolve(try address(recipient))
        if recipient == "all@example.org" {
            // carol's own alias sends a copy on.
            #expect(resolution.finalAddresses == (expected + ["dora@elsewhere.example"]).sorted())
        } else {
            #expect(resolution.finalAddresses == expected)
        }
    }

    @Test func `unmatched extensions stay behind where the site says so`() async throws {
        let router = try site(aliases: ["staff@example.org": "alice@example.org"]) {
            $0.propagateUnmatchedExtensions = false
        }
        #expect(await router.resolve(try address("staff+x@example.org")).finalAddresses == ["alice@example.org"])
    }

    @Test(
        "owner- and -request names are whole when - separates extensions",
        arguments: [("owner-list@example.org", "owner-list@example.org"), ("list-x@example.org", "list@example.org")])
    func ownerRequest(recipient: String, mailbox: String) async throws {
        let router = try site(aliases: ["list@example.org": "alice@example.org"]) {
            $0.recipientDelimiter = RecipientDelimiter("-")
            $0.propagateUnmatchedExtensions = false
        }
        let resolution = await router.resolve(try address(recipient))
        #expect(resolution.questions.contains("aliases \(mailbox)"))
        #expect(resolution.finalAddresses == (recipient == mailbox ? [] : ["alice@example.org"]))
    }

    @Test func `natively a name that needs quotes is asked for as the directory holds it too`() async throws {
        let aliases = ["ops(24x7)@example.org": "alice@example.org"]
        let recipient = try address("ops(24x7)@example.org")
        #expect(try await site(aliases: aliases).resolve(recipient).finalAddresses == ["alice@example.org"])
        let imported = try site(aliases: aliases) { $0.aliasKeySpelling = .quoted }
        #expect(await imported.resolve(recipient).reply.code == 550)
    }

    @Test func `an alias with a dead target is delivered to the living and names the dead`() async throws {
        let router = try site(aliases: ["staff@example.org": "alice@example.org, gone@example.org"])
        let resolution = await router.resolve(try address("staff@example.org"))
        #expect(resolution.finalAddresses == ["alice@example.org"])
        #expect(resolution.deadTargets == [try address("gone@example.org")])
    }

    @Test func `an alias with only dead targets is refused in the recipient's name`() async throws {
        let router = try site(aliases: ["staff@example.org": "gone@example.org, left@example.org"])
        #expect(
            try await reply(router, "staff@example.org")
                == "550 5.1.1 <staff@example.org>: Recipient address rejected: User unknown")
    }

    @Test func `an alias that holds no address is a mistake to mend, not an unknown user`() async throws {
        let router = try site(aliases: ["staff@example.org": "two words"])
        #expect(try await reply(router, "staff@example.org").hasPrefix("451 4.3.5"))
    }

    @Test func `two addresses of one mailbox give one copy natively, two for a site that had two`() async throws {
        let mailboxes = CannedMailboxes(paths: ["meera@example.org": "/m/meera", "meera.nair@example.org": "/m/meera"])
        for (once, count) in [(true, 1), (false, 2)] {
            let router = try site(aliases: ["core@example.org": "meera@example.org, meera.nair@example.org"]) {
                $0.virtualTransport = .mailboxes(mailboxes)
                $0.deliversOncePerMailbox = once
            }
            #expect(await router.resolve(try address("core@example.org")).finalAddresses.count == count)
        }
    }

    // MARK: - Loops and limits

    @Test(
        "a loop gives nothing, and is refused only when nothing else is left",
        arguments: [
            ("a@example.org", "554 5.4.6 <a@example.org>: Recipient address rejected: mail forwarding loop"),
            ("ring1@example.org", "554 5.4.6 <ring1@example.org>: Recipient address rejected: mail forwarding loop"),
            ("pair@example.org", "554 5.4.6 <pair@example.org>: Recipient address rejected: mail forwarding loop"),
            ("mixed@example.org", "250 2.1.5 Ok"),
            ("case@example.org", "250 2.1.5 Ok"),
        ])
    func loops(recipient: String, expected: String) async throws {
        let router = try site(
            aliases: [
                "a@example.org": "b@example.org", "b@example.org": "a@example.org",
                "ring1@example.org": "ring2@example.org", "ring2@example.org": "ring3@example.org",
                "ring3@example.org": "ring1@example.org",
                "pair@example.org": "a@example.org, b@example.org",
                "mixed@example.org": "back@example.org, alice@example.org",
                "back@example.org": "mixed@example.org",
                "case@example.org": "CASE@example.org",
            ], mailboxes: ["alice@example.org", "case@example.org"])
        #expect(try await reply(router, recipient) == expected)
    }

    @Test func `an alias that grows without end meets the recursion limit`() async throws {
        let router = try site(aliases: ["a@example.org": "a+x@example.org"])
        #expect(
            try await reply(router, "a+y@example.org") == "451 4.6.0 <a+y@example.org>: Alias expansion error")
    }

    @Test func `as many levels as the limit allows are followed, one more is not`() async throws {
        var aliases: [String: String] = [:]
        for level in 0..<21 { aliases["l\(level)@example.org"] = "l\(level + 1)@example.org" }
        let router = try site(aliases: aliases, mailboxes: ["l21@example.org"])
        #expect(try await reply(router, "l1@example.org") == "250 2.1.5 Ok")
        #expect(try await reply(router, "l0@example.org").hasPrefix("451 4.6.0"))
    }

    @Test(
        "a group may have as many members as the limit says, and is never delivered in part",
        arguments: [(10_000, "250 2.1.5 Ok"), (10_001, "452 4.5.3")])
    func groupSize(members: Int, expected: String) async throws {
        let value = (1...members).map { "m\($0)@example.org" }
        let router = try site(
            aliases: ["big@example.org": value.joined(separator: ",")], mailboxes: value)
        #expect(try await reply(router, "big@example.org").hasPrefix(expected))
    }

    // MARK: - Postmaster

    @Test(
        "mail for postmaster and abuse of our domains finds somebody",
        arguments: ["postmaster@example.org", "PostMaster@alias.example", "abuse@example.org", "abuse+x@example.org"])
    func postmaster(recipient: String) async throws {
        let router = try site(aliases: ["admins@example.org": "bob@example.org"]) {
            $0.postmaster = try address("admins@example.org")
        }
        #expect(await router.resolve(try address(recipient)).finalAddresses == ["bob@example.org"])
    }

    @Test
    func `mail for the machine's own postmaster is taken where its name is no domain of ours; other names are not`()
        async throws
    {
        let router = try site {
            $0.myOrigin = try domain("mx.example.org")
            $0.postmaster = try address("bob@example.org")
        }
        let bare = try #require(router.qualified(Array("Postmaster".utf8)))
        #expect(await router.resolve(bare).finalAddresses == ["bob@example.org"])
        let other = try address("abuse@mx.example.org")
        #expect(await router.resolve(other).finalAddresses == ["abuse@mx.example.org"])
        #expect(!router.isOwnPostmaster(other))
    }

    @Test func `without a postmaster such mail waits, and the trace says what to set`() async throws {
        let resolution = try await site().resolve(address("postmaster@example.org"))
        #expect(resolution.reply.code == 451)
        let last = try #require(resolution.steps.last)
        guard case .decision("postmaster", let text) = last.event else {
            Issue.record("no decision about postmaster")
            return
        }
        #expect(text.contains("set postmaster"))
    }

    @Test func `a postmaster that leads nowhere defers, it does not refuse`() async throws {
        let router = try site { $0.postmaster = try address("gone@example.org") }
        #expect(try await reply(router, "postmaster@example.org").hasPrefix("451 4.3.5"))
    }

    @Test func `a postmaster with a mailbox of its own gets its mail there`() async throws {
        let router = try site(mailboxes: ["postmaster@example.org"])
        #expect(
            await router.resolve(try address("postmaster@example.org")).finalAddresses == ["postmaster@example.org"])
    }

    @Test func `postmaster of somebody else's domain is not ours`() async throws {
        let router = try site { $0.postmaster = try address("alice@example.org") }
        #expect(
            await router.resolve(try address("postmaster@elsewhere.example")).finalAddresses
                == ["postmaster@elsewhere.example"])
    }

    // MARK: - Classes

    @Test func `the first list that holds a domain decides its class`() async throws {
        let router = try site {
            $0.myDestination = try list("mydestination", "!not.example, both.example")
            $0.virtualAliasDomains = try list("virtual_alias_domains", "both.example not.example")
            $0.addressLiterals = [try domain("[192.0.2.1]")]
        }
        func addressClass(_ name: String) async throws -> AddressClass? {
            guard case .found(let found) = await router.addressClass(of: try domain(name)).outcome else { return nil }
            return found
        }
        #expect(try await addressClass("both.example") == .local)
        #expect(try await addressClass("not.example") == .virtualAlias)
        #expect(try await addressClass("[192.0.2.1]") == .local)
        #expect(try await addressClass("deep.sub.relay.example") == .relay)
        #expect(try await addressClass("elsewhere.example") == .remote)
    }

    @Test func `local names are asked for without their domain, others are not`() async throws {
        let router = try site(aliases: ["root": "alice@example.org"]) {
            $0.myDestination = try list("mydestination", "host.example")
            $0.myOrigin = try domain("origin.example")
        }
        #expect(await router.resolve(try address("root@host.example")).finalAddresses == ["alice@example.org"])
        #expect(await router.resolve(try address("root@origin.example")).finalAddresses == ["alice@example.org"])
        #expect(await router.resolve(try address("root@example.org")).reply.code == 550)
    }

    @Test func `local_recipient_maps decide before the mailbox is asked, postmaster excepted`() async throws {
        let router = try site(mailboxes: ["alice@host.example", "bob@host.example", "postmaster@host.example"]) {
            $0.myDestination = try list("mydestination", "host.example")
            $0.localRecipientMaps = [CannedTable(["alice": "x"], name: "locals")]
        }
        #expect(await router.resolve(try address("alice@host.example")).reply.code == 250)
        #expect(await router.resolve(try address("bob@host.example")).reply.code == 550)
        #expect(await router.resolve(try address("postmaster@host.example")).reply.code == 250)
    }

    // MARK: - Retries

    @Test func `a queued copy is resolved by its final address, with no alias`() async throws {
        let router = try site(aliases: ["alice@example.org": "bob@example.org"], failing: ["carol@example.org"])
        #expect(await router.resolve(try address("alice@example.org")).finalAddresses == ["bob@example.org"])
        let again = await router.resolveFinal(try address("alice@example.org"))
        #expect(again.finalAddresses == ["alice@example.org"])
        #expect(again.questions.isEmpty)
        #expect(await router.resolveFinal(try address("carol@example.org")).reply.code == 250)
        #expect(await router.resolveFinal(try address("gone@example.org")).reply.code == 550)
    }
}

/// Two accounts with every address there is.
private struct SharedAddress: MailboxLookup {
    func mailboxes(for address: EmailAddress) async -> Answer<[LocalMailbox]> {
        let mailboxes = [("one", UInt32(5001)), ("two", 5002)].compactMap { name, id in
            Owner(uid: id, gid: id).map { owner in
                LocalMailbox(
                    address: address, location: MailboxLocation(format: .maildir, path: Array("/mail/\(name)".utf8)),
                    owner: owner)
            }
        }
        return Answer(.found(mailboxes))
    }
}

extension Resolution {
    fileprivate var mailboxes: [String] {
        guard case .deliver(let destinations) = verdict else { return [] }
        return destinations.map { destination in
            switch destination {
            case .mailbox(let mailbox): "\(mailbox.location) \(mailbox.owner)"
            case .remote(let remote): "\(remote.address)"
            case .discard(let address, _): "discard \(address)"
            }
        }
    }
}
