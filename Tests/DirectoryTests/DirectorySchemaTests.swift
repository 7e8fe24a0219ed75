import LDAP
import PostroomTesting
import Testing

@testable import Directory

@Suite struct DirectorySchemaTests {
    @Test func `every built-in definition is read`() throws {
        var count = 0
        for text in StandardSchema.attributeTexts { count += try SchemaDescriptionParser.attributeTypes(text).count }
        for text in StandardSchema.classTexts { count += try SchemaDescriptionParser.objectClasses(text).count }
        #expect(count > 270)
    }

    @Test(arguments: [
        ("commonName", "2.5.4.3"), ("CN", "cn"), ("rfc822Mailbox", "mail"), ("userid", "uid"), ("surname", "sn"),
        ("organizationalUnitName", "ou"), ("domainComponent", "dc"),
    ])
    func `a type is found by every one of its names`(one: String, other: String) throws {
        let type = try #require(DirectorySchema.standard.attributeType(one))
        #expect(DirectorySchema.standard.attributeType(other) === type)
    }

    @Test func `rules come down from supertypes`() throws {
        let type = try #require(DirectorySchema.standard.attributeType("listName"))
        let name = try #require(DirectorySchema.standard.attributeType("name"))
        #expect(type.equality?.name == "caseIgnoreMatch" && type.substrings?.name == "caseIgnoreSubstringsMatch")
        #expect(type.isKind(of: name) && !name.isKind(of: type))
        #expect(DirectorySchema.standard.objectClass("inetOrgPerson")?.ancestors.contains("person") == true)
    }

    @Test func `an OpenLDAP schema file adds to what is known and overrides it`() throws {
        let text = """
            # a site's own
            objectidentifier site 1.3.6.1.4.1.99999
            objectidentifier siteAttr site:1
            attributetype ( siteAttr:1 NAME ( 'siteAlias' 'sa' )
              DESC 'it''s (ours)' SUP mail )
            attributetype (siteAttr:2 NAME 'maildrop' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{64})
            objectclass ( site:2 NAME 'siteUser' SUP inetOrgPerson AUXILIARY MAY ( siteAlias $ maildrop ) )
            """.replacing("''", with: "")
        let schema = try DirectorySchema.standard.adding(schemaFile: bytes(text), path: "site.schema")
        #expect(schema.attributeType("1.3.6.1.4.1.99999.1.1")?.equality?.name == "caseIgnoreIA5Match")
        #expect(schema.attributeType("maildrop")?.equality?.name == "caseExactMatch")
        #expect(schema.objectClass("SITEUSER")?.ancestors.contains("person") == true)
    }

    @Test(arguments: ["core", "cosine", "inetorgperson", "nis"])
    func `the files that OpenLDAP ships are read in both forms`(name: String) throws {
        for suffix in ["schema", "ldif"] {
            let path = "/etc/ldap/schema/\(name).\(suffix)"
            let contents = try LDIFFile(path: path).read().contents
            let schema = try DirectorySchema(attributeTypes: [], objectClasses: [])
                .adding(schemaFile: contents, path: path)
            let probe = ["core": "mail", "cosine": "manager", "inetorgperson": "employeeNumber", "nis": "memberUid"]
            #expect(schema.attributeType(try #require(probe[name])) != nil)
        }
    }

    @Test func `a fault is reported with its line`() {
        do throws(SchemaFault) {
            _ = try DirectorySchema.standard.adding(
                schemaFile: bytes("\nattributetype ( 1.2 NAME 'a )\n"), path: "s.schema")
            Issue.record("the fault went unnoticed")
        } catch {
            #expect(error.location == SourceLocation(file: "s.schema", line: 2))
        }
    }

    @Test func `types that derive from each other do no harm`() {
        var a = AttributeTypeDefinition(oid: "1.1")
        a.names = ["a"]
        a.superior = "b"
        var b = AttributeTypeDefinition(oid: "1.2")
        b.names = ["b"]
        b.superior = "a"
        let schema = DirectorySchema(attributeTypes: [a, b], objectClasses: [])
        #expect(schema.attributeType("a") != nil && schema.attributeType("b") != nil)
    }
}
