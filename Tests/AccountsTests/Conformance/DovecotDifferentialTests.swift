import Accounts
import Directory
import LDAP
import MailModel
import Passwords
import PostroomTesting
import Testing

/// The same chain in Dovecot and here, asked the same nasty things.
struct DovecotDifferentialTests {
    static let files: [String: String] = [
        "deny": "evil\n",
        "master": "admin:{PLAIN}adminpw\n",
        "first": """
        bob:{PLAIN}bobpw::::::userdb_uid=5000 userdb_gid=5000 userdb_home=/x/%n
        evil:{PLAIN}e
        ren:{PLAIN}renpw::::::user=renamed
        np:::::::nopassword=y
        np2:{PLAIN}x::::::nopassword=y
        nets:{PLAIN}x::::::allow_nets=10.0.0.0/8
        # a comment
        short

        """,
        "second": "carl:{PLAIN}carlpw\ndan:{PLAIN}danpw\nnets:{PLAIN}x\nbob:{PLAIN}otherpw\n",
        "third": "carl:{PLAIN}whatever\n",
    ]

    static let home =
        "/h/%Ln/%Hn/%2.256Nu/%Mu/%-2u/%1.2u/%{sha256;truncate=12,salt=ab:user}/%{if;%n;eq;bob;y;n}/%{orig_user}/%05u/%{md5;rounds=3:user}/%8Xu/%4Hu/%03.8Hu"

    static let logins: [(String, String)] = [
        ("bob", "bobpw"), ("BOB", "bobpw"), ("bob", "otherpw"), ("bob", "x"), ("evil", "e"), ("ren", "renpw"),
        ("np", "z"), ("np2", "z"), ("np2", "x"), ("nets", "x"), ("carl", "carlpw"), ("dan", "danpw"),
        ("short", "x"), ("bob*admin", "adminpw"), ("nosuch*admin", "adminpw"), ("evil*admin", "adminpw"),
        ("bob*admin", "bobpw"), ("*admin", "adminpw"), ("admin*admin", "adminpw"), ("admin", "adminpw"),
        ("bob@example.org", "bobpw"), ("b?b", "bobpw"), ("bo)(b", "x"), ("bob\\", "bobpw"), ("%u", "bobpw"),
        ("#bob", "bobpw"), ("bøb", "bobpw"),
    ]

    static func file(_ name: String) throws -> PasswdFileLookup {
        let file = PasswdFile(contents: Array((files[name] ?? "").utf8))
        return PasswdFileLookup(
            path: try Template("/etc/\(name)", for: .beforeLookup), checker: Site.checker(), read: { _ in .found(file) }
        )
    }

    static func chain() throws -> DirectoryAccounts {
        DirectoryAccounts(
            AccountsOptions(
                loginNames: LoginNameRules(
                    characters: .only(Set((UInt8(0x21)...0xFF).filter { $0 != UInt8(ascii: "/") }))),
                passwordDatabases: [
                    PasswordDatabase(
                        name: "deny", method: .passwdFile(try file("deny")), rules: .init(isDeny: true)),
                    PasswordDatabase(
                        name: "master", method: .passwdFile(try file("master")),
                        rules: .init(isMaster: true, passes: true)),
                    PasswordDatabase(name: "first", method: .passwdFile(try file("first"))),
                    PasswordDatabase(
                        name: "second", method: .passwdFile(try file("second")), rules: .init(success: .continueOK)),
                    PasswordDatabase(
                        name: "third", method: .passwdFile(try file("third")),
                        rules: .init(failure: .returnFail, skip: .unauthenticated)),
                ],
                userDatabases: [
                    UserDatabase(
                        method: .fixed(
                            try AttributeMapping(assignments: "uid=5000 gid=5000 home=\(home)"), allowsAllUsers: true))
                ],
                masterUserSeparator: UInt8(ascii: "*")),
            throttle: LoginThrottle(clock: ManualClock().clock))
    }

    static func answer(_ accounts: DirectoryAccounts, _ login: String, _ password: String) async -> String {
        let (verdict, user, _) = await accounts.verdict(LoginRequest(login, password, from: "127.0.0.1"))
        return switch verdict {
        case .accepted: "OK user=\(String(decoding: user ?? [], as: UTF8.self))"
        case .rejected: "FAIL"
        case .unavailable: "TEMPFAIL"
        }
    }

    @Test func `chains of passwd-files answer as Dovecot's do`() async throws {
        try await DovecotAuth.withServer { folder in
            for (name, text) in Self.files { _ = try folder.write(text, to: name) }
            return """
                auth_master_user_separator = *
                auth_username_chars =
                passdb {
                  driver = passwd-file
                  args = \(folder.path("deny"))
                  deny = yes
                }
                passdb {
                  driver = passwd-file
                  args = \(folder.path("master"))
                  master = yes
                  pass = yes
                }
                passdb {
                  driver = passwd-file
                  args = \(folder.path("first"))
                }
                passdb {
                  driver = passwd-file
                  args = \(folder.path("second"))
                  result_success = continue-ok
                }
                passdb {
                  driver = passwd-file
                  args = \(folder.path("third"))
                  skip = unauthenticated
                  result_failure = return-fail
                }
                userdb {
                  driver = static
                  args = allow_all_users=yes uid=5000 gid=5000 home=\(Self.home)
                }
                """
        } _: { dovecot in
            let accounts = try Self.chain()
            for (login, password) in Self.logins {
                let theirs = try await dovecot.login(login, password)
                #expect(await Self.answer(accounts, login, password) == theirs, "\(login) \(password)")
            }
            for login in ["bob@example.org", "Carl", "a.b@c@d", "x"] {
                let theirs = try await dovecot.user(login)
                let fields = await accounts.fields(for: Array(login.utf8), service: "doveadm").outcome.found
                let home = fields?["home"].map { String(decoding: $0, as: UTF8.self) } ?? ""
                #expect(theirs.contains("home=\(home) "), "\(login): \(theirs)")
            }
        }
    }

    @Test func `logins of every kind against a directory answer as Dovecot's do`() async throws {
        let configuration = DovecotConfiguration.defaults
        try await Slapd.withServer(configuration.directory) { slapd in
            let source = LDAPServers(
                try LDAPClient(
                    LDAPClientConfiguration(
                        servers: [try LDAPURL(parsing: slapd.url)],
                        identity: .simple(name: slapd.bindDN, password: LDAPPassword(slapd.bindPassword)))))
            try await DovecotAuth.withServer { folder in
                let file = try folder.write(
                    """
                    uris = \(slapd.url)
                    dn = \(slapd.bindDN)
                    dnpass = \(slapd.bindPassword)
                    base = \(configuration.base)
                    default_pass_scheme = SSHA
                    pass_attrs = \(configuration.passAttributes)
                    pass_filter = \(configuration.passFilter)
                    user_attrs = \(configuration.userAttributes)
                    user_filter = \(configuration.userFilter)
                    """, to: "ldap.conf")
                return """
                    auth_username_chars =
                    passdb {
                      driver = ldap
                      args = \(file)
                    }
                    userdb {
                      driver = ldap
                      args = \(file)
                    }
                    """
            } _: { dovecot in
                var options = try configuration.accounts(source).options
                options.loginNames.characters = .only(Set(0x21...0xFF))
                options.findsRenamedLogin = false
                let accounts = DirectoryAccounts(options, throttle: LoginThrottle(clock: ManualClock().clock))
                var generator = SeededGenerator(seed: 7)
                let parts = [
                    "alice", "ALICE", "bob", "*", ")(", "\\", "%u", "ü", "@", "example.org", "(", "a", "&", "|",
                ]
                var logins = ["alice", "alice@any.domain", "paul", "carol", "root.admin"]
                for _ in 0..<25 {
                    logins.append(
                        (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                            parts.randomElement(using: &generator) ?? ""
                        }.joined())
                }
                for login in logins {
                    for password in ["alicepw1", "p(a*u)l\\"] {
                        let theirs = try await dovecot.login(login, password)
                        #expect(await Self.answer(accounts, login, password) == theirs, "\(login) \(password)")
                    }
                    let theirs = try await dovecot.user(login)
                    let ours = await accounts.fields(for: Array(login.utf8), service: "doveadm").outcome
                    #expect((theirs == "<NOTFOUND>") == ours.isAbsent, "\(login): \(theirs)")
                    if let home = ours.found?["home"].map({ String(decoding: $0, as: UTF8.self) }) {
                        #expect(theirs.contains("home=\(home) "), "\(login): \(theirs)")
                    }
                }
            }
            await source.shutDown()
        }
    }
}
