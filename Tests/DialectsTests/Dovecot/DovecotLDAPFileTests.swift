import Dialects
import Directory
import MailModel
import SiteConfiguration
import Testing

@Suite struct DovecotLDAPFileTests {
    private func read(_ file: String, keeping: [Difference] = []) -> SiteDraft {
        let files = [
            "/etc/dovecot/dovecot.conf": """
            mail_location = maildir:/var/mail/%u
            passdb {
              driver = ldap
              args = /etc/dovecot/ldap
            }
            userdb {
              driver = ldap
              args = /etc/dovecot/ldap
            }

            """, "/etc/dovecot/ldap": file,
        ]
        var draft = ProgramFiles(files).draft()
        draft.model.originalBehaviour = keeping.map { Located($0, at: .builtIn) }
        DovecotImport.read("/etc/dovecot", into: &draft)
        return draft
    }

    @Test func `what is not set is Dovecot's default`() throws {
        let draft = read("hosts = ldap1 ldap2:1389 ::1\nbase = dc=example,dc=org\n")
        #expect(draft.errors == [])
        let passwords = try #require(draft.model.accounts.passwords.first)
        #expect(passwords.check.value == .hash)
        #expect(passwords.filter?.value == "(&(objectClass=posixAccount)(uid=%u))")
        #expect(passwords.attributes?.value == "uid=user,userPassword=password")
        #expect(passwords.defaultScheme?.value == "CRYPT")
        let users = try #require(draft.model.accounts.users.first)
        #expect(users.attributes.value == "homeDirectory=home,uidNumber=uid,gidNumber=gid")
        #expect(users.iterateFilter?.value == "(objectClass=posixAccount)")
        #expect(users.iterateAttributes?.value == "uid=user")
        #expect(draft.servers?.urls.map(\.value) == ["ldap://ldap1", "ldap://ldap2:1389", "ldap://[::1]"])
        #expect(draft.servers?.startTLS == false)
    }

    @Test func `lines go on without their indentation, comments between them are none, quotes are taken off`() throws {
        let draft = read(
            "uris = ldap://127.0.0.1\nbase = dc=example,dc=org\ndnpass = \"a # b\"\ndn = cn=x # comment\npass_attrs = uid=user,\\\n# comment\n  userPassword=password\n"
        )
        #expect(draft.errors == [])
        #expect(draft.model.accounts.passwords.first?.attributes?.value == "uid=user,userPassword=password")
        #expect(draft.model.accounts.passwords.first?.attributes?.location.line == 5)
        guard case .simple(let name, let password, _)? = draft.servers?.bind else {
            Issue.record("it binds")
            return
        }
        #expect(name.value == "cn=x")
        #expect(password.value.bytes == Array("a # b".utf8))
    }

    @Test func `a search, then a bind; aliases; one level`() throws {
        let draft = read(
            "uris = ldaps://ldap\nbase = dc=example,dc=org\nauth_bind = yes\nscope = onelevel\nderef = always\npass_filter = (mail=%u)\n"
        )
        let passwords = try #require(draft.model.accounts.passwords.first)
        #expect(passwords.check.value == .searchThenBind)
        #expect(passwords.scope?.value == "one" && passwords.dereference?.value == "always")
        #expect(draft.servers?.tls.verifies == true)
    }

    @Test func `a login that the user database does not find is a difference, or is kept`() {
        let basic =
            "uris = ldapi:///\nbase = dc=example,dc=org\npass_attrs = uid=user,userPassword=password\npass_filter = (mail=%u)\nuser_filter = (mail=%u)\n"
        #expect(read(basic).fate("renamed-logins") == .difference(.renamedLogins))
        #expect(read(basic, keeping: [.renamedLogins]).fate("renamed-logins") == .used)
        #expect(read(basic.replacing("user_filter = (mail", with: "user_filter = (uid")).fate("renamed-logins") == nil)
        let activeDirectory = basic.replacing("uid=user,userPassword=password", with: "sAMAccountName=user")
        #expect(read(activeDirectory).fate("unreadable-passwords") == .difference(.unreadablePasswords))
    }

    @Test(arguments: [
        ("usr_filter = (uid=%u)", "usr_filter"), ("pass_filter = ((uid=%u)", "pass_filter"),
        ("pass_filter =", "pass_filter"),
        ("pass_attrs = uid=user,=x", "pass_attrs"), ("scope = deep", "scope"), ("deref = maybe", "deref"),
        ("tls_require_cert = perhaps", "tls_require_cert"), ("auth_bind = perhaps", "auth_bind"), ("base", "base"),
        ("user_filter = (uid=%z)", "user_filter"), ("uris = http://x", "http://x"),
    ])
    func `a fault is told with file, line and remedy`(line: String, word: String) {
        let draft = read("uris = ldap://127.0.0.1\nbase = dc=example,dc=org\n\(line)\n")
        let fault = draft.faults.first { $0.severity == .error && $0.location.line == 3 }
        #expect(fault?.problem.contains(word) == true)
        #expect(fault?.remedy.isEmpty == false)
    }

    @Test func `a certificate that nobody looks at, and a password in the clear, are weak`() {
        let blind = read("uris = ldaps://ldap.example.org\nbase = dc=x\ntls_require_cert = never\n")
        #expect(blind.fate("LDAP certificate check") == .weak)
        #expect(blind.servers?.tls.verifies == false)
        #expect(read("uris = ldap://ldap.example.org\nbase = dc=x\n").fate("LDAP without TLS") == .weak)
        #expect(read("uris = ldap://localhost\nbase = dc=x\n").fate("LDAP without TLS") == nil)
    }

    @Test func `namespaces of others, and more than one INBOX`() {
        let draft = ProgramFiles([
            "/etc/dovecot/dovecot.conf": """
            mail_location = maildir:~/Maildir
            namespace {
              inbox = yes
              separator = /
              list = children
            }
            namespace {
              type = shared
              prefix = shared/%%u/
              separator = /
              location = maildir:%%h/Maildir:INDEX=~/shared/%%u
              subscriptions = no
            }
            namespace second {
              inbox = yes
              special = x
            }

            """
        ]).dovecot()
        let namespaces = draft.model.accounts.namespaces
        #expect(namespaces.map(\.kind.value) == [.personal, .shared, .personal])
        #expect(namespaces[0].list?.value == "children" && !namespaces[1].keepsSubscriptions)
        #expect(namespaces[1].mailLocation?.value == "maildir:%%h/Maildir:INDEX=~/shared/%%u")
        #expect(draft.errors.contains { $0.contains("two namespaces hold INBOX") })
        #expect(draft.errors.contains { $0.contains("dovecot.conf:16: error: namespace/second/special") })
        // Where others' mailboxes lie their accounts say.
        #expect(draft.fate("namespace/prefix") == .used && draft.fate("namespace/location") == .ignored)
        #expect(draft.fate("namespace/separator") == .used)
        #expect(draft.fate("namespace/list") == .ignored)
    }

    @Test(arguments: [
        ("plain", ["PLAIN"], ImportReport.Fate.used), ("login plain", ["LOGIN", "PLAIN"], .used),
        ("", ["PLAIN"], .used),
        ("plain cram-md5", ["PLAIN"], .used), ("plain gssapi", ["PLAIN"], .unsupported(.login)),
        ("cram-md5 digest-md5", ["PLAIN"], .unsupported(.login)),
    ])
    func `mechanisms are those of the list; none of them stops the start`(
        list: String, offered: [String], fate: ImportReport.Fate
    ) {
        let draft = ProgramFiles([
            "/etc/dovecot/dovecot.conf": "mail_location = maildir:~/Maildir\nauth_mechanisms = \(list)\n"
        ]).dovecot()
        #expect(draft.model.accounts.mechanisms.map(\.value) == offered)
        #expect(draft.fate("auth_mechanisms") == fate)
    }
}
