import Accounts
import Directory
import LDAP
import MailModel
import Passwords
import Synchronization
import Testing

struct LoginTests {
    @Test(arguments: Site.Check.allCases)
    func `the right password gives the account`(check: Site.Check) async throws {
        var site = Site()
        site.check = check
        let (outcome, steps) = try await site.accounts().logIn(LoginRequest("Bob@example.org", Site.bobPassword))
        let account = try #require(outcome.account)
        #expect(account.login == (check == .bind ? "bob@example.org" : "bob"))
        #expect(account.identity == "0fd5d4a2-0000-4000-8000-000000000001")
        #expect(
            account.location == .here(MailboxLocation(format: .maildir, path: Array("/home/bob/Maildir".utf8))))
        #expect(account.owner == Owner(uid: 5000, gid: 5001))
        #expect(!steps.isEmpty)
    }

    @Test(arguments: Site.Check.allCases, ["wrong", "sécret-2", " "])
    func `a wrong password is rejected`(check: Site.Check, password: String) async throws {
        var site = Site()
        site.check = check
        let (outcome, _) = try await site.accounts().logIn(LoginRequest("bob", password))
        #expect(outcome.rejection == .wrongPassword)
    }

    @Test(arguments: Site.Check.allCases)
    func `an unknown user costs what a wrong password costs`(check: Site.Check) async throws {
        var site = Site()
        site.check = check
        let (outcome, _) = try await site.accounts().logIn(LoginRequest("nobody", "x"))
        // The server does not say which of the two a refused bind was.
        #expect(outcome.rejection == (check == .bind ? .wrongPassword : .unknownUser))
        let unknown = (site.directory.searches.count, site.directory.binds.count)
        let known = Site(directory: MemoryDirectory(Site.entries(), passwords: Site.passwords), check: check)
        _ = try await known.accounts().logIn(LoginRequest("bob", "x"))
        #expect(unknown == (known.directory.searches.count, known.directory.binds.count))
    }

    @Test(arguments: Site.Check.allCases)
    func `an empty password is rejected and nothing is sent`(check: Site.Check) async throws {
        var site = Site()
        site.check = check
        for login in ["bob", "nobody", ""] {
            let (outcome, _) = try await site.accounts().logIn(LoginRequest(login, ""))
            #expect(outcome.rejection == .emptyPassword)
        }
        #expect(site.directory.binds.isEmpty)
        #expect(site.directory.searches.isEmpty)
    }

    @Test(arguments: [
        "", "a b", "a\u{0}b", "a\nb", "/", "a/b", "a:b", ".", "..", "..@example.org",
        String(repeating: "x", count: 321),
    ])
    func `what can't be a login is rejected and nobody is asked`(login: String) async throws {
        let site = Site()
        let (outcome, _) = try await site.accounts().logIn(LoginRequest(login, "x"))
        #expect(outcome.rejection == .malformedLogin)
        #expect(site.directory.searches.isEmpty)
        let answer = try await site.accounts().account(for: Array(login.utf8), service: "lmtp")
        #expect(answer.outcome.isAbsent)
    }

    @Test(arguments: ["*", "b*", "bob)(uid=*", "*)(objectClass=*", "bob\\2a", "bob,ou=people"])
    func `a login with a meaning in filters and names is only a name`(login: String) async throws {
        for check in Site.Check.allCases {
            let (outcome, _) = try await Site(check: check).accounts().logIn(LoginRequest(login, Site.bobPassword))
            #expect(outcome.rejection != nil)
        }
    }

    @Test(arguments: Site.Check.allCases)
    func `a directory that does not answer is unavailable, never a no`(check: Site.Check) async throws {
        let site = Site(check: check)
        site.directory.fail(MemoryDirectory.down)
        for login in ["bob", "nobody"] {
            let (outcome, _) = try await site.accounts().logIn(LoginRequest(login, "x"))
            #expect(outcome.unavailable == MemoryDirectory.down)
        }
        #expect(try await site.accounts().account(for: Array("bob".utf8), service: "lmtp").outcome.unavailable != nil)
        let address = try #require(EmailAddress("bob@example.org"))
        #expect(try await site.accounts().mailboxes(for: address).outcome.unavailable == MemoryDirectory.down)
    }

    @Test func `a bind that does not answer is unavailable, for users and for nobody alike`() async throws {
        let site = Site()
        site.directory.failBinds(MemoryDirectory.down)
        for login in ["bob", "nobody"] {
            #expect(
                try await site.accounts().logIn(LoginRequest(login, "x")).outcome.unavailable == MemoryDirectory.down)
        }
    }

    @Test func `a user database that does not answer after the right password is unavailable`() async throws {
        let site = Site(check: .bind)
        var accounts = try site.accounts().options
        let down = MemoryDirectory()
        down.fail(MemoryDirectory.down)
        accounts.userDatabases = [
            UserDatabase(
                method: .search(
                    EntryLookup(
                        source: down, base: try NameTemplate(Site.people), filter: try FilterTemplate("(uid=%n)"))))
        ]
        let outcome = await DirectoryAccounts(accounts).logIn(LoginRequest("bob", Site.bobPassword)).outcome
        #expect(outcome.unavailable == MemoryDirectory.down)
    }

    @Test func `two entries for one login are nobody's`() async throws {
        let site = Site()
        site.directory.state.withLock { state in
            state.entries.append(.person("uid=bob,ou=old,\(Site.people)", [("uid", ["bob"])]))
        }
        let (outcome, _) = try await site.accounts().logIn(LoginRequest("bob", Site.bobPassword))
        #expect(outcome.unavailable?.kind == .misconfigured)
        #expect(site.directory.binds.isEmpty)
    }

    @Test func `a missing base is a fault of the setting, not an unknown user`() async throws {
        let site = Site()
        site.directory.state.withLock { $0.missingBases = [Site.people] }
        let (outcome, _) = try await site.accounts().logIn(LoginRequest("bob", "x"))
        #expect(outcome.unavailable?.kind == .misconfigured)
        // A base made from the login is another matter.
        var options = try site.accounts().options
        let base = try NameTemplate("ou=%d,\(Site.people)")
        site.directory.state.withLock { $0.missingBases = ["ou=none.example,\(Site.people)"] }
        options.passwordDatabases = [
            PasswordDatabase(
                method: .searchThenBind(
                    EntryLookup(source: site.directory, base: base, filter: try FilterTemplate("(uid=%n)"))))
        ]
        let other = await DirectoryAccounts(options).logIn(LoginRequest("bob@none.example", "x")).outcome
        #expect(other.rejection == .unknownUser)
    }

    @Test(arguments: Site.Check.allCases)
    func `an inactive account is rejected, with the right password only after it was checked`(
        check: Site.Check
    ) async throws {
        let conditions: [ActiveCondition] = [
            .attribute("accountStatus", values: [Array("Active".utf8)], whenMissing: false),
            .filter(try FilterTemplate("(!(accountStatus=disabled))")),
        ]
        for condition in conditions {
            let site = Site(active: condition, check: check)
            #expect(try await site.accounts().logIn(LoginRequest("eve", "evepw")).outcome.rejection == .inactive)
            #expect(try await site.accounts().logIn(LoginRequest("eve", "x")).outcome.rejection == .wrongPassword)
            #expect(try await site.accounts().logIn(LoginRequest("bob", Site.bobPassword)).outcome.account != nil)
        }
    }

    @Test func `an authorization identity must be the login itself`() async throws {
        let accounts = try Site().accounts()
        func outcome(_ identity: String) async -> LoginOutcome {
            await accounts.logIn(LoginRequest("bob", Site.bobPassword, authorizationIdentity: identity)).outcome
        }
        #expect(await outcome("bob").account != nil)
        #expect(await outcome("BOB").account != nil)
        #expect(await outcome("eve").rejection == .notAuthorized)
        #expect(await outcome("..").rejection == .notAuthorized)
    }

    @Test func `a name that the user database does not know is asked for again as it was typed`() async throws {
        // pass_attrs uid=user with a user filter on mail=%u.
        let site = Site(filter: "(mail=%u)", userFilter: "(mail=%u)")
        let (outcome, steps) = try await site.accounts().logIn(LoginRequest("bob@example.org", Site.bobPassword))
        #expect(outcome.account?.login == "bob")
        #expect(
            steps.contains { step in
                if case .decision(_, let text) = step.event {
                    text.contains("is not known: asking for bob@example.org")
                } else {
                    false
                }
            })
    }

    @Test func `a right password without an account is nobody's fault but the configuration's`() async throws {
        let site = Site(userFilter: "(uid=x%n)")
        let (outcome, _) = try await site.accounts().logIn(LoginRequest("bob", Site.bobPassword))
        #expect(outcome.unavailable?.kind == .misconfigured)
    }

    @Test func `databases are asked in turn`() async throws {
        let first = MemoryDirectory()
        let site = Site()
        var options = try site.accounts().options
        options.passwordDatabases.insert(
            PasswordDatabase(
                name: "first",
                method: .searchThenBind(
                    EntryLookup(source: first, base: try NameTemplate("dc=x"), filter: try FilterTemplate("(uid=%n)")))),
            at: 0)
        let accounts = DirectoryAccounts(options, throttle: site.throttle)
        #expect(await accounts.logIn(LoginRequest("bob", Site.bobPassword)).outcome.account != nil)
        // The first can't answer: the second may say yes, and its no is none.
        first.fail(MemoryDirectory.down)
        #expect(await accounts.logIn(LoginRequest("bob", Site.bobPassword)).outcome.account != nil)
        #expect(await accounts.logIn(LoginRequest("bob", "x")).outcome.unavailable == MemoryDirectory.down)
    }

    @Test func `hashes that can't be checked are unavailable, locked ones a no`() async throws {
        let site = Site(check: .compare)
        func logIn(_ hashes: [String], _ choice: PasswordDatabase.HashChoice = .first) async throws -> LoginOutcome {
            site.directory.state.withLock { state in
                state.entries = [.person("uid=bob,\(Site.people)", [("uid", ["bob"]), ("userPassword", hashes)])]
            }
            var options = try site.accounts().options
            options.passwordDatabases = [
                PasswordDatabase(
                    method: .compare(try site.lookup("(uid=%n)", "userPassword=password"), Site.checker(), choice))
            ]
            options.userDatabases = [
                UserDatabase(method: .fixed(try AttributeMapping("=uid=5000,=gid=5000,=home=/home/%n")))
            ]
            return await DirectoryAccounts(options, throttle: site.throttle)
                .logIn(LoginRequest("bob", "evepw")).outcome
        }
        #expect(try await logIn(["{ARGON2ID}$argon2id$x"]).unavailable?.kind == .misconfigured)
        #expect(try await logIn(["{CRYPT}!"]).rejection == .wrongPassword)
        #expect(try await logIn([]).rejection == .wrongPassword)
        #expect(try await logIn(["{PLAIN}other", "{PLAIN}evepw"]).rejection == .wrongPassword)
        #expect(try await logIn(["{PLAIN}other", "{PLAIN}evepw"], .any).account != nil)
        #expect(try await logIn(["{ARGON2ID}x", "{PLAIN}evepw"], .any).account != nil)
        #expect(try await logIn(["{ARGON2ID}x", "{PLAIN}other"], .any).unavailable != nil)
        #expect(try await logIn(["{PLAIN}other", "{ARGON2ID}x"], .any).unavailable != nil)
    }

    @Test func `a hash that the server compares is not asked for`() async throws {
        let site = Site()
        _ = try await site.accounts().logIn(LoginRequest("bob", Site.bobPassword))
        #expect(site.directory.searches.first?.attributes == ["uid"])
        #expect(!site.directory.searches.contains { $0.attributes.contains("userPassword") || $0.attributes.isEmpty })
    }

    @Test func `networks and nologin of an entry are kept to`() async throws {
        let site = Site(passMapping: "uid=user,!networks,networks=allow_nets")
        func logIn(_ networks: String, from address: String?) async throws -> LoginOutcome {
            site.directory.state.withLock { state in
                state.entries[0].attributes.removeAll { $0.description == "networks" }
                state.entries[0].attributes.append(LDAPAttribute("networks", [Array(networks.utf8)]))
            }
            return try await site.accounts().logIn(LoginRequest("bob", Site.bobPassword, from: address)).outcome
        }
        #expect(try await logIn("192.0.2.0/24, 2001:db8::/32", from: "192.0.2.9").account != nil)
        #expect(try await logIn("192.0.2.0/24, 2001:db8::/32", from: "2001:db8::1").account != nil)
        #expect(try await logIn("192.0.2.0/24", from: "192.0.3.9").rejection == .addressNotAllowed)
        #expect(try await logIn("192.0.2.0/24", from: nil).rejection == .addressNotAllowed)
        #expect(try await logIn("local", from: nil).account != nil)
        #expect(try await logIn("nonsense", from: "192.0.2.9").rejection == .addressNotAllowed)
        var closed = site
        closed.passMapping = "uid=user,=nologin=y"
        #expect(
            try await closed.accounts().logIn(LoginRequest("bob", Site.bobPassword)).outcome.rejection == .inactive)
    }

    @Test func `prefetched fields save the second search`() async throws {
        let site = Site(passMapping: "uid=user,homeDirectory=userdb_home,uidNumber=userdb_uid,gidNumber=userdb_gid")
        var options = try site.accounts().options
        options.userDatabases.insert(UserDatabase(name: "prefetch", method: .prefetch), at: 0)
        let accounts = DirectoryAccounts(options, throttle: site.throttle)
        let account = try #require(await accounts.logIn(LoginRequest("bob", Site.bobPassword)).outcome.account)
        #expect(account.owner == Owner(uid: 5000, gid: 5001))
        #expect(site.directory.searches.count == 1)
        // A delivery has no password database to be told by.
        #expect(await accounts.account(for: Array("bob".utf8), service: "lmtp").outcome.found?.owner == account.owner)
    }

    @Test func `with the same fields for everybody, the password databases say who there is`() async throws {
        let fixed = try AttributeMapping("=uid=5000,=gid=5000,=home=/home/%n")
        func answers(_ check: Site.Check, all: Bool = false) async throws -> [Outcome<Account>] {
            let site = Site(check: check)
            var options = try site.accounts().options
            options.userDatabases = [UserDatabase(method: .fixed(fixed, allowsAllUsers: all))]
            let accounts = DirectoryAccounts(options, throttle: site.throttle)
            #expect(await accounts.logIn(LoginRequest("bob", Site.bobPassword)).outcome.account != nil)
            let up = [
                await accounts.account(for: Array((check == .bind ? "bob" : "Bob@x.example").utf8), service: "lmtp")
                    .outcome,
                await accounts.account(for: Array("nobody".utf8), service: "lmtp").outcome,
            ]
            site.directory.fail(MemoryDirectory.down)
            return up + [await accounts.account(for: Array("bob".utf8), service: "lmtp").outcome]
        }
        for check in [Site.Check.searchThenBind, .compare] {
            let outcomes = try await answers(check)
            #expect(outcomes[0].found?.login == "bob")
            #expect(outcomes[1].isAbsent)
            #expect(outcomes[2].unavailable == MemoryDirectory.down)
        }
        // Nobody can say who could bind: no address may be refused for it.
        #expect(try await answers(.bind).allSatisfy { $0.unavailable != nil })
        #expect(try await answers(.bind, all: true).allSatisfy { $0.found != nil })
    }

    @Test func `attributes of an entry that the user's entry names`() async throws {
        var site = Site()
        site.userMapping =
            "@store=mailHost,root@store=home=%$/%n,uidNumber=uid,gidNumber=gid,=quota=%{ldap:limit@store:1M}"
        let store = "cn=store1,dc=example,dc=org"
        site.directory.state.withLock { state in
            state.entries[0].attributes.append(LDAPAttribute("mailHost", [Array(store.utf8)]))
            state.entries.append(.person(store, [("root", ["/export/1"]), ("other", ["x"])]))
        }
        let accounts = try site.accounts()
        let account = try #require(await accounts.account(for: Array("bob".utf8), service: "imap").outcome.found)
        #expect(account.location == .here(.init(format: .maildir, path: Array("/export/1/bob/Maildir".utf8))))
        #expect(account.quota == Quota(storage: 1 << 20))
        #expect(site.directory.searches.last?.base == store)
        #expect(site.directory.searches.last?.attributes == ["root", "limit"])
        // A reference that leads nowhere leaves its attributes out: no home, so no place for mail.
        site.directory.state.withLock { $0.entries = Array($0.entries.dropLast()) }
        let nowhere = await accounts.account(for: Array("bob".utf8), service: "imap").outcome
        #expect(nowhere.unavailable?.kind == .misconfigured)
    }

    @Test func `an account on another machine says so`() async throws {
        let site = Site(userMapping: "uidNumber=uid,gidNumber=gid,=proxy=y,=host=imap2.example.org")
        let (outcome, _) = try await site.accounts().logIn(LoginRequest("bob", Site.bobPassword))
        #expect(outcome.account?.location == .elsewhere(host: "imap2.example.org"))
        let address = try #require(EmailAddress("bob@example.org"))
        #expect(try await site.accounts().mailboxes(for: address).outcome.unavailable != nil)
    }

    @Test func `the mailbox of an address`() async throws {
        let accounts = try Site().accounts()
        let address = try #require(EmailAddress("Bob@Example.ORG"))
        let mailbox = try #require(await accounts.mailboxes(for: address).outcome.found?.first)
        #expect(mailbox.address == address)
        #expect(mailbox.owner == Owner(uid: 5000, gid: 5001))
        #expect(mailbox.location.description == "maildir:/home/bob/Maildir")
        let other = try #require(EmailAddress("nobody@example.org"))
        #expect(await accounts.mailboxes(for: other).outcome.isAbsent)
    }

    @Test func `logins are folded, completed and translated as configured`() throws {
        func normalized(_ login: String, _ rules: LoginNameRules) -> String? {
            rules.normalize(Array(login.utf8), LoginVariables(user: [], service: "imap"))
                .map { String(decoding: $0, as: UTF8.self) }
        }
        let plain = LoginNameRules()
        #expect(normalized("Bob@Example.ORG", plain) == "bob@example.org")
        #expect(normalized("Ünal+x", plain) == "Ünal+x")
        let dovecot = LoginNameRules(characters: LoginNameRules.dovecotCharacters)
        #expect(normalized("a*", dovecot) == nil)
        #expect(normalized("x,ou=y", dovecot) == nil)
        #expect(normalized("ünal", dovecot) == nil)
        #expect(normalized("a-b_c.d@e", dovecot) == "a-b_c.d@e")
        let completed = LoginNameRules(
            translation: [UInt8(ascii: "%"): UInt8(ascii: "@"), UInt8(ascii: "#"): UInt8(ascii: "@")],
            defaultDomain: Domain("example.org"))
        #expect(normalized("bob", completed) == "bob@example.org")
        #expect(normalized("bob%other.example", completed) == "bob@other.example")
        #expect(normalized("bob#other.example", completed) == "bob@other.example")
        let local = LoginNameRules(format: try Template("%Ln", for: .beforeLookup))
        #expect(normalized("Bob@Example.ORG", local) == "bob")
        #expect(normalized("@example.org", local) == nil)
    }
}
