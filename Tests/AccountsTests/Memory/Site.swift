import Accounts
import Directory
import LDAP
import MailModel
import Passwords

/// A small site of made-up people, for tests that change one thing about it.
struct Site {
    static let people = "ou=people,dc=example,dc=org"

    static func entries() -> [LDAPEntry] {
        [
            .person(
                "uid=bob,\(people)",
                [
                    ("uid", ["bob"]), ("mail", ["bob@example.org"]), ("homeDirectory", ["/home/bob"]),
                    ("uidNumber", ["5000"]), ("gidNumber", ["5001"]), ("accountStatus", ["active"]),
                    ("userPassword", ["{SSHA256}4P1v09Br7Dto1rXbzo76QettmK5k/nDzgFzyPWguLtDRVZwA"]),
                    ("entryUUID", ["0fd5d4a2-0000-4000-8000-000000000001"]),
                ]),
            .person(
                "uid=eve,\(people)",
                [
                    ("uid", ["eve"]), ("mail", ["eve@example.org"]), ("homeDirectory", ["/home/eve"]),
                    ("uidNumber", ["5002"]), ("gidNumber", ["5001"]), ("accountStatus", ["disabled"]),
                    ("userPassword", ["{PLAIN}evepw"]),
                ]),
        ]
    }

    static let bobPassword = "sécret-1"
    static let passwords = ["uid=bob,\(people)": bobPassword, "uid=eve,\(people)": "evepw"]

    var directory = MemoryDirectory(entries(), passwords: passwords)
    var filter = "(uid=%n)"
    var passMapping = "uid=user,userPassword=password"
    var userFilter = "(uid=%n)"
    var userMapping = "homeDirectory=home,uidNumber=uid,gidNumber=gid"
    var active: ActiveCondition?
    var mailLocation = "maildir:~/Maildir"
    var loginNames = LoginNameRules()
    var owner = OwnerRules()
    var throttle = LoginThrottle(clock: ManualClock().clock)
    var cache = LoginCache()

    enum Check: CaseIterable {
        case bind
        case searchThenBind
        case compare
    }

    var check = Check.searchThenBind

    static func checker(_ scheme: PasswordScheme = .crypt) -> PasswordChecker {
        PasswordChecker(defaultScheme: scheme, run: { work in work() })
    }

    func lookup(_ filter: String, _ mapping: String) throws -> EntryLookup {
        EntryLookup(
            source: directory, base: try NameTemplate(Self.people), filter: try FilterTemplate(filter),
            mapping: try AttributeMapping(mapping))
    }

    func accounts() throws -> DirectoryAccounts {
        let method: PasswordDatabase.Method =
            switch check {
            case .bind: .bind(try BindNameTemplate("uid=%n,\(Self.people)"), directory)
            case .searchThenBind: .searchThenBind(try lookup(filter, passMapping))
            case .compare: .compare(try lookup(filter, passMapping), Self.checker(), .first)
            }
        return DirectoryAccounts(
            AccountsOptions(
                loginNames: loginNames, passwordDatabases: [PasswordDatabase(method: method, active: active)],
                userDatabases: [UserDatabase(method: .search(try lookup(userFilter, userMapping)))],
                rules: AccountRules(mailLocation: try MailLocationTemplate(setting: mailLocation), owner: owner)),
            throttle: throttle, cache: cache)
    }
}

extension LoginRequest {
    init(_ login: String, _ password: String, authorizationIdentity: String? = nil, from address: String? = nil) {
        self.init(
            login: Array(login.utf8), authorizationIdentity: authorizationIdentity.map { Array($0.utf8) },
            password: Secret(password), service: "imap", remoteAddress: address, isSecured: true)
    }
}

extension LoginOutcome {
    var account: Account? { if case .accepted(let account) = self { account } else { nil } }
    var rejection: LoginRejection? { if case .rejected(let reason) = self { reason } else { nil } }
    var unavailable: UnavailableReason? { if case .unavailable(let reason) = self { reason } else { nil } }
}

extension Outcome {
    var found: Value? { if case .found(let value) = self { value } else { nil } }
    var unavailable: UnavailableReason? { if case .unavailable(let reason) = self { reason } else { nil } }
    var isAbsent: Bool { if case .absent = self { true } else { false } }
}
