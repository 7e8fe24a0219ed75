import Accounts
import Dialects
import Directory
import LDAP
import MailModel
import SiteConfiguration
import Testing

@Suite struct CourierImportTests {
    private let authldaprc = """
        LDAP_SERVER\t\tldapserver.example.org
        LDAP_BASEDN\t\tou=Tokelau,o=company
        LDAP_BINDDN\t\tou=System,o=company
        LDAP_BINDPW\t\tldapSystemPassword
        LDAP_FILTER             (AccountStatus=active)
        LDAP_HOMEDIR\t\tmailMessageStore
        LDAP_MAILDIR\t\tmailMessageStore
        LDAP_CRYPTPW\t\tuserPassword

        """

    private func read(
        _ files: [String: String], path: String = "/etc/courier", keeping: [Difference] = []
    ) -> SiteDraft {
        var draft = ProgramFiles(files).draft()
        draft.model.originalBehaviour = keeping.map { Located($0, at: .builtIn) }
        CourierImport.read(path, into: &draft)
        return draft
    }

    @Test func `the qmail schema's document: a login is the mail or the uid of an active account`() throws {
        let draft = read(["/etc/courier/authldaprc": authldaprc])
        #expect(draft.errors == [])
        #expect(draft.hasCourier)
        let passwords = try #require(draft.model.accounts.passwords.first)
        #expect(passwords.check.value == .hash)
        #expect(passwords.filter?.value == "(&(AccountStatus=active)(|(mail=%u)(uid=%u)))")
        #expect(passwords.filter?.location.description == "/etc/courier/authldaprc:5")
        #expect(passwords.attributes?.value == "clearPassword=password={PLAIN}%$,userPassword=password")
        #expect(passwords.severalEntriesAreNobody)
        let users = try #require(draft.model.accounts.users.first)
        #expect(users.attributes.value == "mailMessageStore=home,mailMessageStore=mail=maildir:%$")
        #expect(draft.fate("LDAP_MAIL") == .difference(.loginByUID))
        #expect(draft.servers?.urls.map(\.value) == ["ldap://ldapserver.example.org"])
        guard case .simple(let name, let password, _)? = draft.servers?.bind else {
            Issue.record("it binds")
            return
        }
        #expect(name.value == "ou=System,o=company")
        #expect(password.value.bytes == Array("ldapSystemPassword".utf8))
        #expect(draft.model.accounts.namespaces.first?.prefix?.value == "INBOX.")
        #expect(draft.model.listeners.map(\.name) == ["imap *:143"])
    }

    @Test func `a site may keep to the mail alone`() {
        let draft = read(["/etc/courier/authldaprc": authldaprc], keeping: [.loginByUID])
        #expect(draft.model.accounts.passwords.first?.filter?.value == "(&(AccountStatus=active)(mail=%u))")
    }

    @Test func `every setting of a newer file`() throws {
        let draft = read(
            [
                "/srv/authldaprc": """
                LDAP_URI            ldaps://ldap1.example.org, ldap://ldap2.example.org
                LDAP_PROTOCOL_VERSION 3
                LDAP_BASEDN         o=mail,c=com
                LDAP_BINDDN         cn=administrator,o=mail,c=com
                LDAP_BINDPW         toto
                LDAP_INITBIND       0
                LDAP_TIMEOUT        7
                LDAP_AUTHBIND       1
                LDAP_MAIL           uid
                LDAP_DOMAIN         example.com
                LDAP_GLOB_UID       vmail
                LDAP_GLOB_GID       5000
                LDAP_HOMEDIR        homeDirectory
                LDAP_MAILROOT       /var/mail
                LDAP_MAILDIR        mailbox
                LDAP_MAILDIRQUOTA   quota
                LDAP_CLEARPW
                LDAP_CRYPTPW        userPassword
                LDAP_UID            uidNumber
                LDAP_AUXOPTIONS     shared=sharedgroup
                LDAP_ENUMERATE_FILTER (objectClass=CourierMailAccount)
                LDAP_DEREF          always
                LDAP_TLS            1

                """
            ], path: "/srv/authldaprc")
        #expect(draft.errors == [])
        let passwords = try #require(draft.model.accounts.passwords.first)
        #expect(passwords.check.value == .searchThenBind)
        #expect(passwords.filter?.value == "(uid=%u)")
        #expect(passwords.dereference?.value == "always")
        #expect(passwords.attributes?.value == "userPassword=password")
        let users = try #require(draft.model.accounts.users.first)
        #expect(
            users.attributes.value
                == "homeDirectory=home=%{if;%{ldap:homeDirectory};*;/*;%{ldap:homeDirectory};/var/mail/%{ldap:homeDirectory}},"
                + "mailbox=mail=maildir:%{if;%{ldap:mailbox};*;/*;%{ldap:mailbox};~/%{ldap:mailbox}},uidNumber=uid,quota=quota"
        )
        for (home, maildir, expected) in [
            ("alice", nil, ["/var/mail/alice"]), ("/home/a", "Mail", ["/home/a", "maildir:~/Mail"]),
            ("/home/a", "/srv/a/", ["/home/a", "maildir:/srv/a/"]),
        ] as [(String, String?, [String])] {
            var entry = LDAPEntry(name: "uid=alice", attributes: [LDAPAttribute("homeDirectory", [Array(home.utf8)])])
            if let maildir { entry.attributes.append(LDAPAttribute("mailbox", [Array(maildir.utf8)])) }
            var variables = LoginVariables(user: Array("alice".utf8), service: "imap")
            let fields = try AttributeMapping(users.attributes.value).evaluate(entry, &variables)
            let values = ["home", "mail"].compactMap { fields[$0].map { String(decoding: $0, as: UTF8.self) } }
            #expect(values == expected)
        }
        #expect(users.iterateFilter?.value == "(objectClass=CourierMailAccount)")
        #expect(users.iterateAttributes?.value == "uid=user")
        #expect(draft.model.accounts.defaultDomain?.value == "example.com")
        #expect(draft.model.accounts.uid?.value == "vmail" && draft.model.accounts.gid?.value == "5000")
        #expect(draft.model.store.roots.map(\.value) == ["/var/mail"])
        #expect(draft.servers?.operationTimeout == .seconds(7))
        guard case .anonymous? = draft.servers?.bind else {
            Issue.record("LDAP_INITBIND 0 does not bind")
            return
        }
    }

    @Test func `aliases of the directory become a table`() throws {
        let draft = read([
            "/etc/courier/authldaprc": authldaprc,
            "/etc/courier/ldapaliasrc": """
            LDAP_ALIAS 1
            LDAP_SERVER localhost
            LDAP_BASEDN o=company
            LDAP_MAIL mail
            LDAP_MAILDROP maildrop

            """,
        ])
        #expect(draft.errors == [])
        guard case .ldap(let table)? = draft.model.routing.aliases.first else {
            Issue.record("there is a table")
            return
        }
        #expect(table.filter.value == "(mail=%s)" && table.resultAttributes.map(\.value) == ["maildrop"])
        #expect(draft.model.directories.count == 2)
    }

    @Test func `listeners and TLS of its IMAP server`() throws {
        let draft = read([
            "/etc/courier/authldaprc": authldaprc,
            "/etc/courier/authdaemonrc": "authmodulelist=\"authldap authpam\"\ndaemons=5\n",
            "/etc/courier/imapd": "ADDRESS=0\nPORT=143,127.0.0.1.1143\nIMAP_EMPTYTRASH=Trash:7\n",
            "/etc/courier/imapd-ssl": """
            SSLPORT=993
            SSLADDRESS=192.0.2.1
            IMAPDSSLSTART=YES
            IMAPDSTARTTLS=YES
            IMAP_TLS_REQUIRED=1
            TLS_CERTFILE=/etc/courier/imapd.pem
            TLS_PROTOCOL="TLSv1.1+"

            """,
        ])
        #expect(draft.errors == [])
        #expect(draft.model.listeners.map(\.name) == ["imap *:143", "imap 127.0.0.1:1143", "imaps 192.0.2.1:993"])
        #expect(draft.model.listeners.first?.mailboxes.tls?.value == .encrypt)
        #expect(draft.model.tls.key?.value == "/etc/courier/imapd.pem")
        #expect(draft.model.tls.minimumVersion.value == "1.1")
        #expect(draft.refused == ["authmodulelist"])
        #expect(draft.fate("IMAP_EMPTYTRASH") == .ignored)
    }

    @Test func `listeners of its POP3 server, which names messages in its own way`() throws {
        let draft = read([
            "/etc/courier/authldaprc": authldaprc,
            "/etc/courier/imapd": "IMAPDSTART=NO\n",
            "/etc/courier/pop3d": "ADDRESS=0\nPORT=110\nPOP3DSTART=YES\nPOP3_PROXY=0\nMAXDAEMONS=40\n",
            "/etc/courier/pop3d-ssl": """
            SSLPORT=995
            POP3DSSLSTART=YES
            POP3_STARTTLS=YES
            POP3_TLS_REQUIRED=0
            TLS_CERTFILE=/etc/courier/pop3d.pem

            """,
        ])
        #expect(draft.errors == [])
        #expect(draft.model.listeners.map(\.name) == ["pop3 *:110", "pop3s *:995"])
        #expect(draft.model.listeners.first?.mailboxes.authentication?.value == .always)
        #expect(draft.model.listeners.last?.serverTLS?.certificate?.value == "/etc/courier/pop3d.pem")
        #expect(draft.model.pop3.uniqueIDs?.value == .courier)
        #expect(draft.fate("POP3DSTART") == .used && draft.fate("POP3_TLS_REQUIRED") == .weak)
    }

    @Test func `each line damaged gives a fault with its place, or databases`() {
        let lines = authldaprc.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for index in lines.indices {
            for damage in DamagedLine.all {
                var damaged = lines
                damaged[index] = damage(damaged[index])
                let draft = read(["/etc/courier/authldaprc": damaged.joined(separator: "\n")])
                #expect(!draft.said.contains("ldapSystemPassword"))
                #expect(
                    !draft.model.accounts.passwords.isEmpty
                        || draft.faults.contains { $0.location.file == "/etc/courier/authldaprc" })
            }
        }
    }
}
