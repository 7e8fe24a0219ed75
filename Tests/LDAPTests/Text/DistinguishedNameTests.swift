import LDAP
import Testing

@Suite struct DistinguishedNameTests {
    @Test(arguments: [
        "", "UID=jsmith,DC=example,DC=net", "OU=Sales+CN=J.  Smith,DC=example,DC=net",
        #"CN=James \"Jim\" Smith\, III,DC=example,DC=net"#, #"CN=Before\0dAfter,DC=example,DC=net"#,
        "CN=Lučić", #"cn=\ leading,o=x"#, #"cn=trailing\ ,o=x"#, ##"cn=\#hash,o=a#b"##, "cn=,o=x",
        #"cn=a\+b\;c\<d\>e\\f,o=x=y"#, #"cn=\00\ff,o=x"#, "2.5.4.3=x,dc=nitt.edu",
    ])
    func `a name in canonical form is printed as it was read`(text: String) throws {
        #expect(try DistinguishedName(parsing: text).description == text)
    }

    @Test(arguments: [
        ("cn=a ; o = b", "cn=a,o=b"),
        ("cn=a , o=b  ", "cn=a,o=b"),
        (#"cn="a, b + \"c\"" , o=x"#, #"cn=a\, b \+ \"c\",o=x"#),
        ("OID.2.5.4.3=x", "2.5.4.3=x"),
        (#"cn=\4c\75\c4\8d"#, "cn=Luč"),
        ("1.3.6.1.4.1.1466.0=#04024869", "1.3.6.1.4.1.1466.0=Hi"),
        ("cn=#0C0548656C6C6F", "cn=Hello"),
        ("serial=#0202FF00", "serial=-256"),
        ("cn=#1E04004100E4", "cn=Aä"),
        ("x=#0101FF", "x=TRUE"),
        (#"cn=a\=b"#, "cn=a=b"),
    ])
    func `older forms are read`(text: String, canonical: String) throws {
        #expect(try DistinguishedName(parsing: text).description == canonical)
    }

    @Test(arguments: [
        ("cn", DistinguishedNameSyntaxError(.missingEquals, offset: 2)),
        ("=x", DistinguishedNameSyntaxError(.badAttribute, offset: 0)),
        ("cn=x,", DistinguishedNameSyntaxError(.missingName, offset: 5)),
        ("cn=x,,o=y", DistinguishedNameSyntaxError(.badAttribute, offset: 5)),
        (#"cn=x\"#, DistinguishedNameSyntaxError(.badEscape, offset: 4)),
        (#"cn=\zz"#, DistinguishedNameSyntaxError(.badEscape, offset: 3)),
        (#"cn="x"#, DistinguishedNameSyntaxError(.unterminatedQuotation, offset: 3)),
        (#"cn="x"y"#, DistinguishedNameSyntaxError(.unescaped(UInt8(ascii: "y")), offset: 6)),
        ("cn=#0", DistinguishedNameSyntaxError(.badHexValue, offset: 3)),
        ("cn=#0403aa", DistinguishedNameSyntaxError(.badHexValue, offset: 3)),
        ("cn=a<b", DistinguishedNameSyntaxError(.unescaped(UInt8(ascii: "<")), offset: 4)),
        ("cn=a\0", DistinguishedNameSyntaxError(.unescaped(0), offset: 4)),
    ])
    func `an error tells where it is`(text: String, error: DistinguishedNameSyntaxError) {
        #expect(throws: error) { try DistinguishedName(parsing: text) }
    }

    @Test func `a value put into a template stays the value of its RDN`() throws {
        let base = try DistinguishedName(parsing: "ou=people,dc=example,dc=org")
        for input in ["x", "a,ou=admins", "a+cn=b", #"\"#, " ", "#04", "", "\0", "a\"b"] {
            let name = base.appending("uid", bytes(input))
            #expect(name.rdns.count == 4)
            #expect(try DistinguishedName(parsing: name.description) == name)
            #expect(name.rdns[0].assertions == [.init("uid", bytes(input))])
            let template = try DistinguishedName(parsing: "uid=%u,ou=people,dc=example,dc=org")
            #expect(template.mapValues { $0 == bytes("%u") ? bytes(input) : $0 } == name)
        }
    }
}
