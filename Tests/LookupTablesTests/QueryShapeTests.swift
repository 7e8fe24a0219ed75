import LDAP
import LookupTables
import Testing

@Suite struct QueryShapeTests {
    private func shape(_ filter: String, base: String = "dc=x") throws -> QueryShape {
        try QueryShape(filter: bytes(filter), base: bytes(base))
    }

    @Test(arguments: [
        ("(mail=%s)", "(mail=*)"),
        ("(&(mailEnabled=TRUE)(|(mail=*@%s)(mailAlias=smtp:%s)))", "(&(mailEnabled=TRUE)(|(mail=*)(mailAlias=*)))"),
        ("(associatedDomain=*)", "(associatedDomain=*)"), ("(mail=admin@*)", "(mail=admin@*)"),
        ("(&(uid=%u)(!(mail=%s))(!(cn=x)))", "(&(uid=*)(objectClass=*)(!(cn=x)))"), ("(:1.2.3:=%s)", "(objectClass=*)"),
    ])
    func `without a key, what depended on it is presence`(filter: String, presence: String) throws {
        #expect(try shape(filter).presence.description == presence)
    }

    @Test func `a filter tells whether its attribute's values, or their domains, are the keys`() throws {
        let whole = try #require(try shape("(mail=%s)").keyUses.first)
        #expect(whole.isValueItself && !whole.isDomainOfValue && !whole.isTooBroad)
        let domain = try #require(try shape("(mail=*@%s)").keyUses.first)
        #expect(!domain.isValueItself && domain.isDomainOfValue && !domain.isTooBroad)
        for filter in ["(mail=*%s)", "(mail=%s*)", "(mail=*%d*)"] {
            #expect(try #require(try shape(filter).keyUses.first).isTooBroad, "\(filter)")
        }
        let prefixed = try #require(try shape("(proxyAddresses=smtp:%s)").keyUses.first)
        #expect(prefixed.before == bytes("smtp:") && !prefixed.isValueItself && !prefixed.isTooBroad)
    }

    @Test func `a key in the base is a key`() throws {
        #expect(try shape("(objectClass=*)").isKeyless)
        #expect(try shape("(objectClass=*)", base: "dc=%d,o=x").base == nil)
        #expect(try !shape("(objectClass=*)", base: "dc=%d,o=x").isKeyless)
        #expect(try shape("(mail=%s)").filter(for: bytes("a@b"))?.description == "(mail=a@b)")
        #expect(try shape("(dc=%d)").filter(for: bytes("a")) == nil)
    }
}
