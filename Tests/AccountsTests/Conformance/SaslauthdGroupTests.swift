import Accounts
import Directory
import Foundation
import LDAP
import MailModel
import PostroomTesting
import Testing

/// fastbind and groups: what a running saslauthd answers, and we.
struct SaslauthdGroupTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        /// saslauthd.conf, without servers and identity.
        var text: String
        var method: @Sendable (any DirectorySource) throws -> SaslauthdLookup
        var testDescription: String { name }
    }

    private static let base = "ou=people,dc=example,dc=org"

    static let cases = [
        Case(name: "fastbind", text: "ldap_auth_method: fastbind\nldap_filter: uid=%u,\(base)") {
            SaslauthdLookup(
                source: $0, method: .fastbind(try SaslauthdName("uid=%u,\(base)")), base: try SaslauthdName(base))
        },
        Case(
            name: "a group's attribute",
            text: """
                ldap_search_base: \(base)
                ldap_filter: uid=%U
                ldap_group_dn: cn=hr,ou=groups,dc=example,dc=org
                ldap_group_attr: member
                """
        ) {
            SaslauthdLookup(
                source: $0, method: .bind(try SaslauthdFilter("uid=%U")), base: try SaslauthdName(base),
                group: .attribute(try SaslauthdName("cn=hr,ou=groups,dc=example,dc=org"), attribute: "member"))
        },
        Case(
            name: "a group that is not there",
            text: """
                ldap_search_base: \(base)
                ldap_filter: uid=%U
                ldap_group_dn: cn=none,ou=groups,dc=example,dc=org
                ldap_group_attr: member
                """
        ) {
            SaslauthdLookup(
                source: $0, method: .bind(try SaslauthdFilter("uid=%U")), base: try SaslauthdName(base),
                group: .attribute(try SaslauthdName("cn=none,ou=groups,dc=example,dc=org"), attribute: "member"))
        },
        Case(
            name: "a search for groups",
            text: """
                ldap_search_base: \(base)
                ldap_filter: uid=%U
                ldap_group_match_method: filter
                ldap_group_search_base: ou=groups,dc=example,dc=org
                ldap_group_filter: (&(cn=hr)(member=%D))
                """
        ) {
            SaslauthdLookup(
                source: $0, method: .bind(try SaslauthdFilter("uid=%U")), base: try SaslauthdName(base),
                group: .filter(
                    try SaslauthdFilter("(&(cn=hr)(member=%D))"),
                    base: try SaslauthdName("ou=groups,dc=example,dc=org"), scope: .sub))
        },
        Case(
            name: "fastbind and a group",
            text: """
                ldap_auth_method: fastbind
                ldap_filter: uid=%u,\(base)
                ldap_group_dn: cn=hr,ou=groups,dc=example,dc=org
                ldap_group_attr: member
                """
        ) {
            SaslauthdLookup(
                source: $0, method: .fastbind(try SaslauthdName("uid=%u,\(base)")), base: try SaslauthdName(base),
                group: .attribute(try SaslauthdName("cn=hr,ou=groups,dc=example,dc=org"), attribute: "member"))
        },
    ]

    /// User, password, and who is in which group: alice is in `hr`, root.admin in `admin`, carol in none.
    static let logins = [
        ("alice", "alicepw1"), ("alice", "wrong"), ("carol", "carolpw1"), ("root.admin", "adminpw1"), ("nosuch", "x"),
        ("ali*", "alicepw1"), ("alice,ou=people", "alicepw1"), ("alice)(uid=*", "alicepw1"), ("a\\lice", "alicepw1"),
        ("ALICE", "alicepw1"), ("alice@example.org", "alicepw1"), (" alice", "alicepw1"), ("jürgen", "x"),
    ]

    @Test(arguments: cases)
    func `whoever binds must be in the group too, as saslauthd has it`(example: Case) async throws {
        try await Slapd.withServer(.dmsLDAP) { slapd in
            let folder = try TemporaryFolder("saslauthd")
            let file = try folder.write(
                """
                ldap_servers: \(slapd.url)/
                ldap_bind_dn: \(slapd.bindDN)
                ldap_password: \(slapd.bindPassword)
                \(example.text)

                """, to: "saslauthd.conf")
            let source = LDAPServers(
                try LDAPClient(
                    LDAPClientConfiguration(
                        servers: [try LDAPURL(parsing: slapd.url)],
                        identity: .simple(name: slapd.bindDN, password: LDAPPassword(slapd.bindPassword)))))
            let lookup = try example.method(source)
            try await Saslauthd.withServer(["-a", "ldap", "-O", file], in: folder) { socket in
                let client = SaslauthdClient(path: socket)
                for (user, password) in Self.logins {
                    let question = PasswordQuestion(
                        login: Array(user.utf8), password: Secret(password), service: "smtp")
                    let theirs: Bool
                    switch await client.check(question) {
                    case .accepted: theirs = true
                    case .rejected: theirs = false
                    case .unavailable(let reason):
                        Issue.record("\(reason)")
                        continue
                    }
                    let names = lookup.names(user: Array(user.utf8), realm: [], service: "smtp")
                    let ours = await lookup.check(names, password: Array(password.utf8)).verdict
                    #expect(ours == (theirs ? .accepted : .rejected), "\(user) \(password)")
                }
            }
            await source.shutDown()
        }
    }

    @Test func `who is in two of the groups that a search finds is in, though saslauthd would refuse for their number`()
        async throws
    {
        let lookup = SaslauthdLookup(
            source: try LDIFConformanceTests.source(.dmsLDAP), method: .bind(try SaslauthdFilter("uid=%U")),
            base: try SaslauthdName(Self.base),
            group: .filter(
                try SaslauthdFilter("(&(objectClass=groupOfNames)(member=%D))"),
                base: try SaslauthdName("ou=groups,dc=example,dc=org"), scope: .sub))
        for (user, password, isIn) in [("alice", "alicepw1", true), ("carol", "carolpw1", false)] {
            let names = lookup.names(user: Array(user.utf8), realm: [], service: "smtp")
            let verdict = await lookup.check(names, password: Array(password.utf8)).verdict
            #expect(verdict == (isIn ? .accepted : .rejected), "\(user)")
        }
    }
}
