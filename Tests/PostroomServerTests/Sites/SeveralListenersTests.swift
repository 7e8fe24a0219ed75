import Dialects
import Directory
import MailModel
import Policy
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// Services of one kind in master.cf, each with its own `-o` options.
@Suite struct SeveralListenersTests {
    fileprivate static let main = """
        compatibility_level = 3.6
        myhostname = mail.example.org
        mydestination =
        mynetworks = 127.0.0.1/32
        virtual_mailbox_domains = example.org
        virtual_mailbox_base = %ROOT%
        virtual_mailbox_maps = inline:{alice@example.org=alice/, bob@example.org=bob/}
        virtual_uid_maps = static:5000
        virtual_gid_maps = static:5000
        smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination

        """

    fileprivate static let master = """
        127.0.0.1:2525 inet n - n - - smtpd
        127.0.0.1:2526 inet n - n - - smtpd
          -o smtpd_recipient_restrictions=check_recipient_access,inline:{alice@example.org=OK},reject
        127.0.0.1:2527 inet n - n - - smtpd
          -o mynetworks=203.0.113.0/24

        """

    @Test func `given three smtpd on ports of their own, then each has its own policy`() async throws {
        let folder = try TemporaryFolder("listeners")
        let root = try folder.makeFolder("mail")
        try folder.makeFolder("postfix")
        try folder.write(Self.main.replacing("%ROOT%", with: root), to: "postfix/main.cf")
        try folder.write(Self.master, to: "postfix/master.cf")
        let request = ImportRequest(origins: [ConfigurationOrigin(.postfix, path: folder.path("postfix"))])
        let loaded = try SiteLoader.load(.programs(request), environment: [:])
        let site = try await Site.open(loaded.model)
        let policies = site.listenerPolicies
        #expect(policies.map(\.listener.port) == [2525, 2526, 2527])
        #expect(Set(policies.map(\.listener.kind)) == [.smtp])
        let expected: [(recipient: String, client: String, replies: [String])] = [
            ("alice@example.org", "192.0.2.1", ["250 2.1.5", "250 2.1.5", "250 2.1.5"]),
            ("bob@example.org", "192.0.2.1", ["250 2.1.5", "554 5.7.1", "250 2.1.5"]),
            ("x@outside.example", "192.0.2.1", ["554 5.7.1", "554 5.7.1", "554 5.7.1"]),
            // Mail for other hosts, taken for the networks that a service trusts.
            ("x@outside.example", "203.0.113.9", ["554 5.7.1", "554 5.7.1", "250 2.1.5"]),
            ("x@outside.example", "127.0.0.1", ["250 2.1.5", "554 5.7.1", "554 5.7.1"]),
        ]
        for (recipient, client, replies) in expected {
            for ((listener, policy), reply) in zip(policies, replies) {
                let decision = await policy.recipient(
                    try #require(EmailAddress(recipient)), sender: .null,
                    client: ClientFacts(address: IPAddress(client), helo: "client.example"))
                #expect(
                    decision.reply.description.hasPrefix(reply),
                    "port \(listener.port), \(client) to \(recipient): \(decision.reply)")
            }
        }
        await site.close()
    }
}

extension SeveralListenersTests {
    @Test func `given classes that each name the next twice, then the site does not open and says why`() async throws {
        let folder = try TemporaryFolder("classes")
        let root = try folder.makeFolder("mail")
        try folder.makeFolder("postfix")
        try folder.write(Self.main.replacing("%ROOT%", with: root), to: "postfix/main.cf")
        try folder.write(Self.master, to: "postfix/master.cf")
        let request = ImportRequest(origins: [ConfigurationOrigin(.postfix, path: folder.path("postfix"))])
        var model = try SiteLoader.load(.programs(request), environment: [:]).model
        let place = Directory.SourceLocation(file: "/postroom.yaml", line: 3)
        func named(_ name: String) -> RestrictionModel { .named(Located(name, at: place)) }
        model.policies[0].restrictionClasses = (0..<18).map { index in
            RestrictionClassModel(
                name: Located("class\(index)", at: place),
                restrictions: [named("class\(index + 1)"), named("class\(index + 1)")])
        }
        model.policies[0].restrictionClasses.append(
            RestrictionClassModel(
                name: Located("class18", at: place), restrictions: [named("reject_unauth_destination")]))
        model.policies[0].relayRestrictions = [named("class0"), named("reject")]
        let faults = await Site.faults(of: model)
        let fault = faults.first { $0.severity == .error && $0.description.contains("more than 10000 restrictions") }
        #expect(fault?.location == place && fault?.remedy.isEmpty == false, "\(faults)")
    }
}
