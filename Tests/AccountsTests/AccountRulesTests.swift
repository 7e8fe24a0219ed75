import Accounts
import MailModel
import Testing

struct OwnerRulesTests {
    @Test(arguments: [
        "0", "-1", "4294967295", "4294967296", " 5000", "5000 ", "5e3", "5000.0", "0x1388", "+5000", "05000", "",
        "65535", "499", "vmail",
        "99999999999999999999", "５０００",
    ])
    func `a uid that is no ordinary user's is refused`(uid: String) {
        #expect(throws: AccountFault.self) { try OwnerRules().owner(uid: Array(uid.utf8), gid: Array("5000".utf8)) }
    }

    @Test(arguments: ["0", "-1", "4294967295", "65535", " 5", "x", ""])
    func `a gid that is no ordinary group's is refused`(gid: String) {
        #expect(throws: AccountFault.self) { try OwnerRules().owner(uid: Array("5000".utf8), gid: Array(gid.utf8)) }
    }

    @Test func `numbers within the limits are taken`() throws {
        let five = Array("500".utf8)
        #expect(try OwnerRules().owner(uid: five, gid: Array("1".utf8)) == Owner(uid: 500, gid: 1))
        #expect(try OwnerRules(minimumUID: 100).owner(uid: Array("100".utf8), gid: five) == Owner(uid: 100, gid: 500))
        #expect(
            try OwnerRules().owner(uid: Array("4294967294".utf8), gid: five) == Owner(uid: 4_294_967_294, gid: 500))
        #expect(throws: AccountFault.self) { try OwnerRules(maximumUID: 499).owner(uid: five, gid: five) }
        #expect(throws: AccountFault.self) { try OwnerRules(minimumGID: 501).owner(uid: five, gid: five) }
    }

    @Test func `who owns mail when the directory does not say`() throws {
        let five = Array("5000".utf8)
        #expect(throws: AccountFault.self) { try OwnerRules().owner(uid: nil, gid: five) }
        let fallback = OwnerRules(fallbackUID: 700, fallbackGID: 701)
        #expect(try fallback.owner(uid: nil, gid: nil) == Owner(uid: 700, gid: 701))
        #expect(try fallback.owner(uid: five, gid: nil) == Owner(uid: 5000, gid: 701))
        // An empty value is not a missing one.
        #expect(throws: AccountFault.self) { try fallback.owner(uid: [], gid: nil) }
        let fixed = OwnerRules(fixed: Owner(uid: 800, gid: 800))
        #expect(try fixed.owner(uid: Array("0".utf8), gid: nil) == Owner(uid: 800, gid: 800))
    }
}

struct QuotaValueTests {
    @Test(arguments: [
        ("*:storage=10M", Quota(storage: 10 << 20)), ("*:storage=10", Quota(storage: 10 << 10)),
        ("*:bytes=10485760", Quota(storage: 10 << 20)),
        ("*:bytes=1G:messages=1000", Quota(storage: 1 << 30, messages: 1000)),
        ("*:storage=0", .unlimited), ("?:messages=5", Quota(messages: 5, yieldsToMailbox: true)),
        ("*:storage=1t", Quota(storage: 1 << 40)),
        ("*:storage=5B", Quota(storage: 5)), ("*:ignore", .unlimited),
    ])
    func `rules of Dovecot`(rule: String, quota: Quota) throws {
        #expect(try Quota(rule: Array(rule.utf8)) == quota)
    }

    @Test func `a rule on one mailbox says nothing of the account`() throws {
        #expect(try Quota(rule: Array("Trash:storage=+100M".utf8)) == nil)
    }

    @Test(arguments: [
        ("10485760", Quota(storage: 10 << 20)), ("10M", Quota(storage: 10 << 20)), ("0", .unlimited),
        ("10485760S,1000C", Quota(storage: 10 << 20, messages: 1000)), ("1000C", Quota(messages: 1000)),
    ])
    func `plain limits`(value: String, quota: Quota) throws {
        #expect(try Quota(plain: Array(value.utf8)) == quota)
    }

    @Test(arguments: ["", "x", "-1", "1.5M", "M", "99999999999999999999", "99999999999T", " 1", "1,", "S"])
    func `anything else is refused`(value: String) {
        #expect(throws: AccountFault.self) { try Quota(plain: Array(value.utf8)) }
        #expect(throws: AccountFault.self) { try Quota(rule: Array("*:storage=\(value)".utf8)) }
    }

    @Test(arguments: ["", "*", "*:", "*:10M", "*:storage", "*:storage=10%", "*:size=1"])
    func `a rule without a limit is refused unless it is empty`(rule: String) {
        if rule == "*:" {
            #expect((try? Quota(rule: Array(rule.utf8))) == .unlimited)
        } else {
            #expect(throws: AccountFault.self) { try Quota(rule: Array(rule.utf8)) }
        }
    }
}

struct MailLocationTests {
    private func location(_ setting: String, user: String = "bob@example.org", home: String = "/home/bob") throws
        -> MailboxLocation
    {
        var variables = LoginVariables(user: Array(user.utf8), service: "imap")
        variables.home = Array(home.utf8)
        return try MailLocationTemplate(setting: setting).resolve(variables)
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func `settings with variables`() throws {
        #expect(try location("maildir:~/Maildir") == .init(format: .maildir, path: bytes("/home/bob/Maildir")))
        #expect(try location("maildir:~") == .init(format: .maildir, path: bytes("/home/bob")))
        #expect(try location("maildir:%h/Maildir/") == .init(format: .maildir, path: bytes("/home/bob/Maildir")))
        #expect(
            try location("MAILDIR:/var/mail/%d/%n") == .init(format: .maildir, path: bytes("/var/mail/example.org/bob"))
        )
        #expect(try location("/var/mail/%n/") == .init(format: .maildir, path: bytes("/var/mail/bob")))
        #expect(try location("maildir:/var/a::b") == .init(format: .maildir, path: bytes("/var/a:b")))
        #expect(
            try location("mbox:/mailroot/%n:INBOX=/spool/%n")
                == .init(
                    format: .mbox, path: bytes("/mailroot/bob"), layout: .fileSystem, inbox: bytes("/spool/bob")))
        #expect(
            try location("maildir:~/m:LAYOUT=fs:INDEX=/i/%u:CONTROL=~/c:VOLATILEDIR=/tmp/%u")
                == .init(
                    format: .maildir, path: bytes("/home/bob/m"), layout: .fileSystem, control: bytes("/home/bob/c"),
                    index: bytes("/i/bob@example.org")))
        #expect(try location("maildir:~/m:INDEX=MEMORY").index == nil)
    }

    @Test(arguments: [
        "", "maildir", "maildir:", "sdbox:~/dbox", "imapc:", "maildir:Maildir", "maildir:~root/x", "maildir:/a/../b",
        "maildir:/a/..",
        "maildir:/x:DIRNAME=y", "maildir:/x:LAYOUT=index", "maildir:/x:INBOX=y", "maildir:%q",
        "maildir:%{ldap:x}",
        "maildir:/a\u{1}b",
    ])
    func `what can't be served is refused`(setting: String) {
        #expect(throws: AccountFault.self) { try location(setting) }
    }

    @Test func `a login that brings a tilde, dots or nothing with it leads nowhere`() {
        #expect(throws: AccountFault.self) { try location("maildir:%n/x", user: "~") }
        #expect(throws: AccountFault.self) { try location("maildir:/var/mail/%n", user: "..") }
        #expect(throws: AccountFault.self) { try location("maildir:~/Maildir", home: "") }
        #expect(throws: AccountFault.self) { try location("maildir:/var/mail/%d/%n", user: "a@..") }
    }

    @Test func `a directory's value has no variables`() throws {
        var variables = LoginVariables(user: bytes("bob"), service: "imap")
        variables.home = bytes("/home/bob")
        let value = try MailLocationTemplate(value: bytes("maildir:~/%u/%{x}"))
        #expect(try value.resolve(variables).path == bytes("/home/bob/%u/%{x}"))
        #expect(try MailLocationTemplate(value: bytes("/srv/bob/")).resolve(variables).path == bytes("/srv/bob"))
        #expect(throws: AccountFault.self) { try MailLocationTemplate(value: bytes("bob/")).resolve(variables) }
    }
}

struct AccountRulesTests {
    private func account(_ fields: [(String, String)], _ rules: AccountRules) throws -> Account {
        var all = Fields()
        for (name, value) in fields { all.set(name, to: Array(value.utf8)) }
        return try rules.account(
            login: Array("bob@example.org".utf8), identity: "id", fields: all,
            LoginVariables(user: Array("ignored".utf8), service: "imap"))
    }

    private let ids = [("uid", "5000"), ("gid", "5000")]

    @Test func `the directory's mail field comes before the setting`() throws {
        let rules = AccountRules(mailLocation: try MailLocationTemplate(setting: "mbox:/var/mail/%u"))
        #expect(
            try account(ids, rules).location
                == .here(.init(format: .mbox, path: Array("/var/mail/bob@example.org".utf8), layout: .fileSystem)))
        #expect(
            try account(ids + [("mail", "maildir:/srv/bob")], rules).location
                == .here(.init(format: .maildir, path: Array("/srv/bob".utf8))))
    }

    @Test func `homes come from the directory, else from the setting`() throws {
        let rules = AccountRules(
            mailLocation: try MailLocationTemplate(setting: "maildir:~/Maildir"),
            home: try Template("/var/vmail/%d/%n", for: .beforeLookup))
        func path(_ fields: [(String, String)]) throws -> String {
            guard case .here(let location) = try account(fields, rules).location else { return "" }
            return String(decoding: location.path, as: UTF8.self)
        }
        #expect(try path(ids) == "/var/vmail/example.org/bob/Maildir")
        #expect(try path(ids + [("home", "/home/bob/")]) == "/home/bob/Maildir")
        #expect(throws: AccountFault.self) { try account(ids + [("home", "relative")], rules) }
        #expect(throws: AccountFault.self) { try account(ids + [("home", "/home/../etc")], rules) }
        #expect(throws: AccountFault.self) { try account(ids + [("home", "")], rules) }
    }

    @Test func `without a location there is no account`() {
        #expect(throws: AccountFault.self) { try account(ids, AccountRules()) }
        #expect(throws: AccountFault.self) { try account(ids + [("proxy", "y")], AccountRules()) }
    }

    @Test func `quotas`() throws {
        let rules = AccountRules(
            mailLocation: try MailLocationTemplate(setting: "maildir:/m/%u"), quota: Quota(storage: 1000, messages: 7))
        #expect(try account(ids, rules).quota == Quota(storage: 1000, messages: 7))
        #expect(try account(ids + [("quota", "5K")], rules).quota == Quota(storage: 5 << 10))
        #expect(
            try account(ids + [("quota_rule", "*:storage=1M"), ("quota_rule2", "Trash:storage=+10%")], rules).quota
                == Quota(
                    storage: 1 << 20,
                    folderRules: [QuotaFolderRule(pattern: Array("Trash".utf8), storage: .percent(10))]))
        #expect(throws: AccountFault.self) { try account(ids + [("quota_rule", "lots")], rules) }
    }
}
