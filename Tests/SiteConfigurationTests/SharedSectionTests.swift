import Directory
import MailModel
import SiteConfiguration
import Testing

/// `shared:`.
@Suite struct SharedSectionTests {
    private static var sources: ConfigurationSources { ConfigurationSources(environment: [:], readFile: { _ in nil }) }

    private static func site(_ shared: String) -> String {
        """
        hostname: mail.example.org
        postmaster: postmaster@example.org
        directory: {ldif: /people.ldif, base: "dc=example,dc=org"}
        domains: {mailbox: [example.org]}
        accounts:
          user: {filter: (uid=%u)}
          password: {check: search-then-bind, filter: (uid=%u)}
        store: {roots: [/mail]}
        shared:
        \(shared.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n"))
        """
    }

    @Test func `is read whole, and written as it was read`() throws {
        let text = Self.site(
            """
            cache_time: 10s
            outage_time: 2h
            rules:
              - kind: account
                filter: (accountStatus=shared)
                listed_in: seeAlso
                folders: postOfficeBox
                link: {delivery_folder: uid, path: /shared/, maildir: /shared.maildirs/}
                rights: lrsd
                own_seen: yes
              - kind: group
                base: ou=groups,dc=example,dc=org
                filter: (objectClass=group)
                members: member
                nested: yes
                display: "%{ldap:mail}"
                attributes: =mail=maildir:/mail/groups/%{ldap:cn}
              - {kind: delegation, filter: (objectClass=user), member_logins: delegates}
            """)
        let model = try SiteReader.read(text, file: "/site.yaml", sources: Self.sources).model
        let rules = model.shared.rules
        try #require(rules.count == 3)
        #expect(model.shared.cacheTime?.value == .seconds(10) && model.shared.outageTime?.value == .seconds(7200))
        #expect(rules[0].kind.value == .account && rules[0].listedIn?.value == "seeAlso" && rules[0].hasOwnSeen)
        #expect(rules[0].deliveryFolder?.value == "uid" && rules[0].maildirPath?.value == "/shared.maildirs/")
        // RFC 2086's d.
        #expect(rules[0].rights?.value == MailboxRights("lrset"))
        #expect(rules[1].isNested && rules[1].members?.value == "member" && rules[1].rights == nil)
        #expect(rules[2].kind.value == .delegation && rules[2].memberLogins?.value == "delegates")
        let again = try SiteReader.read(model.yaml, file: "/site.yaml", sources: Self.sources).model
        #expect(again.yaml == model.yaml)
        #expect(again.shared.rules.count == 3)
    }

    @Test(arguments: [
        ("rules: [{kind: account, filter: (a=b)}]", "one attribute says who sees the mailbox, and 0 are named"),
        (
            "rules: [{kind: account, filter: (a=b), members: member, listed_in: seeAlso}]",
            "one attribute says who sees the mailbox, and 2 are named"
        ),
        ("rules: [{kind: account, filter: (a=b), members: \"x)(y\"}]", "is no name of an attribute"),
        ("rules: [{kind: account, filter: (a=b), members: m, rights: lrQ}]", "lrQ are no rights"),
        (
            "rules: [{kind: account, filter: (a=b), members: m, link: {delivery_folder: uid, path: /../, maildir: /m/}}]",
            "is no part of a path between slashes"
        ),
        ("rules: [{filter: (a=b), members: m}]", "kind is missing"),
    ])
    func `that makes no sense is told`(text: String, fault: String) throws {
        let (_, faults) = try SiteReader.inspect(Self.site(text), file: "/site.yaml", sources: Self.sources)
        #expect(faults.contains { "\($0)".contains(fault) }, "\(faults)")
    }
}
