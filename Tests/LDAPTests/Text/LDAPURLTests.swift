import LDAP
import Testing

@Suite struct LDAPURLTests {
    @Test(arguments: [
        ("ldap://", LDAPURL(host: "")),
        ("ldap://ldap.example.net", LDAPURL(host: "ldap.example.net")),
        ("ldap://ldap.example.net/", LDAPURL(host: "ldap.example.net")),
        ("LDAPS://ldap.example.net:6360", LDAPURL(scheme: .ldaps, host: "ldap.example.net", port: 6360)),
        (
            "ldap://[2001:db8::7]/c=GB?objectClass?one",
            LDAPURL(host: "2001:db8::7", base: "c=GB", attributes: ["objectClass"], scope: .one)
        ),
        (
            "ldap://ldap1.example.net:6666/o=University%20of%20Michigan,c=US??sub?(cn=Babs%20Jensen)",
            LDAPURL(
                host: "ldap1.example.net", port: 6666, base: "o=University of Michigan,c=US", scope: .sub,
                filter: .equality("cn", bytes("Babs Jensen")))
        ),
        (
            "ldap:///??base??!bindname=cn=Manager%2cdc=example%2cdc=com,e-x",
            LDAPURL(
                host: "", scope: .base,
                extensions: [
                    .init(type: "bindname", value: "cn=Manager,dc=example,dc=com", isCritical: true),
                    .init(type: "e-x"),
                ])
        ),
        ("ldapi://%2Frun%2Fslapd%2Fldapi", LDAPURL(scheme: .ldapi, host: "/run/slapd/ldapi")),
        ("ldapi:///", LDAPURL(scheme: .ldapi, host: "")),
        ("ldap://h/o=x?*,+", LDAPURL(host: "h", base: "o=x", attributes: ["*", "+"])),
        ("ldap://h:/", LDAPURL(host: "h")),
        (
            #"ldap://h/o=a%3fb??sub?(cn=%5c28)"#,
            LDAPURL(host: "h", base: "o=a?b", scope: .sub, filter: .equality("cn", bytes("(")))
        ),
    ])
    func `a URL is read, and read again from what is printed`(text: String, url: LDAPURL) throws {
        #expect(try LDAPURL(parsing: text) == url)
        #expect(try LDAPURL(parsing: url.description) == url)
    }

    @Test(arguments: [
        "", "ldap", "ldap:/x", "http://x", "ldap://x:0", "ldap://x:65536", "ldap://x:12a", "ldap://[::1", "ldap://[x]",
        "ldap://h/%zz", "ldap://h/o", "ldap://h/o=x??children", "ldap://h/o=x???(cn", "ldap://h/o=x????a?b",
        "ldap://h/o=x????!", "ldap://h h", "ldap://u@h", "ldapi://tmp%2Fx", "ldap://h/?a%20b", "ldap://h?x",
        "ldap://h/%ff",
    ])
    func `what is no LDAP URL is refused`(text: String) {
        #expect(throws: LDAPURLSyntaxError.self) { try LDAPURL(parsing: text) }
    }

    @Test func `the server part names host and port for logs`() throws {
        #expect(try LDAPURL(parsing: "ldap://h/o=x").server == "ldap://h:389")
        #expect(try LDAPURL(parsing: "ldaps://[::1]").server == "ldaps://[::1]:636")
        #expect(try LDAPURL(parsing: "ldap://").server == "ldap://localhost:389")
        #expect(try LDAPURL(parsing: "ldapi://%2Ftmp%2Fx").server == "ldapi://%2ftmp%2fx")
    }
}
