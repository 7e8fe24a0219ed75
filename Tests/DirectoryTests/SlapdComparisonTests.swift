import Directory
import LDAP
import PostroomTesting
import Testing

/// The same entries in slapd and in an `LDIFDirectory`: every search must give the same.
@Suite struct SlapdComparisonTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        var name: String
        var directory: SampleDirectory
        var testDescription: String { name }

        static let all = [
            Sample(name: "vennedey", directory: .vennedey), Sample(name: "dms-ldap", directory: .dmsLDAP),
            Sample(name: "dms-forward-only", directory: .dmsForwardOnly), Sample(name: "pragyan", directory: .pragyan),
            Sample(name: "vriesman", directory: .vriesman), Sample(name: "ad-openldap", directory: .activeDirectory),
            Sample(name: "odd", directory: .odd),
        ]
    }

    /// Runs `body` with both, the LDIF directory knowing the schema files that slapd knows.
    private func withBoth(
        _ sample: Sample, _ body: (Slapd, LDAPServers, LDIFDirectory) async throws -> Void
    ) async throws {
        try await Slapd.withServer(sample.directory) { slapd in
            // As rootdn: what slapd hides from others isn't the point here.
            let client = try LDAPClient(
                LDAPClientConfiguration(
                    servers: [try LDAPURL(parsing: slapd.url)],
                    identity: .simple(name: slapd.rootDN, password: LDAPPassword(slapd.rootPassword))))
            let groups = sample.directory.memberOfGroupClass.map {
                [GroupMembership(objectClass: $0, memberAttribute: "member")]
            }
            var schema = DirectorySchema.standard
            for name in sample.directory.schemas {
                let path = "schemas/\(name).ldif"
                schema = try schema.adding(schemaFile: bytes(Fixture.text(path)), path: path)
            }
            let ldif = try LDIFDirectory(
                contents: bytes(sample.directory.ldif), path: sample.name, verifier: TestVerifier(),
                options: .init(schema: schema, memberships: groups ?? []))
            try await body(slapd, LDAPServers(client), ldif)
            await client.shutDown()
        }
    }

    /// DNs, attributes and values in order, in one text per entry.
    private func lines(_ outcome: DirectorySearchOutcome, sorted: Bool = false) -> [String] {
        switch outcome {
        case .entries(let entries):
            let lines = entries.map { entry in
                let attributes = entry.attributes.map { attribute in
                    "\(attribute.description.folded)=\(attribute.values.map { String(decoding: $0, as: UTF8.self) })"
                }
                // slapd writes the parts of a name without the spaces between them.
                let name = DirectorySchema.standard.preparedName(entry.name) ?? []
                return "\(String(decoding: name, as: UTF8.self)): \(attributes)"
            }
            return sorted ? lines.sorted() : lines
        case .noSuchObject: return ["<noSuchObject>"]
        case .failed: return ["<failed>"]
        }
    }

    @Test(arguments: Sample.all)
    func `filters of every kind give what slapd gives`(sample: Sample) async throws {
        try await withBoth(sample) { _, slapd, ldif in
            let suffix = sample.directory.suffix
            let all = SearchRequest(base: suffix, filter: .present("objectClass"))
            guard case .entries(let entries) = await slapd.search(all) else {
                Issue.record("slapd lists its entries")
                return
            }
            var generator = FilterGenerator(entries, excluding: ["userpassword"], seed: 4511)
            var found = 0
            for _ in 0..<1500 {
                let filter = generator.filter()
                let request = SearchRequest(base: suffix, filter: filter, attributes: ["1.1"])
                let expected = lines(await slapd.search(request))
                let actual = lines(await ldif.search(request))
                #expect(actual == expected, "\(filter)")
                if !expected.isEmpty { found += 1 }
            }
            // The generator would be of no use if nothing matched.
            #expect(found > 100)
        }
    }

    @Test(arguments: Sample.all)
    func `entries have the attributes and values that slapd gives them`(sample: Sample) async throws {
        let selections: [[String]] = [
            [], ["*"], ["mail", "cn"], ["1.1"], ["name"], ["1.1", "mail"], ["rfc822Mailbox"], ["nosuch"],
            ["objectClass", "cn;lang-en"], ["UID", "uid"],
        ]
        try await withBoth(sample) { _, slapd, ldif in
            for attributes in selections {
                for typesOnly in [false, true] {
                    let request = SearchRequest(
                        base: sample.directory.suffix, filter: .present("objectClass"), attributes: attributes,
                        typesOnly: typesOnly)
                    #expect(lines(await ldif.search(request)) == lines(await slapd.search(request)), "\(attributes)")
                }
            }
        }
    }

    /// Of people only: OpenLDAP's overlay forgets a group's member that is added after the group.
    @Test(arguments: [Sample.all[1], Sample.all[5]])
    func `groups give their members the memberOf that slapd's overlay gives`(sample: Sample) async throws {
        try await withBoth(sample) { _, slapd, ldif in
            for attributes in [["memberOf"], ["*", "memberOf"], ["*"]] {
                let request = SearchRequest(
                    base: sample.directory.suffix, filter: .equality("objectClass", bytes("person")),
                    attributes: attributes)
                let actual = lines(await ldif.search(request))
                #expect(actual == lines(await slapd.search(request)), "\(attributes)")
                #expect(actual.contains { $0.contains("memberof=") } == (attributes != ["*"]))
            }
        }
    }

    @Test(arguments: Sample.all)
    func `every base and scope gives what slapd gives`(sample: Sample) async throws {
        try await withBoth(sample) { _, slapd, ldif in
            let suffix = sample.directory.suffix
            let all = SearchRequest(base: suffix, filter: .present("objectClass"), attributes: ["1.1"])
            guard case .entries(let entries) = await slapd.search(all) else {
                Issue.record("slapd lists its entries")
                return
            }
            var bases = entries.map(\.name)
            bases += bases.map { $0.uppercased() } + bases.map { $0.replacing(",", with: " , ") }
            bases += ["cn=nobody,\(suffix)", "", "cn=elsewhere", "no dn", "cn=,\(suffix)"]
            for base in bases {
                for scope in SearchScope.allCases where !(base.isEmpty && scope == .base) {
                    let request = SearchRequest(
                        base: base, scope: scope, filter: .present("objectClass"), attributes: ["1.1"])
                    // Below a base that isn't the suffix slapd walks its tree, in an order of its own.
                    let actual = lines(await ldif.search(request), sorted: true)
                    #expect(actual == lines(await slapd.search(request), sorted: true), "\(base) \(scope)")
                }
            }
        }
    }

    @Test func `a size limit that is passed is no answer`() async throws {
        try await withBoth(Sample.all[1]) { _, slapd, ldif in
            for limit in [1, 2, 5, 200] {
                let request = SearchRequest(
                    base: "dc=example,dc=org", filter: .equality("objectClass", bytes("posixAccount")),
                    attributes: ["1.1"], sizeLimit: limit)
                #expect(lines(await ldif.search(request)) == lines(await slapd.search(request)))
            }
        }
    }
}
