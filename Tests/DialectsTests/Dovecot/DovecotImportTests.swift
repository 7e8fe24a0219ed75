import Dialects
import Directory
import SiteConfiguration
import Testing

@Suite struct DovecotImportTests {
    @Test func `several domains: passwords by bind, users by search, IMAPS alone`() throws {
        let draft = ProgramFiles(DovecotSites.severalDomains).dovecot()
        #expect(draft.errors == [])
        #expect(draft.refused == [])
        let accounts = draft.model.accounts
        let passwords = try #require(accounts.passwords.first)
        #expect(passwords.check.value == .bind)
        #expect(passwords.dn?.value == "uid=%u,ou=Mail,dc=example,dc=com")
        #expect(passwords.dn?.location.description == "/etc/dovecot/dovecot-ldap.conf.ext:9")
        let users = try #require(accounts.users.first)
        #expect(users.filter?.value == "(&(objectClass=posixAccount)(uid=%u))")
        #expect(users.base?.value == "ou=Mail,dc=example,dc=com")
        #expect(users.scope?.value == "sub")
        #expect(users.attributes.value == "homeDirectory=home,uidNumber=uid,gidNumber=gid")
        #expect(accounts.mailLocation?.value == "maildir:~/mailbox")
        #expect(accounts.minimumUID?.value == 500)
        #expect(accounts.mechanisms.map(\.value) == ["PLAIN"])

        let servers = try #require(draft.servers)
        #expect(draft.model.directories.count == 1)
        #expect(servers.urls.map(\.value) == ["ldap://ldap.example.com"])
        #expect(servers.startTLS && servers.tls.verifies)
        #expect(servers.tls.caFile?.value == "/etc/ldap/tls/CA.pem")

        let listener = try #require(draft.model.listeners.first)
        #expect(draft.model.listeners.count == 1)
        #expect(listener.kind == .imaps && listener.port == 993 && listener.host.value == "*")
        #expect(listener.mailboxes.authentication?.value == .underTLS)
        #expect(draft.model.tls.certificate?.value == "/etc/dovecot/tls/server.crt")
        #expect(draft.dovecot?.authSockets.first?.value == "/var/spool/postfix/private/auth")
        #expect(draft.dovecot?.imapAddresses.isEmpty == true)

        let namespace = try #require(accounts.namespaces.first)
        #expect(accounts.namespaces.count == 1)
        #expect(namespace.isInbox)
        #expect(namespace.mailboxes.map(\.name.value) == ["Drafts", "Trash"])
        #expect(namespace.mailboxes.last?.creation == .subscribe)
        #expect(namespace.mailboxes.last?.specialUses.map(\.value) == ["\\Trash"])
    }

    @Test func `mbox in a spool`() throws {
        var files = DovecotSites.spool
        files["/etc/dovecot/dovecot.conf"] = files["/etc/dovecot/dovecot.conf"]?
            .replacing("protocols = imap imaps", with: "protocols = imap").replacing(
                "ssl_disable = yes", with: "ssl = no")
        let draft = ProgramFiles(files).dovecot()
        #expect(draft.errors == [])
        #expect(
            draft.model.accounts.mailLocation?.value
                == "mbox:/var/spool/mail/virtual/PragyanMail/%u:INBOX=/var/spool/mail/virtual/%u")
        #expect(draft.refused == [])
        #expect(draft.model.store.roots.map(\.value) == ["/var/spool/mail/virtual"])
        let passwords = try #require(draft.model.accounts.passwords.first)
        #expect(passwords.check.value == .hash)
        #expect(passwords.defaultScheme?.value == "PLAIN")
        let users = try #require(draft.model.accounts.users.first)
        #expect(users.driver == .fixed && !users.allowsAllUsers)
        #expect(users.attributes.value == "=uid=700,=gid=700,=home=/var/spool/mail/virtual/PragyanMail/%u")
        #expect(draft.model.accounts.minimumUID?.value == 100)
        #expect(draft.model.listeners.map(\.kind) == [.imap])
        #expect(draft.model.listeners.first?.mailboxes.tls?.value == SMTPListenerModel.TLSLevel.none)
        #expect(draft.model.listeners.first?.mailboxes.authentication?.value == .always)
        #expect(draft.fate("disable_plaintext_auth") == .weak)
    }

    @Test func `what docker-mailserver writes`() throws {
        let draft = ProgramFiles(DovecotSites.container).dovecot()
        #expect(draft.errors == [])
        #expect(draft.refused == [])
        let accounts = draft.model.accounts
        #expect(
            accounts.passwords.first?.filter?.value == "(&(objectClass=PostfixBookMailAccount)(uniqueIdentifier=%n))")
        #expect(accounts.passwords.first?.attributes?.value == "uniqueIdentifier=user,userPassword=password")
        #expect(accounts.passwords.first?.chain.mechanisms.map(\.value) == ["PLAIN", "LOGIN"])
        #expect(accounts.users.first?.chain.defaultFields?.value == "uid=docker gid=docker home=/var/mail/%d/%u/home/")
        #expect(accounts.home?.value == "/var/mail/%d/%n/home/")
        #expect(accounts.quotaRules.map(\.value) == ["*:storage=1G", "Trash:storage=+50M"])
        #expect(accounts.quota.grace?.value == "10%" && accounts.quota.fullMailbox?.value == .refuse)
        #expect(draft.model.store.roots.map(\.value) == ["/var/mail"])
        #expect(draft.dovecot?.lmtpSockets.map(\.value).contains("/run/dovecot/lmtp") == true)
        #expect(draft.dovecot?.authSockets.map(\.value).contains("/dev/shm/sasl-auth.sock") == true)
        #expect(draft.dovecot?.imapAddresses.map(\.value) == ["*:143"])
        #expect(draft.fate("LDAP without TLS") == .weak)
        #expect(draft.fate("plugin/sieve") == .missingFilter)
        #expect(draft.fate("protocol/lmtp/mail_plugins") == .missingFilter)
        #expect(!draft.report.entries.contains { $0.value.contains("pass1234") })
    }

    @Test func `the syntax of 2.4 gives the same kind of model`() throws {
        let draft = ProgramFiles(DovecotSites.version24).dovecot()
        #expect(draft.errors == [])
        #expect(draft.refused == [])
        let accounts = draft.model.accounts
        #expect(accounts.variables.value == .pipes)
        let passwords = try #require(accounts.passwords.first)
        #expect(passwords.check.value == .searchThenBind)
        #expect(passwords.filter?.value == "(&(objectClass=posixAccount)(mail=%{user}))")
        #expect(passwords.attributes?.value == "")
        #expect(passwords.fields.map { "\($0.name) \($0.template.value)" } == ["user %{ldap:uid}"])
        #expect(passwords.fields.first?.template.location.line == 29)
        let users = try #require(accounts.users.first)
        #expect(
            users.fields.map { "\($0.name) \($0.template.value)" } == [
                "home %{ldap:homeDirectory}", "uid %{ldap:uidNumber | default(5000)}",
            ])
        #expect(users.iterateAttributes?.value == "=user=%{ldap:uid}")
        #expect(accounts.mailLocation?.value == "maildir:~/Maildir:CONTROL=/var/control/%{user}")
        #expect(accounts.quotaRules.map(\.value) == ["*:bytes=1G"])
        #expect(accounts.uid?.value == "vmail")
        #expect(draft.servers?.urls.map(\.value) == ["ldaps://ldap.example.org"])
        #expect(draft.model.tls.certificate?.value == "/etc/dovecot/server.crt")
        #expect(draft.model.listeners.map(\.kind) == [.imap, .imaps, .lmtp])
        #expect(draft.model.listeners.first?.mailboxes.tls?.value == .encrypt)
    }

    @Test(arguments: ["sql", "pam", "passwd", "lua", "checkpassword", "oauth2", "imap", "vpopmail", "dict"])
    func `a database of another kind stops the start and is told once`(driver: String) {
        let draft = ProgramFiles([
            "/etc/dovecot/dovecot.conf": """
            mail_location = maildir:/var/mail/%u
            passdb {
              driver = \(driver)
              args = whatever
            }

            """
        ]).dovecot()
        #expect(draft.refused == ["passdb"])
        #expect(draft.report.refusals(accepting: []).first?.location.description == "/etc/dovecot/dovecot.conf:2")
    }

    @Test func `static and passwd-file databases, chains and master users`() throws {
        let draft = ProgramFiles([
            "/etc/dovecot/dovecot.conf": """
            mail_location = maildir:/var/mail/%u
            auth_master_user_separator = *
            auth_default_realm = example.org
            passdb {
              driver = passwd-file
              args = scheme=ssha512 username_format=%n /etc/dovecot/masters
              master = yes
              pass = yes
              result_success = continue
            }
            passdb {
              driver = static
              args = proxy=y host=10.0.0.1 nopassword=y allow_nets=10.0.0.0/8,::1
              skip = authenticated
              deny = no
            }
            userdb {
              driver = prefetch
            }
            userdb {
              driver = static
              args = uid=5000 gid=5000 home=/srv/mail/%d/%n allow_all_users=yes
              override_fields = home=/srv/mail/%d/%n
            }

            """,
            "/etc/dovecot/masters": "admin:{PLAIN}x\n",
        ]).dovecot()
        #expect(draft.errors == [])
        let (passwords, users) = (draft.model.accounts.passwords, draft.model.accounts.users)
        #expect(passwords.map(\.check.value) == [.passwdFile, .fixed])
        #expect(passwords[0].file?.path.value == "/etc/dovecot/masters")
        #expect(passwords[0].file?.usernameFormat?.value == "%n")
        #expect(passwords[0].defaultScheme?.value == "SSHA512")
        #expect(passwords[0].chain.isMaster && passwords[0].chain.passes)
        #expect(passwords[0].chain.success?.value == "continue")
        #expect(passwords[1].attributes?.value == "=proxy=y,=host=10.0.0.1,=nopassword=y")
        #expect(passwords[1].fields.map(\.template.value) == ["10.0.0.0/8,::1"])
        #expect(passwords[1].chain.skip?.value == "authenticated")
        #expect(users.map(\.driver) == [.prefetch, .fixed])
        #expect(users[1].allowsAllUsers)
        #expect(Set(draft.model.store.roots.map(\.value)) == ["/var/mail", "/srv/mail"])
        #expect(draft.model.accounts.masterSeparator?.value == "*")
        #expect(draft.model.accounts.defaultDomain?.value == "example.org")
        #expect(draft.fate("passdb static") == .weak)
    }

    @Test func `each setting that is set is told exactly once`() {
        for files in [DovecotSites.severalDomains, DovecotSites.container, DovecotSites.version24] {
            let draft = ProgramFiles(files).dovecot()
            for (path, text) in files where path.contains("conf") {
                for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                    guard line.contains(" = "), !line.contains("#") else { continue }
                    let key = line.split(separator: "=")[0].split(separator: " ").last.map(String.init) ?? ""
                    let told = draft.report.entries.filter {
                        $0.location.file == path && $0.location.line == number + 1
                            && ($0.setting == key || $0.setting.hasSuffix("/\(key)"))
                    }
                    #expect(told.count == 1, "\(path):\(number + 1): \(line) is told \(told.count) times")
                }
            }
        }
    }

    @Test func `a misspelt setting is refused as Dovecot refuses it, with its place`() {
        let draft = ProgramFiles(["/etc/dovecot/dovecot.conf": "mail_locatoin = maildir:~/Maildir\n"]).dovecot()
        #expect(draft.errors.contains { $0.hasPrefix("/etc/dovecot/dovecot.conf:1: error: mail_locatoin") })
    }

    @Test func `a template that can't be understood is told where it stands`() {
        var files = DovecotSites.container
        files["/etc/dovecot/dovecot-ldap.conf.ext"] = files["/etc/dovecot/dovecot-ldap.conf.ext"]?
            .replacing("(uniqueIdentifier=%n))\nuser_attrs", with: "(uniqueIdentifier=%{nobody}))\nuser_attrs")
            .replacing("base = ou", with: "base = =ou")
        let draft = ProgramFiles(files).dovecot()
        #expect(draft.errors.contains { $0.hasPrefix("/etc/dovecot/dovecot-ldap.conf.ext:1: error: base") })
    }

    @Test func `settings for some connections only are not passed over`() {
        let draft = ProgramFiles([
            "/etc/dovecot/dovecot.conf": """
            mail_location = maildir:/var/mail/%u
            remote 10.0.0.0/8 {
              disable_plaintext_auth = no
            }
            protocol pop3 {
              ssl = no
            }
            passdb {
              driver = static
              args = password=x
            }

            """
        ]).dovecot()
        #expect(draft.refused == ["remote/10.0.0.0/8/disable_plaintext_auth"])
        #expect(draft.fate("protocol/pop3/ssl") == .ignored)
    }
}
