import Dialects
import Directory
import MailModel
import Policy
import PostroomServer
import PostroomTesting
import Routing
import SiteConfiguration
import Testing

/// Nobody relays through an imported site who may not: judged by the policy and the router that its sessions would ask.
@Suite struct StrangersMailTests {
    /// TEST-NET-3 (RFC 5737), on no site's networks.
    private static let stranger = ClientFacts(address: IPAddress("203.0.113.9"), helo: "client.elsewhere.invalid")

    /// The listeners that would take mail for the recipient from a stranger, with their replies.
    static func taking(_ site: Site, _ recipient: EmailAddress) async -> [String] {
        guard let sender = EmailAddress("someone@outside.invalid") else { return ["no sender"] }
        var taking: [String] = []
        for (listener, policy) in site.listenerPolicies {
            for path in [ReversePath.null, .address(sender)] {
                let decision = await policy.recipient(recipient, sender: path, client: stranger)
                // What the restrictions let pass goes on to the router, which says where it would lead.
                if decision.reply.isPositive || decision.resolution?.leadsElsewhere == true {
                    taking.append("\(listener.name): \(decision.reply)")
                }
            }
        }
        return taking
    }

    @Test func `given a configuration that relays for everybody, when a stranger sends, then that is seen`()
        async throws
    {
        let folder = SiteFolder.all[0]
        let outside = try #require(EmailAddress("someone@elsewhere.invalid"))
        for lines in [
            "smtpd_relay_restrictions = permit, reject\nsmtpd_recipient_restrictions = permit\n",
            "smtpd_relay_restrictions = permit_mynetworks, reject\nsmtpd_recipient_restrictions =\n"
                + "mynetworks = 203.0.0.0/8\n",
            "relay_domains = invalid\nsmtpd_recipient_restrictions =\n",
        ] {
            var files = folder.files
            files["/etc/postfix/main.cf", default: []] += Array(lines.utf8)
            let asked = try await AskedSite.opened(folder, addresses: 0)
            let site = try #require(try await asked.open(files, changed: "/etc/postfix/main.cf"))
            #expect(await Self.taking(site, outside) != [], "\(lines)")
            await site.close()
            await asked.whole.close()
        }
    }

    /// Local part and domain as the parser of RCPT hands them over: quotes and routes removed (hazards.md §2, 8). `%OURS%`
    /// is a domain of the site's.
    private static let tricks: [(localPart: String, domain: String)] = [
        ("user", "outside.invalid"), ("user%outside.invalid", "%OURS%"),
        ("user%outside.invalid%third.invalid", "%OURS%"), ("outside.invalid!user", "%OURS%"),
        ("third.invalid!outside.invalid!user", "%OURS%"), ("user@outside.invalid", "%OURS%"),
        ("@third.invalid:user@outside.invalid", "%OURS%"), ("user%outside.invalid@%OURS%", "outside.invalid"),
        ("user%outside.invalid", "localhost"), ("user@outside.invalid", "localhost"),
        ("outside.invalid!user", "localhost"), ("user%outside.invalid", "[192.0.2.25]"),
        ("user@outside.invalid", "[192.0.2.25]"), ("user", "[203.0.113.1]"), ("user", "[IPv6:2001:db8::1]"),
        ("user%outside.invalid", "[127.0.0.1]"), ("user@outside.invalid", "[127.0.0.1]"),
        ("user", "%OURS%.outside.invalid"), ("user", "not%OURS%"), ("user", "invalid"), ("user", "OUTSIDE.INVALID"),
        ("%OURS%!user", "outside.invalid"), ("user%%OURS%", "outside.invalid"), ("user@%OURS%", "outside.invalid"),
        ("user", "xn--exmple-cua.invalid"), ("user", "exämple.invalid"), ("postmaster", "outside.invalid"),
        ("abuse", "outside.invalid"), ("postmaster%outside.invalid", "%OURS%"), ("%outside.invalid", "%OURS%"),
        ("@outside.invalid", "%OURS%"), ("!user", "outside.invalid"), (" user@outside.invalid", "%OURS%"),
        ("user+x%outside.invalid", "%OURS%"), ("user+x@outside.invalid", "%OURS%"),
        ("user\"@outside.invalid", "%OURS%"), ("MAILER-DAEMON", "outside.invalid"), ("user", "sub.outside.invalid"),
        ("root", "outside.invalid"), ("user%outside.invalid", "sub.%OURS%"),
    ]

    @Test(arguments: SiteFolder.all)
    func `given the forty ways to write it, when a stranger sends elsewhere, then no listener lets it pass`(
        _ folder: SiteFolder
    ) async throws {
        #expect(Self.tricks.count == 40)
        let asked = try await AskedSite.opened(folder)
        let ours = try #require(asked.addresses.first).domain.description
        // append_dot_mydomain makes of a single word a host below a domain of ours, which mail is relayed for.
        let completes = asked.imported.model.routing.completedDomain != nil
        for trick in Self.tricks where !completes || trick.domain != "invalid" {
            let domain = try #require(Domain(trick.domain.replacing("%OURS%", with: ours)))
            let local = trick.localPart.replacing("%OURS%", with: ours)
            let recipient = try #require(EmailAddress(localPart: local.utf8, domain: domain), "\(trick)")
            #expect(await Self.taking(asked.whole, recipient) == [], "\(recipient)")
        }
        await asked.whole.close()
    }
}

extension Resolution {
    /// Whether mail would leave for another host.
    fileprivate var leadsElsewhere: Bool {
        guard case .deliver(let destinations) = verdict else { return false }
        return destinations.contains { if case .remote = $0 { true } else { false } }
    }
}

extension AskedSite {
    /// Opens every damaged copy and closes it again; nil for one that does not open.
    func each(
        _ copies: [SiteDamageTests.Damaged], _ body: (SiteDamageTests.Damaged, Site?) async throws -> Void
    ) async throws {
        for damaged in copies {
            let site = try await open(damaged.files, changed: damaged.path)
            try await body(damaged, site)
            await site?.close()
            try restore(damaged.path)
        }
    }
}
