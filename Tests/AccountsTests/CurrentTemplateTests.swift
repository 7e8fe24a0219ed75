import Accounts
import LDAP
import Testing

/// The notation of Dovecot 2.4, and the functions of 2.3.
struct CurrentTemplateTests {
    static let entry = LDAPEntry.person("uid=bob,dc=example,dc=org", [("uid", ["bob"]), ("quota", ["10M"])])

    @Test(arguments: [
        ("%{user}", "Bob@Example.org"), ("%{user | lower}", "bob@example.org"), ("%{user | username}", "Bob"),
        ("%{user | domain | upper}", "EXAMPLE.ORG"), ("100% %d", "100% %d"), ("%%{user}", "%{user}"),
        ("%{ldap:uid}", "bob"), ("%{ldap:none | default('x y')}", "x y"), ("%{ldap:quota|default('1M')}", "10M"),
        ("%{ldap:dn}", "uid=bob,dc=example,dc=org"), ("%{user | substr(0, 1)}", "B"), ("%{user | substr(-3)}", "org"),
        ("%{user | substr(0, -4)}", "Bob@Example"), ("%{user | domain | ldap_dn}", "dc=Example,dc=org"),
        ("%{concat('/var/mail/', user)}", "/var/mail/Bob@Example.org"), ("%{literal('\\n\\'')}", "\n'"),
        ("%{user | username | md5 | hexlify}", "2fc1c0beb992cd7096975cfebf9d5c3b"),
        ("%{if(user, 'eq', 'x', 'yes', 'no')}", "no"), ("%{env:HOME_ROOT}/x", "/srv/x"), ("%{service}", "imap"),
    ])
    func `variables and filters`(text: String, expected: String) throws {
        var variables = LoginVariables(user: Array("Bob@Example.org".utf8), service: "imap")
        variables.environment = ["HOME_ROOT": "/srv"]
        let rendered = try Template(current: text, for: .entry).render(variables, EntryValues(Self.entry))
        #expect(String(decoding: rendered, as: UTF8.self) == expected)
    }

    @Test(arguments: [
        "%{user", "%{}", "%{user | nosuch}", "%{nosuch}", "%{user | substr}", "%{user | substr('x')}", "%{password}",
        "%{concat('a}", "%{user | md5(rounds=0)}", "%{user | md5(rounds=99999999)}", "%{if(user,'~','x','y','z')}",
    ])
    func `what means nothing is refused`(text: String) {
        #expect(throws: TemplateSyntaxError.self) { try Template(current: text, for: .entry) }
    }

    @Test func `an entry is read only where there is one`() {
        #expect(throws: TemplateSyntaxError.self) { try Template(current: "%{ldap:uid}", for: .beforeLookup) }
    }
}
