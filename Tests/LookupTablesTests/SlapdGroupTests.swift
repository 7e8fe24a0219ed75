import Directory
import LDAP
import LookupTables
import PostroomTesting
import Testing

/// Groups of every kind in a real slapd.
@Suite struct SlapdGroupTests {
    private static let suffix = "dc=groups,dc=example"

    private static func directory(_ more: String = "") -> SampleDirectory {
        SampleDirectory(
            suffix: suffix, rootDN: "cn=manager,\(suffix)", rootPassword: "managerpw",
            schemas: ["qmail", "evolutionperson", "mail-groups"], ldif: ldif + more)
    }

    private static let ldif = """
        dn: \(suffix)
        objectClass: dcObject
        objectClass: organization
        dc: groups
        o: Groups

        dn: ou=People,\(suffix)
        objectClass: organizationalUnit
        ou: People

        dn: ou=Groups,\(suffix)
        objectClass: organizationalUnit
        ou: Groups


        """
        + ["anna", "ben", "cora", "dora", "evan"].map { name in
            """
            dn: uid=\(name),ou=People,\(suffix)
            objectClass: inetOrgPerson
            objectClass: extensibleObject
            uid: \(name)
            cn: \(name)
            sn: \(name)
            employeeType: \(name == "anna" || name == "cora" ? "staff" : "guest")
            \(name == "dora" ? "description: no mail" : "mail: \(name)@groups.example")


            """
        }.joined()
        + group(
            "team", "groupOfNames",
            [
                "member: \(person("anna"))", "member: \(person("ben"))", "member: \(person("gone"))",
                "member: \(person("dora"))",
            ])
        + group(
            "unique", "groupOfUniqueNames",
            [
                "uniqueMember: \(person("anna"))#'0101'B", "uniqueMember: \(person("ben"))",
            ])
        + group("posix", "posixGroup", ["gidNumber: 100", "memberUid: cora", "memberUid: nobody", "memberUid: a*"])
        + group(
            "addresses", "device",
            [
                "mgrpRFC822MailMember: x@outside.example", "rfc822member: Ben@groups.example",
                "mgrpRFC822MailMember: ben@groups.example",
            ])
        + group("forwards", "device", ["mailForwardingAddress: y@outside.example"])
        + group("url", "device", ["memberURL: ldap:///ou=People,\(suffix)?mail?one?(employeeType=staff)"])
        + group(
            "labeled", "device",
            [
                "labeledURI: ldap://elsewhere.example/ou=People,\(suffix)??sub?(employeeType=guest) All our guests",
                "labeledURI: https://groups.example/ Our page",
            ])
        + group("filter", "device", ["filtermember: (&(employeeType=staff)(!(uid=x)))"])
        + group(
            "other", "device",
            [
                "seeAlso: \(person("anna"))", "contact: \(person("ben"))", "owner: \(person("cora"))",
                "dnmember: \(person("evan"))",
            ])
        + group(
            "nested", "groupOfNames",
            [
                "member: cn=team,ou=Groups,\(suffix)", "member: cn=posix,ou=Groups,\(suffix)",
                "member: cn=url,ou=Groups,\(suffix)", "member: \(person("evan"))",
            ])
        + group("self", "groupOfNames", ["member: CN=Self, ou=Groups, \(suffix)", "member: \(person("anna"))"])
        + group("loopa", "groupOfNames", ["member: cn=loopb,ou=Groups,\(suffix)", "member: \(person("ben"))"])
        + group(
            "loopb", "groupOfNames",
            [
                "member: cn=loopa,ou=Groups,\(suffix)", "member: \(person("cora"))", "member: \(person("ben"))",
            ])
        + group("round", "device", ["memberURL: ldap:///ou=Groups,\(suffix)??one?(cn=*)"])
        + group("empty", "device", ["description: nobody"])
        + group("ghosts", "groupOfNames", ["member: \(person("gone"))", "member: \(person("dora"))"])

    private static func person(_ name: String) -> String { "uid=\(name),ou=People,\(suffix)" }

    private static func group(_ name: String, _ objectClass: String, _ lines: [String]) -> String {
        """
        dn: cn=\(name),ou=Groups,\(suffix)
        objectClass: \(objectClass)
        objectClass: extensibleObject
        cn: \(name)
        mail: \(name)@groups.example
        \(lines.joined(separator: "\n"))


        """
    }

    private func table(
        _ directory: SampleDirectory, _ source: any DirectorySource,
        _ change: (inout GroupTableOptions) -> Void = { _ in }
    ) throws -> GroupTable {
        var options = GroupTableOptions()
        options.searchBase = bytes("ou=Groups,\(directory.suffix)")
        options.memberSearchBase = "ou=People,\(directory.suffix)"
        change(&options)
        return try GroupTable(name: "group:mail", options: options, source: source)
    }

    private func withSource(
        _ directory: SampleDirectory, _ body: (Slapd, LDAPServers) async throws -> Void
    ) async throws {
        try await Slapd.withServer(directory) { slapd in
            let client = try LDAPClient(
                LDAPClientConfiguration(
                    servers: [try LDAPURL(parsing: slapd.url)],
                    identity: .simple(name: slapd.bindDN, password: LDAPPassword(slapd.bindPassword))))
            try await body(slapd, LDAPServers(client))
            await client.shutDown()
        }
    }

    /// The members of each group; those whose order is the directory's choice come sorted.
    private static let expected = [
        "team": "anna,ben", "unique": "anna,ben", "posix": "cora", "addresses": "ben,x@outside.example",
        "forwards": "y@outside.example", "url": "anna,cora", "labeled": "ben,evan", "other": "anna,ben,cora,evan",
        "nested": "evan,anna,ben,cora", "self": "anna", "loopa": "ben,cora", "loopb": "cora,ben", "empty": "<absent>",
        "filter": "anna,cora",
        "ghosts": "<absent>", "anna": "<absent>", "*": "<absent>",
    ]
    private static let unordered: Set = ["addresses", "url", "labeled", "filter", "other"]

    private func checkEveryKind(_ source: any DirectorySource) async throws {
        let table = try table(Self.directory(), source) {
            $0.nameAttributes += ["seeAlso", "contact", "owner"]
            $0.addressAttributes += ["mailForwardingAddress"]
            $0.urlAttributes += ["labeledURI"]
        }
        for (group, members) in Self.expected {
            let answer = await table.lookup(bytes("\(group)@groups.example"))
            var names = answer.outcome.text.lowercased().replacing("@groups.example", with: "").split(separator: ",")
            if Self.unordered.contains(group) { names.sort() }
            #expect(names.joined(separator: ",") == members, "\(group)")
        }
    }

    @Test func `members of every kind are found`() async throws {
        try await withSource(Self.directory()) { _, source in try await checkEveryKind(source) }
    }

    @Test func `an LDIF file gives the same members`() async throws {
        try await checkEveryKind(
            LDIFDirectory(contents: Array(Self.ldif.utf8), path: "groups.ldif", verifier: NoPasswords()))
    }

    @Test func `a search URL that finds its own group ends, and gives all who are in the groups`() async throws {
        try await withSource(Self.directory()) { slapd, source in
            let names = try await table(slapd.directory, source).lookup(bytes("round@groups.example")).outcome.text
            #expect(
                Set(names.lowercased().split(separator: ","))
                    == [
                        "anna@groups.example", "ben@groups.example", "cora@groups.example", "evan@groups.example",
                        "x@outside.example", "labeled@groups.example", "forwards@groups.example",
                        "empty@groups.example",
                    ])
        }
    }

    @Test func `the trace tells every search, with entry and attribute, as a tree`() async throws {
        try await withSource(Self.directory()) { slapd, source in
            let steps = try await table(slapd.directory, source).lookup(bytes("nested@groups.example")).steps
            var searches: [String] = []
            var notes: [String] = []
            func walk(_ step: TraceStep, _ depth: Int) {
                switch step.event {
                case .search(_, let base, _, let filter, _):
                    searches.append("\(depth) \(base.prefix { $0 != "," }) \(filter)")
                case .decision(_, let text): notes.append(text)
                default: break
                }
                for child in step.children { walk(child, depth + 1) }
            }
            for step in steps { walk(step, 0) }
            #expect(
                searches == [
                    "1 ou=Groups (mail=nested@groups.example)", "2 cn=team (objectClass=*)",
                    "3 uid=anna (objectClass=*)", "3 uid=ben (objectClass=*)", "3 uid=gone (objectClass=*)",
                    "3 uid=dora (objectClass=*)", "2 cn=posix (objectClass=*)", "3 ou=People (uid=cora)",
                    "3 ou=People (uid=nobody)", "3 ou=People (uid=a\\2a)", "2 cn=url (objectClass=*)",
                    "3 ou=People (employeeType=staff)", "2 uid=evan (objectClass=*)",
                ])
            #expect(notes.contains("\(Self.person("gone")) is not there, or not to be seen: passed over"))
            #expect(notes.contains("\(Self.person("dora")) has no address (mail): passed over"))
            #expect(notes.contains("nobody is not there, or not to be seen: passed over"))
        }
    }

    @Test func `two thousand members are all found, by whatever way`() async throws {
        let names = (0..<2000).map { "u\($0)" }
        let people = names.map { name in
            """
            dn: uid=\(name),ou=People,\(Self.suffix)
            objectClass: inetOrgPerson
            uid: \(name)
            cn: \(name)
            sn: \(name)
            employeeType: many
            mail: \(name)@groups.example


            """
        }.joined()
        let groups =
            Self.group("bigdn", "groupOfNames", names.map { "member: \(Self.person($0))" })
            + Self.group("biguid", "posixGroup", ["gidNumber: 1"] + names.map { "memberUid: \($0)" })
            + Self.group("bigurl", "device", ["memberURL: ldap:///ou=People,\(Self.suffix)??one?(employeeType=many)"])
        try await withSource(Self.directory(people + groups)) { slapd, source in
            let expected = names.map { "\($0)@groups.example" }
            for group in ["bigdn", "biguid", "bigurl"] {
                let answer = try await table(slapd.directory, source).lookup(bytes("\(group)@groups.example"))
                let found = answer.outcome.text.split(separator: ",").map(String.init)
                #expect(found.count == 2000 && Set(found) == Set(expected), "\(group)")
                if group == "bigdn" { #expect(found == expected) }
            }
        }
    }

    @Test func `Active Directory's groups give the primary addresses of their members`() async throws {
        try await withSource(.activeDirectory) { slapd, source in
            let table = try table(slapd.directory, source) {
                $0.searchBase = bytes(slapd.directory.suffix)
                $0.memberSearchBase = nil
                $0.queryFilter = bytes("(&(objectClass=group)(|(mail=%s)(proxyAddresses=smtp:%s)))")
                $0.memberAddressAttributes = ["proxyAddresses", "mail"]
                $0.valueCleaning = .primaryProxyAddress
            }
            let expected = [
                "sales@ad.example.com": "anna@ad.example.com,b.ost@corp.example",
                "everybody@ad.example.com": "chris@ad.example.com,anna@ad.example.com,b.ost@corp.example",
                "loopa@ad.example.com": "b.ost@corp.example", "emptygroup@ad.example.com": "<absent>",
                "anna@ad.example.com": "<absent>",
            ]
            for (group, members) in expected {
                #expect(await table.lookup(bytes(group)).outcome.text == members, "\(group)")
            }
        }
    }

    @Test func `an alias table takes proxyAddresses both to ask and to answer`() async throws {
        try await withSource(.activeDirectory) { slapd, source in
            var options = LDAPTableOptions()
            options.searchBase = bytes(slapd.directory.suffix)
            options.queryFilter = bytes("(proxyAddresses=smtp:%s)")
            options.resultAttributes = ["proxyAddresses"]
            options.valueCleaning = .primaryProxyAddress
            let table = try LDAPTable(name: "ldap:aliases", options: options, source: source)
            #expect(await table.lookup(bytes("a.berg@corp.example")).outcome.text == "anna@ad.example.com")
            #expect(await table.lookup(bytes("b.ost@corp.example")).outcome.text == "b.ost@corp.example")
            #expect(await table.lookup(bytes("chris@ad.example.com")).outcome == .absent)
        }
    }

    @Test func `a group that contains itself is delivered to its members by special_result_attribute too`() async throws
    {
        try await withSource(.activeDirectory) { slapd, source in
            var options = LDAPTableOptions()
            options.searchBase = bytes(slapd.directory.suffix)
            options.queryFilter = bytes("(&(objectClass=group)(mail=%s))")
            options.resultAttributes = []
            options.leafResultAttributes = ["mail"]
            options.specialResultAttributes = ["member"]
            let native = try LDAPTable(name: "ldap:groups", options: options, source: source)
            #expect(await native.lookup(bytes("loopb@ad.example.com")).outcome.text == "ben@ad.example.com")
            options.selfContainingGroups = .failAsPostfix
            options.recursionLimit = 50
            let asInPostfix = try LDAPTable(name: "ldap:groups", options: options, source: source)
            #expect(await asInPostfix.lookup(bytes("loopb@ad.example.com")).outcome.text == "<unavailable>")
        }
    }
}
