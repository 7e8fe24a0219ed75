import Accounts
import Directory
import LDAP
import Passwords
import PostroomTesting
import Testing

/// What saslauthd answered, and how all users are listed.
struct SaslauthdTests {
    /// The recorded rows: configuration, user, password, realm, answer.
    static let recorded:
        [(filter: String, isGlued: Bool, user: String, password: String, realm: String, isAccepted: Bool)] = [
            (Self.byMail, false, "alice", "alicepw1", "", true),
            (Self.byMail, false, "alice@example.org", "alicepw1", "", true),
            (Self.byMail, false, "alice", "alicepw1", "example.net", true),
            (Self.byMail, false, "alice", "bad", "", false),
            (Self.byMail, true, "alice", "alicepw1", "other.example", true),
            (Self.byUser, false, "carol", "carolpw1", "", false),
            (Self.byUser, false, "alice", "alicepw1", "example.org", true),
            (Self.byUser, false, "alice@example.org", "alicepw1", "", false),
            (Self.byUser, true, "alice", "alicepw1", "example.org", false),
        ]
    static let byMail = "mail=%U@example.org"
    static let byUser = "(&(uniqueIdentifier=%u)(mailEnabled=TRUE))"

    private func check(_ source: any DirectorySource) async throws {
        for row in Self.recorded {
            let filter = try SaslauthdFilter(row.filter)
            for method in [
                SaslauthdLookup.Method.bind(filter),
                .custom(filter, attribute: "userPassword", Site.checker(.plain)),
            ] {
                let lookup = SaslauthdLookup(
                    source: source, method: method, base: try SaslauthdName("dc=example,dc=org"),
                    arrival: row.isGlued ? .glued : .parted)
                let names = lookup.names(user: Array(row.user.utf8), realm: Array(row.realm.utf8), service: "smtp")
                let (verdict, _) = await lookup.check(names, password: Array(row.password.utf8))
                #expect(verdict == (row.isAccepted ? .accepted : .rejected), "\(row)")
            }
        }
    }

    private func list(_ source: any DirectorySource, _ attributes: String) async throws -> [String] {
        let lookup = EntryLookup(
            source: source, base: try NameTemplate("dc=example,dc=org"),
            filter: try FilterTemplate("(objectClass=PostfixBookMailAccount)"),
            mapping: try AttributeMapping(attributes))
        let accounts = DirectoryAccounts(
            AccountsOptions(userDatabases: [UserDatabase(method: .search(lookup), iteration: lookup)]))
        return try #require(await accounts.users().outcome.found).map { String(decoding: $0, as: UTF8.self) }
    }

    private func lists(_ source: any DirectorySource) async throws {
        let byMail = try await list(source, "mail=user")
        #expect(
            byMail.joined(separator: " ")
                == "alice@example.org bob@example.org carol@example.org juergen@example.net admin@example.org noreply@example.org multi@example.org multi.two@example.net paul.o'neil@example.org plus@example.org mixed@example.org"
        )
        let names = try await list(source, "uniqueIdentifier=user")
        #expect(
            names == ["alice", "bob", "carol", "jweiss", "root.admin", "noreply", "multi", "paul", "plus", "zmixed"])
    }

    @Test func `recorded answers, from the LDIF file`() async throws {
        let source = try LDIFConformanceTests.source(.dmsLDAP)
        try await check(source)
        try await lists(source)
    }

    @Test func `recorded answers, from slapd`() async throws {
        try await Slapd.withServer(.dmsLDAP) { slapd in
            let source = LDAPServers(
                try LDAPClient(
                    LDAPClientConfiguration(
                        servers: [try LDAPURL(parsing: slapd.url)],
                        identity: .simple(name: slapd.bindDN, password: LDAPPassword(slapd.bindPassword)))))
            try await check(source)
            try await lists(source)
            await source.shutDown()
        }
    }
}
