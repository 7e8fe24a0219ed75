import Dialects
import Directory
import SiteConfiguration
import Testing

@Suite struct SaslauthdImportTests {
    private let container = """
        ldap_servers: ldap.example.org

        ldap_auth_method: bind
        ldap_bind_dn: cn=mailserver,dc=example,dc=org
        ldap_bind_pw: pass1234

        ldap_search_base: ou=users,dc=example,dc=org
        ldap_filter: (&(uid=%U)(objectClass=inetOrgPerson))

        ldap_start_tls: yes
        ldap_tls_check_peer: no

        ldap_referrals: yes
        log_level: 10

        """

    private func read(_ files: [String: String], _ path: String = "/etc") -> SiteDraft {
        var draft = ProgramFiles(files).draft()
        SaslauthdImport.read(path, into: &draft)
        return draft
    }

    @Test func `the LDAP mechanism as docker-mailserver writes it`() throws {
        let draft = read(["/etc/saslauthd.conf": container])
        #expect(draft.errors == [])
        let service = try #require(draft.saslauthd)
        let database = try #require(service.passwords.first)
        #expect(service.passwords.count == 1)
        #expect(database.check.value == .saslauthd)
        let lookup = try #require(database.saslauthd)
        #expect(lookup.method.value == .bind)
        #expect(lookup.filter.value == "(&(uid=%U)(objectClass=inetOrgPerson))")
        #expect(lookup.filter.location.description == "/etc/saslauthd.conf:8")
        #expect(lookup.base?.value == "ou=users,dc=example,dc=org")
        #expect(!lookup.joinsRealm && !service.joinsRealm)
        let servers = try #require(draft.servers)
        #expect(servers.urls.map(\.value) == ["ldap://ldap.example.org"])
        #expect(servers.startTLS && !servers.tls.verifies)
        #expect(servers.operationTimeout == .seconds(5))
        #expect(draft.fate("LDAP certificate check") == .weak)
        #expect(draft.warnings.count == 1)
        #expect(!draft.report.entries.contains { $0.value.contains("pass1234") })
        // Every key once.
        for key in [
            "ldap_servers", "ldap_auth_method", "ldap_bind_dn", "ldap_bind_pw", "ldap_search_base", "ldap_filter",
            "ldap_start_tls", "ldap_tls_check_peer", "ldap_referrals", "log_level",
        ] {
            #expect(draft.entries(key).count == 1, "\(key)")
        }
    }

    @Test func `the defaults are saslauthd's own`() throws {
        let draft = read(["/etc/saslauthd.conf": "ldap_search_base: dc=example,dc=org\n"])
        let lookup = try #require(draft.saslauthd?.passwords.first?.saslauthd)
        #expect(lookup.filter.value == "uid=%u" && lookup.method.value == .bind)
        #expect(draft.servers?.urls.map(\.value) == ["ldap://localhost/"])
        #expect(draft.servers?.tls.verifies == false)
    }

    @Test func `fastbind, custom and membership of a group`() throws {
        let custom = read([
            "/etc/saslauthd.conf": """
            LDAP_AUTH_METHOD: custom
            ldap_password_attr: sambaPassword
            ldap_scope: one
            ldap_default_realm: example.org
            ldap_group_dn: cn=mail,dc=example,dc=org
            ldap_group_attr: member
            ldap_group_match_method: filter
            ldap_group_filter: (member=%D)
            """
        ])
        let lookup = try #require(custom.saslauthd?.passwords.first?.saslauthd)
        #expect(custom.errors == [])
        #expect(lookup.method.value == .custom && lookup.passwordAttribute?.value == "sambaPassword")
        #expect(lookup.scope?.value == "one" && lookup.defaultRealm?.value == "example.org")
        #expect(lookup.groupMatch?.value == .filter && lookup.groupFilter?.value == "(member=%D)")
        let fast = read(["/etc/saslauthd.conf": "ldap_auth_method: fastbind\nldap_filter: uid=%u,dc=example,dc=org\n"])
        #expect(fast.errors == [])
        #expect(fast.saslauthd?.passwords.first?.saslauthd?.method.value == .fastbind)
    }

    @Test func `Debian's start file names mechanism, options and socket`() throws {
        let draft = read(
            [
                "/etc/default/saslauthd": """
                START=yes
                MECHANISMS="ldap"
                MECH_OPTIONS="/etc/sasl/ldap.conf"
                OPTIONS="-c -r -m /var/spool/postfix/var/run/saslauthd"

                """,
                "/etc/sasl/ldap.conf": container,
            ], "/etc/default/saslauthd")
        #expect(draft.errors == [])
        #expect(draft.saslauthd?.joinsRealm == true)
        #expect(draft.saslauthd?.passwords.first?.saslauthd?.joinsRealm == true)
        #expect(draft.saslauthd?.socket?.value == "/var/spool/postfix/var/run/saslauthd")
    }

    @Test func `rimap to the Dovecot of the same import is that Dovecot`() throws {
        var files = DovecotSites.container
        files["/etc/default/saslauthd"] = "MECHANISMS=rimap\nMECH_OPTIONS=127.0.0.1\nOPTIONS=-r\n"
        var draft = ProgramFiles(files).dovecot()
        SaslauthdImport.read("/etc/default/saslauthd", into: &draft)
        #expect(draft.saslauthd?.passwords.first?.check.value == .hash)
        #expect(draft.saslauthd?.joinsRealm == true)
    }

    @Test func `rimap to another server asks that server`() throws {
        let draft = read(["/etc/default/saslauthd": "MECHANISMS=rimap\nMECH_OPTIONS=imap.example.org/1143\n"])
        #expect(draft.saslauthd?.passwords.first?.service?.value == "imap:imap.example.org:1143")
        #expect(draft.fate("rimap") == .weak)
    }

    @Test(arguments: ["pam", "shadow", "sasldb", "kerberos5", "getpwent", "httpform"])
    func `other mechanisms stop the start`(mechanism: String) {
        let draft = read(["/etc/default/saslauthd": "MECHANISMS=\(mechanism)\n"])
        #expect(draft.saslauthd == nil)
        #expect(draft.refused == ["saslauthd -a"])
    }

    @Test func `each line damaged gives a fault with its place, or a service`() {
        let lines = container.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for index in lines.indices {
            for damage in DamagedLine.all {
                var damaged = lines
                damaged[index] = damage(damaged[index])
                let draft = read(["/etc/saslauthd.conf": damaged.joined(separator: "\n")])
                #expect(!draft.said.contains("pass1234"))
                #expect(draft.saslauthd != nil || draft.faults.contains { $0.location.file == "/etc/saslauthd.conf" })
                #expect(draft.faults.allSatisfy { !$0.problem.isEmpty })
            }
        }
    }
}

/// Ways in which a line of a configuration gets damaged.
enum DamagedLine {
    static let all: [@Sendable (String) -> String] = [
        { _ in "" }, { String($0.dropFirst()) }, { String($0.dropLast()) }, { String($0.prefix($0.count / 2)) },
        { $0 + $0 }, { $0.replacing("=", with: "") }, { $0.replacing(":", with: "") }, { $0 + " \\" }, { "}" + $0 },
        { $0 + "{" }, { $0.replacing("(", with: "") }, { $0 + "%" }, { $0 + "\"" }, { $0.uppercased() },
        { "\u{0}\u{1}" + $0 + "\u{FF}" }, { $0.replacing("{", with: "") }, { $0.replacing("}", with: "{") },
        { $0 + String(repeating: "(", count: 5000) }, { $0.replacing("%u", with: "%{") }, { $0 + "\n!include *" },
    ]
}
