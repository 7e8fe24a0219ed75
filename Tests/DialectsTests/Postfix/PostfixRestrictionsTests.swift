import Dialects
import Directory
import SiteConfiguration
import Testing

extension PostfixSite {
    /// A site of two tables, for tests that add what they are about.
    static let minimal = PostfixSite(
        name: "minimal",
        files: [
            "/etc/aliases": "root: admin@example.com\n",
            "/etc/postfix/main.cf": """
            compatibility_level = 3.6
            mydestination = localhost
            virtual_mailbox_domains = example.com
            virtual_mailbox_maps = texthash:/etc/postfix/mailboxes
            virtual_mailbox_base = /srv/mail
            virtual_uid_maps = static:5000
            virtual_gid_maps = static:5000

            """,
            "/etc/postfix/mailboxes": "anna@example.com anna/\n",
            "/etc/postfix/access": "spam.example REJECT\n",
            "/etc/postfix/master.cf": "smtp inet n - y - - smtpd\n",
        ])
}

@Suite struct PostfixRestrictionsTests {
    private func policy(_ lines: String) throws -> (PolicyModel, SiteDraft) {
        let draft = PostfixSite.minimal.adding(lines).read()
        return (try #require(draft.model.policies.first), draft)
    }

    private func errors(_ lines: String) -> [String] {
        PostfixSite.minimal.adding(lines).read().faults.filter { $0.severity == .error }.map(\.description)
    }

    @Test func `given no list, when it is read, then Postfix's own keeps strangers from relaying`() throws {
        let (policy, draft) = try policy("")
        #expect(
            spelled(policy.relayRestrictions) == [
                "permit_mynetworks", "permit_sasl_authenticated", "defer_unauth_destination",
            ])
        #expect(policy.relayBeforeRecipient)
        #expect(names(policy.networks) == ["127.0.0.1/32", "[::1]/128"])
        #expect(draft.faults == [])
    }

    @Test func `given this machine's addresses, when mynetworks is left open, then its style says who is trusted`()
        throws
    {
        let host = PostfixSite.minimal.read { $0.machineAddresses = ["192.0.2.17/24", "2001:db8::5/64"] }
        #expect(
            names(try #require(host.model.policies.first).networks) == [
                "127.0.0.1/32", "[::1]/128", "192.0.2.17/32", "[2001:db8::5]/128",
            ])
        let subnet = PostfixSite.minimal.adding("mynetworks_style = subnet").read {
            $0.machineAddresses = ["192.0.2.17/24"]
        }
        #expect(
            names(try #require(subnet.model.policies.first).networks) == ["127.0.0.0/8", "[::1]/128", "192.0.2.0/24"])
        #expect(subnet.report.entries.contains { $0.setting == "mynetworks_style" && $0.fate == .weak })
    }

    @Test func `given tables, services and warnings in a list, when it is read, then each keeps what stands behind it`()
        throws
    {
        let (policy, draft) = try policy(
            """
            smtpd_recipient_restrictions = check_sender_access texthash:/etc/postfix/access
              warn_if_reject check_client_access cidr:{{192.0.2.0/24 REJECT}},
              check_policy_service unix:private/policy, texthash:/etc/postfix/access
              reject_rbl_client zen.example.org, reject_unauth_destination
            """)
        #expect(
            spelled(policy.recipientRestrictions) == [
                "check_sender_access texthash:/etc/postfix/access",
                "warn_if_reject check_client_access cidr:{{192.0.2.0/24 REJECT}}",
                "check_policy_service unix:/var/spool/postfix/private/policy",
                "check_recipient_access texthash:/etc/postfix/access", "reject_rbl_client zen.example.org",
                "reject_unauth_destination",
            ])
        let missing = draft.report.entries.filter { $0.fate == .missingFilter }.map(\.setting)
        #expect(missing == [])
    }

    @Test func `given restriction classes, when a list names them, then they stand in it`() throws {
        let (policy, draft) = try policy(
            """
            smtpd_restriction_classes = inner, outer
            inner = reject_non_fqdn_sender, permit_mynetworks
            outer = reject_non_fqdn_recipient, inner
            smtpd_recipient_restrictions = outer, reject_unauth_destination
            """)
        #expect(
            spelled(policy.recipientRestrictions) == [
                "reject_non_fqdn_recipient", "reject_non_fqdn_sender", "permit_mynetworks", "reject_unauth_destination",
            ])
        #expect(draft.report.entries.contains { $0.setting == "inner" && $0.fate == .used })
    }

    @Test func `given a class that only an access table can name, when it is read, then tables can name it`() throws {
        let (policy, draft) = try policy(
            "smtpd_restriction_classes = local_only\nlocal_only = permit_mynetworks, reject")
        #expect(draft.report.refusals(accepting: []).isEmpty)
        #expect(policy.restrictionClasses.count == 1)
    }

    @Test func `given classes that lead to each other, when they are read, then it is a fault and ends`() {
        let found = errors(
            "smtpd_restriction_classes = a, b\na = b, b\nb = a, a\nsmtpd_recipient_restrictions = a, reject_unauth_destination"
        )
        #expect(!found.isEmpty)
    }

    @Test(arguments: [
        "smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = permit_mynetworks",
        "smtpd_relay_restrictions = permit_mynetworks",
        "smtpd_relay_restrictions =",
        "smtpd_relay_restrictions = permit\nsmtpd_recipient_restrictions = warn_if_reject reject_unauth_destination",
        "smtpd_relay_restrictions = $nothing",
    ])
    func `given lists that guard nothing, when they are read, then Postfix's refusal is ours`(_ lines: String) {
        let found = errors(lines)
        #expect(found.contains { $0.contains("keeps strangers from relaying") }, "\(found)")
        #expect(found.allSatisfy { $0.hasPrefix("/etc/postfix/") })
    }

    @Test func `given a misspelt restriction, when it is read, then the right one is named`() {
        #expect(
            errors("smtpd_sender_restrictions = reject_unknown_sender_domin").contains {
                $0.contains("did you mean reject_unknown_sender_domain")
            })
        #expect(
            errors("smtpd_sender_restrictions = check_sender_access").contains { $0.contains("stands before nothing") })
        #expect(errors("smtpd_sender_restrictions = warn_if_reject").contains { $0.contains("stands before nothing") })
    }

    @Test func `given conditions that would let others relay, when they are read, then they have to be accepted`()
        throws
    {
        let (_, draft) = try policy("smtpd_relay_restrictions = permit_tls_clientcerts, reject_unauth_destination")
        #expect(draft.report.refusals(accepting: []).map(\.location.line) == [8])
        #expect(draft.report.refusals(accepting: ["permit_tls_clientcerts"]).isEmpty)
    }

    @Test func `given everybody in mynetworks, when it is read, then the report says so`() throws {
        let (_, draft) = try policy("mynetworks = 0.0.0.0/0")
        #expect(draft.report.entries.contains { $0.setting == "mynetworks" && $0.fate == .weak })
    }

    @Test func `given defer_if_permit as the only guard, when it is read, then it defers`() throws {
        let (policy, _) = try policy("smtpd_relay_restrictions = permit_mynetworks, defer_if_permit")
        #expect(spelled(policy.relayRestrictions) == ["permit_mynetworks", "defer"])
    }
}
