import Directory
import PostroomServer
import PostroomTesting
import Testing

/// What `postroom check` says of the directories that the five documents lead to.
@Suite struct DirectoryCheckTests {
    /// Everything but domains and aliases as vriesman's readers have it.
    private func vriesman(_ slapd: Slapd, domains: String) -> String {
        """
        hostname: mail.mydomain.nl
        postmaster: albert.onestone@anotherdomain.nu
        \(slapd.directory())
        domains:
          mailbox:
            - ldap: {query_filter: "\(domains)", result_attribute: associatedDomain}
        accounts:
          password: [{check: search-then-bind, filter: (uid=%u)}]
          user:
            - filter: (uid=%u)
              address_filter: (mail=%u)
              attributes: "uid=user, mailMessageStore=mail=maildir:%ROOT%%$, =uid=20001, =gid=20001"
        store: {roots: ["%ROOT%"]}
        """
    }

    @Test func `given a domain table whose filter holds no key, the domains that it hosts are named, once`()
        async throws
    {
        try await Slapd.withServer(.vriesman) { slapd in
            try await ExaminedSite.opened(vriesman(slapd, domains: "(associatedDomain=*)")) { site in
                let report = await site.check()
                let finding = try report.finding("(associatedDomain=*)")
                #expect(finding.severity == .information)
                #expect(finding.problem.contains("the 3 domains") && finding.problem.contains("anotherdomain.nu"))
                #expect(try finding.location.line == site.line(of: "associatedDomain=*"))
            }
            let original =
                vriesman(slapd, domains: "(associatedDomain=*)") + "\noriginal_behaviour: [keyless-domains]\n"
            try await ExaminedSite.opened(original) { site in
                let finding = try await site.check().finding("(associatedDomain=*)")
                #expect(finding.severity == .error && finding.problem.contains("every domain there is"))
            }
        }
    }

    private func dms(_ slapd: Slapd, domains: String = "(mail=*@%s)", aliases: String = "(mailAlias=%s)") -> String {
        """
        hostname: mail.example.org
        postmaster: admin@example.org
        \(slapd.directory())
        domains:
          mailbox:
            - ldap: {query_filter: "\(domains)", result_attribute: mail}
        aliases:
          - ldap: {query_filter: "\(aliases)", result_attribute: mail}
          - ldap:
              query_filter: (&(objectClass=groupOfNames)(mail=%s))
              leaf_result_attribute: mail
              special_result_attribute: member
        accounts:
          password: [{check: search-then-bind, filter: (&(objectClass=PostfixBookMailAccount)(uniqueIdentifier=%u))}]
          user:
            - filter: (&(objectClass=PostfixBookMailAccount)(uniqueIdentifier=%u))
              address_filter: (&(objectClass=PostfixBookMailAccount)(mail=%u))
              attributes: "uniqueIdentifier=user, =home=%ROOT%/%{ldap:uniqueIdentifier}, mailUidNumber=uid, mailGidNumber=gid"
          mail_location: maildir:~/Maildir
        store: {roots: ["%ROOT%"], minimum_uid: 1000}
        """
    }

    @Test func `given outside addresses in mail, the domains that they make ours are named`() async throws {
        try await Slapd.withServer(.dmsLDAP) { slapd in
            try await ExaminedSite.opened(dms(slapd)) { site in
                let finding = try await site.check().finding("by the address of one entry alone")
                #expect(finding.severity == .warning)
                for domain in ["gmail.example", "yahoo.example"] { #expect(finding.problem.contains(domain)) }
                #expect(!finding.problem.contains("example.org by") && !finding.problem.contains("example.net by"))
                #expect(try finding.location.line == site.line(of: "(mail=*@%s)"))
            }
        }
    }

    @Test func `given a member that does not exist, its group is named`() async throws {
        try await Slapd.withServer(.dmsLDAP) { slapd in
            try await ExaminedSite.opened(dms(slapd)) { site in
                let finding = try await site.check().finding("members do not exist")
                #expect(finding.problem.contains("uid=ghost") && finding.problem.contains("cn=staff"))
                #expect(try finding.location.line == site.line(of: "special_result_attribute"))
            }
        }
    }

    @Test func `given a filter that matches nothing and one that matches too much, both are told`() async throws {
        try await Slapd.withServer(.dmsLDAP) { slapd in
            let site = dms(slapd, domains: "(mail=*%s)", aliases: "(mailAlternateAddress=%s)")
            try await ExaminedSite.opened(site) { site in
                let report = await site.check()
                let nothing = try report.finding("matches nothing")
                #expect(nothing.severity == .warning && nothing.problem.contains("mailAlternateAddress"))
                #expect(try nothing.location.line == site.line(of: "mailAlternateAddress"))
                let broad = try report.finding("merely contain")
                #expect(try broad.location.line == site.line(of: "(mail=*%s)"))
            }
        }
    }

    @Test func `given two accounts with one maildrop, loops and dead ends, vennedey's site is told all of them`()
        async throws
    {
        try await Slapd.withServer(.vennedey) { slapd in
            try await ExaminedSite.opened(TestSite.postfixUser(slapd)) { site in
                let report = await site.check()
                let twice = try report.finding("maildrop mail000@mx0.example.com is in 2 entries")
                // Mail reaches both.
                #expect(twice.severity == .warning)
                #expect(twice.problem.contains("uid=mail000,") && twice.problem.contains("uid=mail009,"))
                #expect(try twice.location.line == site.line(of: "address_filter"))
                let loops = try report.finding("lead in a circle")
                #expect(loops.problem.contains("a@example.com") && loops.problem.contains("b@example.net"))
                #expect(try report.finding("lead to nobody").problem.contains("loop@example.com"))
                // What comes of the two accounts is not told again for each alias that leads there.
                #expect(!report.mentions("can't be delivered"))
                let shared = try report.finding("mailacceptinggeneralid team@example.com is in 2 entries")
                #expect(shared.severity == .warning)
            }
        }
    }

    @Test func `given an attribute that nobody has and one that access rules hide, each is told for what it is`()
        async throws
    {
        let hiding = ["olcAccess: {0}to attrs=gidNumber by * search"]
        try await Slapd.withServer(.vennedey, databaseSettings: hiding) { slapd in
            let configuration = TestSite.postfixUser(slapd).replacing(
                "attributes: uid=user", with: "attributes: employeeNumber=quota_rule, uid=user")
            try await ExaminedSite.opened(configuration) { site in
                let report = await site.check()
                let hidden = try report.finding("gidNumber", "can't be read")
                #expect(hidden.severity == .error)
                #expect(try hidden.location.line == site.line(of: "employeeNumber=quota_rule"))
                #expect(try report.finding("shows employeeNumber").severity == .information)
                // What comes of it for the accounts is told too, as one finding.
                #expect(try report.finding("accounts can't be used").problem.contains("gid"))
            }
        }
    }

    @Test func `given passwords checked by bind, that the service could read them is told`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            try await ExaminedSite.opened(TestSite.postfixUser(slapd)) { site in
                let report = await site.check()
                let finding = try report.finding("can read userPassword")
                #expect(finding.severity == .warning && finding.remedy.contains("olcAccess"))
                #expect(!report.findings.map(\.description).joined().contains("{SSHA}"))
            }
        }
        try await Slapd.withServer(.vennedey) { slapd in
            let bind = "bind: {dn: \"\(slapd.bindDN)\", password: \"\(slapd.bindPassword)\"}"
            let anonymous = TestSite.postfixUser(slapd).replacing(bind, with: "bind: anonymous")
            try await ExaminedSite.opened(anonymous) { site in
                let report = await site.check()
                #expect(!report.mentions("can read userPassword"))
            }
        }
    }

    @Test func `given a server that refuses a search for its work, the filter is told`() async throws {
        try await Slapd.withServer(.vennedey, databaseSettings: ["olcLimits: {0}* size.unchecked=2"]) { slapd in
            try await ExaminedSite.opened(TestSite.postfixUser(slapd)) { site in
                let report = await site.check()
                #expect(
                    report.findings.contains { $0.severity == .error && $0.problem.contains("refuses (mailaccepting") })
            }
        }
    }

    @Test func `given a certificate that is not verified, the way to the server is told as weak`() async throws {
        try await Slapd.withServer(.vennedey, tls: true) { slapd in
            let configuration = TestSite.postfixUser(slapd)
                .replacing(slapd.url, with: slapd.tlsURL)
                .replacing("  timeout: 60s", with: "  timeout: 60s\n  tls: {verify: no}")
            try await ExaminedSite.opened(configuration) { site in
                let finding = try await site.site.check().finding("is not verified")
                #expect(finding.severity == .warning)
                #expect(try finding.location.line == site.line(of: "servers:"))
                // Where reading the configuration has told it, it is not told again.
                let report = await site.check()
                #expect(report.mentions("tls.verify is off") && !report.mentions("is not verified"))
            }
        }
    }

    @Test func `given a server that does not answer, one error is told and nothing is guessed`() async throws {
        let configuration = try await Slapd.withServer(.vennedey) { TestSite.postfixUser($0) }
        try await ExaminedSite.opened(configuration.replacing("connect_timeout: 60s", with: "connect_timeout: 2s")) {
            site in
            let report = await site.check()
            #expect(report.count(.error) == 1, "\(report.findings)")
            #expect(!report.mentions("matches nothing"))
        }
    }

    @Test func `given a bind that is refused, one error says so`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            let configuration = TestSite.postfixUser(slapd).replacing("\"\(slapd.bindPassword)\"", with: "canary")
            try await ExaminedSite.opened(configuration) { site in
                let report = await site.check()
                let finding = try report.finding("check the bind name and its password")
                #expect(finding.severity == .error && report.count(.error) == 1)
                #expect(!finding.description.contains("canary"))
            }
        }
    }

    @Test func `given a bound on the sample, no question looks further`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            try await ExaminedSite.opened(TestSite.postfixUser(slapd)) { site in
                let report = await site.check(CheckOptions(sample: 2))
                #expect(report.isComplete)
                // Both of its entries are beyond the first two.
                #expect(!report.mentions("team@example.com"))
                let hurried = await site.check(CheckOptions(timeLimit: .zero))
                #expect(!hurried.isComplete)
            }
        }
    }
}
