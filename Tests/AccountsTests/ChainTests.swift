import Accounts
import Directory
import MailModel
import Passwords
import Synchronization
import Testing

/// How one database's answer leads to the next.
struct ChainTests {
    /// Says the same to everybody, and keeps account of whom it was asked about.
    final class Service: PasswordService {
        let name = "service:test"
        let verdict: PasswordServiceVerdict
        private let asked = Mutex<[PasswordQuestion]>([])

        init(_ verdict: PasswordServiceVerdict) { self.verdict = verdict }

        var questions: [PasswordQuestion] { asked.withLock { $0 } }

        func check(_ question: PasswordQuestion) async -> PasswordServiceVerdict {
            asked.withLock { $0.append(question) }
            return verdict
        }
    }

    static let unavailable = PasswordServiceVerdict.unavailable(UnavailableReason(.unreachable, "service:test: down"))

    private func accounts(
        _ databases: [PasswordDatabase], users: [UserDatabase] = [], separator: Character? = nil
    ) -> DirectoryAccounts {
        DirectoryAccounts(
            AccountsOptions(
                passwordDatabases: databases, userDatabases: users,
                rules: AccountRules(mailLocation: try? MailLocationTemplate(setting: "maildir:~/Maildir")),
                masterUserSeparator: separator?.asciiValue))
    }

    private func service(_ verdict: PasswordServiceVerdict, _ rules: PasswordDatabaseRules = .init())
        -> PasswordDatabase
    {
        PasswordDatabase(method: .service(Service(verdict)), rules: rules)
    }

    private func file(
        _ text: String, _ rules: PasswordDatabaseRules = .init(), checker: PasswordChecker = Site.checker(.plain)
    ) throws -> PasswordDatabase {
        let file = PasswdFile(contents: Array(text.utf8))
        return PasswordDatabase(
            method: .passwdFile(
                PasswdFileLookup(
                    path: try Template("/etc/users", for: .beforeLookup), checker: checker, read: { _ in .found(file) })
            ),
            rules: rules)
    }

    private func verdict(_ accounts: DirectoryAccounts, _ login: String, _ password: String = "pw") async -> String {
        let (verdict, user, _) = await accounts.verdict(LoginRequest(login, password, from: "192.0.2.1"))
        return switch verdict {
        case .accepted: String(decoding: user ?? [], as: UTF8.self)
        case .rejected: "no"
        case .unavailable: "later"
        }
    }

    @Test(arguments: [
        // What the first says and the second would say, by the rule for the first one's answer.
        (DatabaseRule.returnOK, "bob", "bob", "bob"), (.return, "no", "no", "later"),
        (.returnFail, "no", "no", "later"),
        (.continue, "no", "no", "later"), (.continueOK, "bob", "bob", "bob"), (.continueFail, "no", "no", "later"),
    ])
    func `each rule leads on, or ends the chain, and opens it or not`(
        rule: DatabaseRule, success: String, failure: String, internalFailure: String
    ) async {
        let yes = accounts([service(.accepted(user: nil), .init(success: rule)), service(.rejected)])
        #expect(await verdict(yes, "bob") == success)
        let no = accounts([service(.rejected, .init(failure: rule)), service(.rejected)])
        #expect(await verdict(no, "bob") == failure)
        let later = accounts([service(Self.unavailable, .init(internalFailure: rule)), service(.rejected)])
        #expect(await verdict(later, "bob") == internalFailure)
    }

    @Test func `a database that can't answer keeps the "no" of the others from being one`() async {
        #expect(await verdict(accounts([service(Self.unavailable), service(.rejected)]), "bob") == "later")
        #expect(await verdict(accounts([service(.rejected), service(Self.unavailable)]), "bob") == "later")
        #expect(await verdict(accounts([service(Self.unavailable), service(.accepted(user: nil))]), "bob") == "bob")
    }

    @Test func `whoever a deny database finds is kept out, whatever the password`() async throws {
        let accounts = accounts([
            try file("evil\n", .init(isDeny: true)), service(.accepted(user: nil)),
        ])
        #expect(await verdict(accounts, "evil") == "no")
        #expect(await verdict(accounts, "bob") == "bob")
    }

    @Test func `a deny database that can't answer lets nobody in`() async throws {
        let broken = PasswordDatabase(
            method: .passwdFile(
                PasswdFileLookup(
                    path: try Template("/etc/deny", for: .beforeLookup), checker: Site.checker(),
                    read: { _ in .unavailable(MemoryDirectory.down) })), rules: .init(isDeny: true))
        #expect(await verdict(accounts([broken, service(.accepted(user: nil))]), "bob") == "later")
    }

    @Test func `a deny database that knows users only by a password denies all whom it does not know to be unknown`()
        async
    {
        let accounts = accounts([service(.rejected, .init(isDeny: true)), service(.accepted(user: nil))])
        #expect(await verdict(accounts, "bob") == "no")
    }

    @Test func `a master logs in as another by his own password, if there is such a user`() async throws {
        let accounts = accounts(
            [
                try file("admin:master\n", .init(isMaster: true, passes: true)),
                try file("bob:pw\n"),
            ], separator: "*")
        #expect(await verdict(accounts, "bob*admin", "master") == "bob")
        #expect(await verdict(accounts, "bob*admin", "pw") == "no")
        #expect(await verdict(accounts, "ann*admin", "master") == "no")
        #expect(await verdict(accounts, "bob*bob", "pw") == "bob")
        #expect(await verdict(accounts, "admin", "master") == "no")
        #expect(await verdict(accounts, "bob", "pw") == "bob")
        #expect(await verdict(accounts, "*admin", "master") == "no")
    }

    @Test func `without a separator or a master's database nobody logs in as another`() async throws {
        let master = try file("admin:master\n", .init(isMaster: true))
        #expect(await verdict(accounts([master, try file("bob:pw\n")]), "bob*admin", "master") == "no")
        #expect(await verdict(accounts([try file("admin:pw\nbob:pw\n")], separator: "*"), "bob*admin") == "no")
    }

    @Test func `skip passes a database over by what came before`() async {
        let second = Service(.accepted(user: nil))
        let onlyAfter = PasswordDatabase(method: .service(second), rules: .init(skip: .unauthenticated))
        #expect(await verdict(accounts([service(.rejected), onlyAfter]), "bob") == "no")
        #expect(second.questions.isEmpty)
        let third = Service(.rejected)
        let onlyBefore = PasswordDatabase(
            method: .service(third), rules: .init(failure: .returnFail, skip: .authenticated))
        let first = service(.accepted(user: nil), .init(success: .continueOK))
        #expect(await verdict(accounts([first, onlyBefore]), "bob") == "bob")
        #expect(third.questions.isEmpty)
    }

    @Test func `given that every database passes a login over, then the answer is no "no"`() async {
        let accounts = accounts([
            service(.accepted(user: nil), .init(usernameFilter: ["*@example.org"])),
            service(.accepted(user: nil), .init(mechanisms: ["login"])),
        ])
        #expect(await verdict(accounts, "bob") == "later")
        #expect(await verdict(accounts, "bob@example.org") == "bob@example.org")
    }

    @Test func `the databases that follow a right password only need to know the user`() async throws {
        let accounts = accounts([
            try file("bob:pw\nann:pw\n", .init(success: .continue)), try file("bob:other\n"),
        ])
        #expect(await verdict(accounts, "bob") == "bob")
        #expect(await verdict(accounts, "ann") == "no")
    }

    @Test func `a name that a database changes stays, even when it refuses the login then`() async throws {
        let accounts = accounts([try file("bob:pw::::::user=robert\n"), try file("robert:second\n")])
        #expect(await verdict(accounts, "bob", "pw") == "robert")
        #expect(await verdict(accounts, "bob", "second") == "robert")
    }

    @Test func `fields of a database that refuses are dropped, those of one that accepts are kept`() async throws {
        let users = [
            UserDatabase(method: .prefetch), UserDatabase(method: .fixed(AttributeMapping(), allowsAllUsers: true)),
        ]
        let accounts = accounts(
            [
                try file("bob:other::::::userdb_home=/wrong userdb_uid=1\n"),
                try file("bob:pw::::::userdb_home=/right userdb_uid=5000 userdb_gid=5000\n"),
            ], users: users)
        let outcome = await accounts.logIn(LoginRequest("bob", "pw")).outcome
        let account = try #require(outcome.account)
        #expect("\(account.location)".contains("/right"))
    }

    @Test func `nologin and the networks of a user keep a right password out`() async throws {
        let accounts = accounts([
            try file(
                "bob:pw::::::nologin\nann:pw::::::allow_nets=10.0.0.0/8\ncarl:pw::::::allow_nets=192.0.2.0/24,local\n")
        ])
        #expect(await verdict(accounts, "bob") == "no")
        #expect(await verdict(accounts, "ann") == "no")
        #expect(await verdict(accounts, "carl") == "carl")
    }

    @Test func `default fields stand before what a database says, override fields behind it`() async throws {
        let database = try file(
            "bob:pw::::::userdb_home=/h userdb_uid=5000\n",
            .init(
                defaultFields: try AttributeMapping(assignments: "userdb_home=/default userdb_gid=5001"),
                overrideFields: try AttributeMapping(assignments: "userdb_uid=6000")))
        let accounts = accounts([database], users: [UserDatabase(method: .prefetch)])
        let account = try #require(await accounts.logIn(LoginRequest("bob", "pw")).outcome.account)
        #expect("\(account.location)".contains("/h"))
        #expect(account.owner == Owner(uid: 6000, gid: 5001))
    }

    @Test func `the same fields for everybody take one password, or any`() async throws {
        func database(_ fields: String) throws -> PasswordDatabase {
            PasswordDatabase(method: .fixed(try AttributeMapping(assignments: fields), Site.checker(.plain)))
        }
        #expect(await verdict(accounts([try database("password=pw user=%n")]), "bob@example.org") == "bob")
        #expect(await verdict(accounts([try database("password=pw")]), "bob", "x") == "no")
        #expect(await verdict(accounts([try database("nopassword=y")]), "bob", "anything") == "bob")
        #expect(await verdict(accounts([try database("")]), "bob") == "no")
    }

    @Test func `another program is asked with all that is known of the login, and its name for the user is taken`()
        async throws
    {
        let service = Service(.accepted(user: Array("robert".utf8)))
        let accounts = accounts([PasswordDatabase(method: .service(service))])
        #expect(await verdict(accounts, "Bob") == "robert")
        let question = try #require(service.questions.first)
        #expect(question.login == Array("bob".utf8))
        #expect(question.password.bytes == Array("pw".utf8))
        #expect(question.remoteAddress == "192.0.2.1")
        #expect(question.isSecured)
    }

    @Test(arguments: [
        (["*@a.example"], "x@a.example", true), (["*@a.example"], "x@b.example", false),
        (["!x*"], "x@b.example", false),
        (["!x*"], "y@b.example", true), (["?@*", "!x@*"], "y@a", true), (["!x@*", "?@*"], "x@a", false),
    ])
    func `username_filter says whom a database is asked about`(filter: [String], login: String, isAsked: Bool) async {
        let database = service(.accepted(user: nil), .init(usernameFilter: filter))
        let accounts = accounts([database, service(.rejected)])
        #expect(await verdict(accounts, login) == (isAsked ? login : "no"))
    }

    /// Runs what `checker` gives to the threads for slow work, and counts it.
    final class Counter: Sendable {
        let count = Mutex(0)

        func checker() -> PasswordChecker {
            PasswordChecker(defaultScheme: .sha512Crypt) { work in
                self.count.withLock { $0 += 1 }
                return work()
            }
        }
    }

    @Test func `an unknown login, a wrong password and a denied account do the same work`() async throws {
        let hash =
            "{SHA512-CRYPT}$6$rounds=1000$v/uzxJ6YRYgqzqRj$X5Qs/Z9ubrc1c0ED2OCpNKyCdtFc2zOwK3avyLRtNiu1Vbs1xb/oLK2pDoYOgCmqWTuh.3IheXPtW0kfACJ0O1"
        for rules in [PasswordDatabaseRules(), .init(success: .continueOK), .init(failure: .returnFail)] {
            var work: [String: Int] = [:]
            for login in ["bob", "nobody", "evil", "bare", "far"] {
                let counter = Counter()
                let accounts = accounts([
                    try file("evil\n", .init(isDeny: true)),
                    try file(
                        "bob:\(hash)\nevil:\(hash)\nbare\nfar:\(hash)::::::allow_nets=10.0.0.0/8\n", rules,
                        checker: counter.checker()),
                    try file("someone:\(hash)\n", checker: counter.checker()),
                ])
                #expect(await verdict(accounts, login, "wrong") == "no")
                work[login] = counter.count.withLock { $0 }
            }
            #expect(Set(work.values).count == 1, "\(work)")
            #expect(work["bob"] == (rules.failure == .returnFail ? 1 : 2))
        }
    }

    @Test func `a password that is right of a denied account does no less work than a wrong one`() async throws {
        let counter = Counter()
        let accounts = accounts([
            try file("evil\n", .init(isDeny: true)),
            try file("evil:{PLAIN}pw\n", checker: counter.checker()),
            try file("evil\n", checker: counter.checker()),
        ])
        #expect(await verdict(accounts, "evil", "pw") == "no")
    }
}
