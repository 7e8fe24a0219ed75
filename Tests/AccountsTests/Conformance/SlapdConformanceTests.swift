import Accounts
import Directory
import LDAP
import MailModel
import Passwords
import PostroomTesting
import Testing

/// What Dovecot answered with OpenLDAP behind it, answered by us with OpenLDAP behind us.
struct SlapdConformanceTests {
    /// A filled server and a client of it that searches as the sample's mail server does.
    private func withSource(
        _ directory: SampleDirectory, _ body: (Slapd, LDAPServers) async throws -> Void
    ) async throws {
        try await Slapd.withServer(directory) { slapd in
            let servers = try Self.servers(slapd)
            do {
                try await body(slapd, servers)
            } catch {
                await servers.shutDown()
                throw error
            }
            await servers.shutDown()
        }
    }

    private static func servers(_ slapd: Slapd) throws -> LDAPServers {
        LDAPServers(
            try LDAPClient(
                LDAPClientConfiguration(
                    servers: [try LDAPURL(parsing: slapd.url)],
                    identity: .simple(name: slapd.bindDN, password: LDAPPassword(slapd.bindPassword)))))
    }

    @Test(arguments: DovecotConfiguration.all)
    func `recorded answers`(configuration: DovecotConfiguration) async throws {
        let recorded = RecordedAnswer.all.filter { $0.configuration.name == configuration.name }
        try #require(!recorded.isEmpty)
        try await withSource(configuration.directory) { _, source in
            let accounts = try configuration.accounts(source)
            for answer in recorded {
                #expect(await answer.answer(accounts) == answer.expected, "\(answer)")
            }
        }
    }

    @Test func `a name that would be another entry's is one value to the server`() async throws {
        try await withSource(.vennedey) { slapd, source in
            let accounts = try DovecotConfiguration.vennedey.accounts(source)
            // The wire carries the whole login inside one RDN: with text put together this would be mail000's name.
            var options = accounts.options
            options.loginNames = LoginNameRules()
            options.passwordDatabases = [
                PasswordDatabase(
                    method: .bind(
                        try BindNameTemplate("uid=%u,dc=example,dc=com"), source))
            ]
            let open = DirectoryAccounts(options, throttle: LoginThrottle(clock: ManualClock().clock))
            let (verdict, _, steps) = await open.verdict(LoginRequest("mail000,ou=Mail", "mail000pw"))
            #expect(verdict == .rejected)
            let names = try steps.compactMap { step -> DistinguishedName? in
                guard case .bind(_, let name, _) = step.event else { return nil }
                return try DistinguishedName(parsing: name)
            }
            #expect(names.map { $0.rdns.first } == [.init([.init("uid", Array("mail000,ou=mail".utf8))])])
        }
    }

    @Test func `each password check of ours agrees with the server's own`() async throws {
        try await withSource(.dmsLDAP) { slapd, source in
            let configuration = DovecotConfiguration.defaults
            let compared = try configuration.accounts(source)
            var binding = configuration
            binding.bindsAsUser = true
            let bound = try binding.accounts(source)
            for (login, password) in [
                ("alice", "alicepw1"), ("alice", "wrong"), ("bob", "alicepw1"), ("paul", "p(a*u)l\\"), ("nosuch", "x"),
            ] {
                let request = LoginRequest(login, password)
                #expect(await compared.verdict(request).verdict == bound.verdict(request).verdict, "\(login)")
            }
        }
    }

    @Test func `values that slapd itself compares are compared alike`() async throws {
        try await withSource(.dmsLDAP) { slapd, source in
            for (number, scheme) in [
                PasswordScheme.ssha, .sha1, .smd5, .md5, .crypt,
            ].enumerated() {
                let stored = try scheme.hashSynchronously(Array("pässword-\(number)".utf8), cost: 1000)
                try await slapd.add(
                    """
                    dn: uid=made\(number),dc=example,dc=org
                    objectClass: inetOrgPerson
                    uid: made\(number)
                    cn: made
                    sn: made
                    userPassword: \(String(decoding: stored, as: UTF8.self))

                    """)
                let name = "uid=made\(number),dc=example,dc=org"
                #expect(
                    await source.checkPassword(name: name, password: Array("pässword-\(number)".utf8)) == .accepted,
                    "\(scheme)")
                #expect(await source.checkPassword(name: name, password: Array("other".utf8)) == .rejected)
            }
        }
    }

    @Test func `many logins at once are never mixed up`() async throws {
        try await withSource(.dmsLDAP) { slapd, source in
            let people = (0..<40).map { number in
                """
                dn: uid=user\(number),dc=example,dc=org
                objectClass: inetOrgPerson
                objectClass: posixAccount
                uid: user\(number)
                cn: user
                sn: user
                uidNumber: \(20000 + number)
                gidNumber: 20000
                homeDirectory: /home/user\(number)
                userPassword: pw\(number)
                """
            }
            try await slapd.add(people.joined(separator: "\n\n") + "\n")
            let lookup = EntryLookup(
                source: source, base: try NameTemplate("dc=example,dc=org"), filter: try FilterTemplate("(uid=%n)"),
                mapping: try AttributeMapping("uid=user,uidNumber=uid,gidNumber=gid,homeDirectory=home"))
            let accounts = DirectoryAccounts(
                AccountsOptions(
                    passwordDatabases: [PasswordDatabase(method: .searchThenBind(lookup))],
                    userDatabases: [UserDatabase(method: .search(lookup))],
                    rules: AccountRules(mailLocation: try MailLocationTemplate(setting: "maildir:~/Maildir"))),
                throttle: LoginThrottle(ThrottleOptions(penalty: .zero)), cache: LoginCache(timeToLive: .seconds(60)))
            await withTaskGroup { group in
                for attempt in 0..<400 {
                    group.addTask {
                        let user = attempt % 40
                        let password = attempt % 3 == 0 ? user + 1 : user
                        let outcome = await accounts.logIn(LoginRequest("user\(user)", "pw\(password)")).outcome
                        if password == user {
                            #expect(outcome.account?.login == "user\(user)", "\(outcome)")
                            #expect(outcome.account?.owner.uid == UInt32(20000 + user))
                        } else {
                            #expect(outcome.rejection != nil, "\(outcome)")
                        }
                    }
                }
            }
        }
    }

    @Test func `a server that has gone is unavailable in every way of asking`() async throws {
        try await withSource(.vennedey) { slapd, source in
            var searching = DovecotConfiguration.vennedey
            searching.bindName = nil
            let both = [try DovecotConfiguration.vennedey.accounts(source), try searching.accounts(source)]
            for accounts in both {
                #expect(await accounts.logIn(LoginRequest("mail000", "mail000pw")).outcome.account != nil)
            }
            await slapd.kill()
            for accounts in both {
                #expect(await accounts.logIn(LoginRequest("mail000", "mail000pw")).outcome.unavailable != nil)
                #expect(await accounts.logIn(LoginRequest("mail000", "wrong")).outcome.unavailable != nil)
                #expect(await accounts.logIn(LoginRequest("nosuch", "x")).outcome.unavailable != nil)
                #expect(
                    await accounts.account(for: Array("mail000".utf8), service: "lmtp").outcome.unavailable != nil)
            }
            try await slapd.start()
            let again = try Self.servers(slapd)
            let accounts = try DovecotConfiguration.vennedey.accounts(again)
            #expect(await accounts.logIn(LoginRequest("mail000", "mail000pw")).outcome.account != nil)
            await again.shutDown()
        }
    }
}
