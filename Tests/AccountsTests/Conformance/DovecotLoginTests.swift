import Accounts
import Directory
import LDAP
import PostroomTesting
import Testing

/// Logins of every nasty kind, answered by a running Dovecot and here.
struct DovecotLoginTests {
    static let files: [String: String] = [
        "deny": "evil\nevil@example.org:x\n",
        "master": "admin:{PLAIN}adminpw\nroot@x:{PLAIN}adminpw\n",
        "first": """
        bob:{PLAIN}bobpw:5000:5001:gecos:/x/bob:/bin/sh:userdb_quota_rule=*:storage=1M nodelay user=%Lu
        evil:{PLAIN}e
        ren:{PLAIN}renpw::::::user=renamed userdb_home=/r/%u
        dom:{PLAIN}dompw::::::domain=other.example
        loc:{PLAIN}locpw::::::username=local
        np:::::::nopassword=y
        np2:{PLAIN}x::::::nopassword=y
        np3:{PLAIN}::::::nopassword=y
        nets:{PLAIN}x::::::allow_nets=10.0.0.0/8
        nets2:{PLAIN}x::::::allow_nets=10.0.0.0/8,127.0.0.0/8
        nets3:{PLAIN}x::::::allow_nets=127.0.0.1
        nets4:{PLAIN}x::::::allow_nets=::1
        # a comment
        short
         blank:{PLAIN}bobpw
        twice:{PLAIN}one
        twice:{PLAIN}two
        a b:{PLAIN}bobpw
        ü@é.example:{PLAIN}bobpw
        b\\\\b:{PLAIN}bobpw
        pam:$1$C0ntn4nL$vv.w0pjdnW0Uze9/0jv7d/[13]
        hex:700266c8ff9733634539a86027b03da5[34]
        old:{PLAIN}bobpw:5000:5001::/x/old:::maildir:/old/%u

        """,
        "second": "carl:{PLAIN}carlpw\ndan:{PLAIN}danpw\nnets:{PLAIN}x\nbob:{PLAIN}otherpw\n",
        "third": "carl:{PLAIN}whatever\n",
    ]

    static let names = [
        "bob", "BOB", "evil", "ren", "np", "np2", "np3", "nets", "nets2", "nets3", "nets4", "carl", "dan", "short",
        "dom",
        "loc", " blank", "blank", "twice", "a b", "ü@é.example", "Ü@É.example", "b\\b", "b\\\\b", "pam", "hex", "old",
        "admin", "bob@example.org", "dom@a", "loc@a", "b?b", "bo)(b", "bob\\", "%u", "#bob", "# a comment", "bøb", "",
        "*",
        "b:b", "bob:", "@", "bob@", "@bob", "b/b", "bob\tx", "evil@example.org", "EVIL", "\u{1}", "b\u{7F}b",
    ]
    static let passwords = [
        "bobpw", "otherpw", "e", "renpw", "x", "carlpw", "danpw", "adminpw", "sécret-1", "one", "two", "dompw", "locpw",
    ]

    static func accounts(
        characters: LoginNameRules.Characters, usernameFormat: String = "%u"
    ) throws -> DirectoryAccounts {
        func database(_ name: String, _ rules: PasswordDatabaseRules) throws -> PasswordDatabase {
            let file = PasswdFile(contents: Array((files[name] ?? "").utf8))
            return PasswordDatabase(
                name: name,
                method: .passwdFile(
                    PasswdFileLookup(
                        path: try Template("/etc/\(name)", for: .beforeLookup),
                        usernameFormat: try Template(usernameFormat, for: .beforeLookup),
                        checker: Site.checker(), read: { _ in .found(file) })), rules: rules)
        }
        let users = PasswdFile(contents: Array((files["first"] ?? "").utf8))
        return DirectoryAccounts(
            AccountsOptions(
                loginNames: LoginNameRules(characters: characters),
                passwordDatabases: [
                    try database("deny", .init(isDeny: true)),
                    try database("master", .init(isMaster: true, passes: true)),
                    try database("first", .init()),
                    try database("second", .init(success: .continueOK)),
                    try database("third", .init(failure: .returnFail, skip: .unauthenticated)),
                ],
                userDatabases: [
                    UserDatabase(
                        method: .passwdFile(
                            PasswdFileLookup(
                                path: try Template("/etc/first", for: .beforeLookup),
                                usernameFormat: try Template(usernameFormat, for: .beforeLookup),
                                checker: Site.checker(), read: { _ in .found(users) }))),
                    UserDatabase(method: .fixed(try AttributeMapping(assignments: "uid=5000 gid=5000 home=/h/%u"))),
                ],
                masterUserSeparator: UInt8(ascii: "*")))
    }

    @Test(arguments: [true, false], ["%u", "%n", "%Ln"])
    func `chains of passwd-files answer nasty logins as Dovecot's do`(
        allowsAll: Bool, usernameFormat: String
    ) async throws {
        var logins: [(String, String)] = []
        for name in Self.names {
            for password in Self.passwords { logins.append((name, password)) }
            for master in ["admin", "ADMIN", "nobody", "root@x", ""] { logins.append(("\(name)*\(master)", "adminpw")) }
        }
        let (answers, users) = try await DovecotAuth.withServer { folder in
            for (name, text) in Self.files { try folder.write(text, to: name) }
            func database(_ kind: String, _ name: String, _ rules: String) -> String {
                "\(kind) {\n driver = passwd-file\n args = username_format=\(usernameFormat) \(folder.path(name))\n\(rules)\n}"
            }
            return """
                auth_master_user_separator = *
                \(allowsAll ? "auth_username_chars =" : "")
                \(database("passdb", "deny", "deny = yes"))
                \(database("passdb", "master", "master = yes\npass = yes"))
                \(database("passdb", "first", ""))
                \(database("passdb", "second", "result_success = continue-ok"))
                \(database("passdb", "third", "skip = unauthenticated\nresult_failure = return-fail"))
                \(database("userdb", "first", ""))
                userdb {
                  driver = static
                  args = uid=5000 gid=5000 home=/h/%u
                }
                """
        } _: { dovecot in
            (
                try await dovecot.logins(logins.map { (Array($0.0.utf8), Array($0.1.utf8)) }),
                try await dovecot.users(Self.names.filter { !$0.isEmpty }.map { Array($0.utf8) })
            )
        }
        let accounts = try Self.accounts(
            characters: allowsAll ? .only(Set(0x01...0xFF)) : LoginNameRules.dovecotCharacters,
            usernameFormat: usernameFormat)
        var differences: [String] = []
        for (login, theirs) in zip(logins, answers) {
            let ours = await DovecotComparison.answer(accounts, login.0, login.1)
            if ours != DovecotComparison.verdict(theirs) {
                differences.append("\(login): ours \(ours), Dovecot's \(theirs)")
            }
        }
        for (login, theirs) in zip(Self.names.filter { !$0.isEmpty }, users) {
            let ours = await DovecotComparison.user(accounts, login)
            if ours != theirs { differences.append("userdb \(login): ours \(ours), Dovecot's \(theirs)") }
        }
        #expect(differences.isEmpty, "\(differences.count):\n\(differences.prefix(60).joined(separator: "\n"))")
    }

    static let directoryPasswords = [
        "alicepw1", "p(a*u)l\\", "sahilpw1", "nomailpw", "mail000pw", "Anna-pw-1", "Unal-pw-12", "bobpw1", "*", "x",
    ]

    static func logins(of configuration: DovecotConfiguration) -> [String] {
        var generator = SeededGenerator(seed: 7)
        let parts = [
            "alice", "ALICE", "bob", "*", ")(", "\\", "%u", "ü", "@", "example.org", "(", "a", "&", "|", " ", "#", ",",
            "+",
            "\"", "=", "mail000", "sahil", "anna", "\\2a", "<>;",
        ]
        let fixed = [
            "alice", "alice@any.domain", "paul", "carol", "root.admin", "Alice@EXAMPLE.org", "alice@example.org",
            "ceo@example.org", "paul.o'neil@example.org", "outside@gmail.example", "ali)(uid=*", "Sahil", "nomail",
            "coding",
            "sahil@pragyan.org", "MAIL000", "mail000", "mail000@example.com", "mail000,ou=Mail", "anna", "ünal", "ÜNAL",
            "anna@ad.example.com", "anna ", " anna", "nosuch", "a\u{0}b", "*", "jweiss", "multi@example.org",
        ]
        return fixed.filter { !$0.contains("\u{0}") }
            + (0..<150).map { _ in
                (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                    parts.randomElement(using: &generator) ?? ""
                }.joined()
            }
    }

    @Test(arguments: DovecotConfiguration.all)
    func `logins of every kind against a directory answer as Dovecot's do`(
        configuration: DovecotConfiguration
    ) async throws {
        let logins = Self.logins(of: configuration)
        let pairs = logins.flatMap { login in Self.directoryPasswords.map { (login, $0) } }
        let differences = try await Slapd.withServer(configuration.directory) { slapd in
            let (answers, users) = try await DovecotAuth.withServer { folder in
                let file = try folder.write(configuration.dovecotText(slapd), to: "ldap.conf")
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
                (
                    try await dovecot.logins(pairs.map { (Array($0.0.utf8), Array($0.1.utf8)) }),
                    try await dovecot.users(logins.map { Array($0.utf8) })
                )
            }
            let source = LDAPServers(
                try LDAPClient(
                    LDAPClientConfiguration(
                        servers: [try LDAPURL(parsing: slapd.url)],
                        identity: .simple(name: slapd.bindDN, password: LDAPPassword(slapd.bindPassword)))))
            var options = try configuration.accounts(source).options
            options.loginNames.characters = .only(Set(0x01...0xFF))
            options.findsRenamedLogin = false
            options.asksUnreadablePasswordByBind = false
            let accounts = DirectoryAccounts(options, throttle: LoginThrottle(clock: ManualClock().clock))
            var differences: [String] = []
            for (login, theirs) in zip(pairs, answers) {
                let ours = await DovecotComparison.answer(accounts, login.0, login.1)
                if ours != DovecotComparison.verdict(theirs) {
                    differences.append("\(login): ours \(ours), Dovecot's \(theirs)")
                }
            }
            for (login, theirs) in zip(logins, users) {
                let ours = await DovecotComparison.user(accounts, login)
                if ours != theirs { differences.append("userdb \(login): ours \(ours), Dovecot's \(theirs)") }
            }
            await source.shutDown()
            return differences
        }
        #expect(differences.isEmpty, "\(differences.count):\n\(differences.prefix(60).joined(separator: "\n"))")
    }
}
