import Directory
import LDAP
import PostroomTesting
import Testing

@Suite struct LDIFDirectoryTests {
    /// A newcomer's file: attributes and classes that no schema knows.
    private static let people = """
        dn: dc=example,dc=org
        objectClass: domain
        dc: example

        dn: ou=people,dc=example,dc=org
        objectClass: organizationalUnit

        dn: uid=Alice,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        objectClass: OurMailUser
        cn: Alice
        cn;lang-de: Alix
        sn: A
        mail: alice@example.org
        ourAlias: Ceo@example.org
        ourAlias: info@example.net
        ourBlob:: //8=
        userPassword: {unknown}x
        userPassword: alicepw

        dn: uid=bob,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        cn: Bob
        sn: B
        mail: bob@example.net
        userPassword: {unknown}x

        dn: cn=all,ou=people,dc=example,dc=org
        objectClass: groupOfNames
        member: UID=alice, OU=People,dc=example,dc=org
        member: cn=nobody

        """

    private func directory(
        _ text: String = Self.people, verifier: TestVerifier = TestVerifier(),
        options: LDIFDirectory.Options = .init()
    ) throws -> LDIFDirectory {
        try LDIFDirectory(contents: bytes(text), path: "people.ldif", verifier: verifier, options: options)
    }

    private func names(
        _ filter: String, base: String = "dc=example,dc=org", scope: SearchScope = .sub,
        dereference: DereferencePolicy = .never, in directory: LDIFDirectory? = nil
    ) async throws -> [String]? {
        let request = SearchRequest(
            base: base, scope: scope, filter: try LDAPFilter(parsing: filter), attributes: ["1.1"],
            dereference: dereference)
        guard case .entries(let entries) = try await (directory ?? self.directory()).search(request) else { return nil }
        return entries.map { String($0.name.prefix { $0 != "," }) }
    }

    // MARK: Filters

    @Test(arguments: [
        ("(ourAlias=CEO@example.org)", ["uid=Alice"]), ("(ouralias=*@example.net)", ["uid=Alice"]),
        ("(ourAlias=*O@EXAMPLE.org)", ["uid=Alice"]), ("(objectClass=ourmailuser)", ["uid=Alice"]),
        ("(ourBlob=\\ff\\ff)", ["uid=Alice"]), ("(ourAlias>=d)", ["uid=Alice"]),
        ("(!(ourAlias=x))", ["dc=example", "ou=people", "uid=Alice", "uid=bob", "cn=all"]),
    ])
    func `what only the file knows is text without regard to case`(filter: String, expected: [String]) async throws {
        #expect(try await names(filter) == expected)
    }

    @Test(arguments: [
        ("(nosuch=x)", []), ("(!(nosuch=x))", []), ("(nosuch=*)", []), ("(!(nosuch=*))", []),
        ("(objectClass=nosuchclass)", []), ("(!(objectClass=nosuchclass))", []),
        ("(|(nosuch=x)(uid=bob))", ["uid=bob"]), ("(&(nosuch=x)(uid=bob))", []),
        ("(!(&(nosuch=x)(uid=bob)))", ["dc=example", "ou=people", "uid=Alice", "cn=all"]),
        ("(!(|(nosuch=x)(uid=bob)))", []),
        ("(!(title=x))", ["dc=example", "ou=people", "uid=Alice", "uid=bob", "cn=all"]),
        ("(!(mail=jürgen))", []), ("(!(uidNumber=seven))", []), ("(!(member=no dn))", []), ("(!(memberOf=cn=a*))", []),
        ("(!(mail>=a))", []), ("(!(telexNumber=x))", []),
        ("(&)", ["dc=example", "ou=people", "uid=Alice", "uid=bob", "cn=all"]), ("(|)", []),
    ])
    func `what can't be evaluated is Undefined, and so is its negation`(filter: String, expected: [String]) async throws
    {
        #expect(try await names(filter) == expected)
    }

    @Test(arguments: [
        ("(ou=PEOPLE)", ["ou=people"]), ("(uid=alice)", ["uid=Alice"]), ("(cn;lang-de=alix)", ["uid=Alice"]),
        ("(cn=alix)", ["uid=Alice"]), ("(name=bob)", ["uid=bob"]), ("(objectClass=person)", ["uid=Alice", "uid=bob"]),
        ("(memberOf=cn=ALL,ou=people,dc=example,dc=org)", ["uid=Alice"]),
        ("(entryDN=UID=bob , ou=people,dc=example,dc=org)", ["uid=bob"]),
        ("(|(mail=*@example.net)(mail=*@example.org))", ["uid=Alice", "uid=bob"]),
        ("(ou:dn:=people)", ["ou=people", "uid=Alice", "uid=bob", "cn=all"]), ("(cn=all)", ["cn=all"]),
        ("(member:1.2.840.113556.1.4.1941:=uid=alice,ou=people,dc=example,dc=org)", ["cn=all"]),
    ])
    func `names, supertypes and naming values match`(filter: String, expected: [String]) async throws {
        #expect(try await names(filter) == expected)
    }

    // MARK: Bases

    @Test func `a base that is missing is told apart from one without matches`() async throws {
        let directory = try directory()
        let request = SearchRequest(base: "ou=none,dc=example,dc=org", filter: .present("objectClass"))
        guard case .noSuchObject = await directory.search(request) else {
            Issue.record("a missing base is noSuchObject")
            return
        }
        #expect(try await names("(uid=none)") == [])
    }

    @Test(arguments: [
        (SearchScope.base, ["ou=people"]), (.one, ["uid=Alice", "uid=bob", "cn=all"]),
        (.sub, ["ou=people", "uid=Alice", "uid=bob", "cn=all"]),
    ])
    func `the base is found whatever its spelling`(scope: SearchScope, expected: [String]) async throws {
        let found = try await names(
            "(objectClass=*)", base: "OU=People , dc=EXAMPLE,0.9.2342.19200300.100.1.25=org", scope: scope)
        #expect(found == expected)
    }

    private static let aliases = """
        dn: o=x
        objectClass: organization

        dn: ou=real,o=x
        objectClass: organizationalUnit

        dn: cn=person,ou=real,o=x
        objectClass: device

        dn: ou=links,o=x
        objectClass: organizationalUnit

        dn: cn=link,ou=links,o=x
        objectClass: alias
        objectClass: extensibleObject
        aliasedObjectName: ou=real,o=x

        """

    @Test(arguments: [
        (DereferencePolicy.never, "ou=links,o=x", ["ou=links", "cn=link"]),
        (.searching, "ou=links,o=x", ["ou=real", "cn=person", "ou=links"]),
        (.finding, "cn=link,ou=links,o=x", ["ou=real", "cn=person"]),
        (.always, "ou=links,o=x", ["ou=real", "cn=person", "ou=links"]),
    ])
    func `aliases are followed when asked`(
        policy: DereferencePolicy, base: String, expected: [String]
    ) async throws {
        let directory = try directory(Self.aliases)
        #expect(try await names("(objectClass=*)", base: base, dereference: policy, in: directory) == expected)
    }

    @Test func `an alias that leads in a circle is no answer`() async throws {
        let text = Self.aliases.replacing(
            "aliasedObjectName: ou=real,o=x", with: "aliasedObjectName: cn=link,ou=links,o=x")
        let directory = try directory(text)
        #expect(
            try await names("(objectClass=*)", base: "ou=links,o=x", dereference: .always, in: directory) == nil)
    }

    @Test func `a base below a referral is no answer, and the referral itself is no entry`() async throws {
        let directory = try directory(
            """
            dn: o=x
            objectClass: organization

            dn: ou=far,o=x
            objectClass: referral
            ref: ldap://far.example/ou=far,o=x

            """)
        #expect(try await names("(objectClass=*)", base: "o=x", in: directory) == ["o=x"])
        #expect(try await names("(objectClass=*)", base: "ou=far,o=x", in: directory) == nil)
    }

    // MARK: Faults

    @Test func `all faults of a file are reported with their lines`() {
        let text = """
            dn: o=x
            objectClass: organization

            dn: no name
            o: x

            dn: o=y
            broken line

            dn: o=z
            changetype: delete

            """
        do throws(LDIFFaults) {
            _ = try LDIFDirectory(contents: bytes(text), path: "a.ldif", verifier: TestVerifier())
            Issue.record("the faults went unnoticed")
        } catch {
            #expect(error.faults.map(\.location.description) == ["a.ldif:4", "a.ldif:8", "a.ldif:10"])
        }
    }

    @Test func `an entry that stands in the file twice is a fault`() {
        do throws(LDIFFaults) {
            _ = try LDIFDirectory(
                contents: bytes("dn: o=x\no: x\n\ndn: O = X\no: x\n"), path: "a.ldif", verifier: TestVerifier())
            Issue.record("the second entry went unnoticed")
        } catch {
            #expect(error.faults.map(\.location.line) == [4])
        }
    }

    // MARK: Passwords

    @Test func `any of an entry's passwords will do`() async throws {
        let directory = try directory()
        let alice = "UID=alice, ou=people,dc=example,dc=org"
        #expect(await directory.checkPassword(name: alice, password: bytes("alicepw")) == .accepted)
    }

    @Test func `a scheme that can't be checked is not a no`() async throws {
        let verdict = try await directory().checkPassword(
            name: "uid=bob,ou=people,dc=example,dc=org", password: bytes("x"))
        guard case .unavailable = verdict else {
            Issue.record("\(verdict)")
            return
        }
    }

    @Test(arguments: ["uid=none,ou=people,dc=example,dc=org", "cn=all,ou=people,dc=example,dc=org", "no dn", ""])
    func `who has no password is rejected after the same work`(name: String) async throws {
        let verifier = TestVerifier()
        let directory = try directory(verifier: verifier)
        #expect(await directory.checkPassword(name: name, password: bytes("alicepw")) == .rejected)
        #expect(verifier.checks == 1)
    }

    @Test func `an empty password is never checked`() async throws {
        let verifier = TestVerifier()
        let directory = try directory(verifier: verifier)
        let alice = "uid=Alice,ou=people,dc=example,dc=org"
        #expect(await directory.checkPassword(name: alice, password: []) == .rejected)
        #expect(verifier.checks == 0)
    }

    // MARK: Reload

    @Test func `a file that changes is read again, a faulty one leaves what was`() async throws {
        let folder = try TemporaryFolder("ldif")
        let path = try folder.write("dn: o=x\nobjectClass: organization\n", to: "people.ldif")
        let directory = try LDIFDirectory.load(path: path, verifier: TestVerifier())
        guard case .unchanged = directory.reload() else {
            Issue.record("an untouched file is unchanged")
            return
        }

        _ = try folder.write("dn: o=x\nobjectClass: organization\n\ndn: ou=y,o=x\nou: y\n", to: "people.ldif")
        guard case .reloaded(entries: 2) = directory.reload() else {
            Issue.record("the new file is read")
            return
        }
        #expect(try await names("(ou=y)", base: "o=x", in: directory) == ["ou=y"])

        _ = try folder.write("dn: o=x\nobjectClass: organization\n\nnonsense\n", to: "people.ldif")
        guard case .failed(let faults) = directory.reload() else {
            Issue.record("the fault is noticed")
            return
        }
        #expect(faults.faults.first?.location == SourceLocation(file: path, line: 4))
        #expect(directory.faults == faults)
        #expect(directory.entryCount == 2)

        _ = try folder.write("dn: o=x\nobjectClass: organization\n", to: "people.ldif")
        guard case .reloaded(entries: 1) = directory.reload() else {
            Issue.record("the mended file is read")
            return
        }
        #expect(directory.faults == nil)
    }

    @Test func `the running task notices a change and reports it`() async throws {
        let folder = try TemporaryFolder("ldif")
        let path = try folder.write("dn: o=x\no: x\n", to: "people.ldif")
        let directory = try LDIFDirectory.load(path: path, verifier: TestVerifier())
        _ = try folder.write("dn: o=x\no: x\n\ndn: ou=y,o=x\nou: y\n", to: "people.ldif")
        let (changes, continuation) = AsyncStream.makeStream(of: Int.self)
        await withTaskGroup { group in
            group.addTask {
                await directory.run(
                    every: .milliseconds(1), onBlockingThread: { $0() },
                    report: { if case .reloaded(let entries) = $0 { continuation.yield(entries) } })
            }
            for await entries in changes {
                #expect(entries == 2)
                break
            }
            group.cancelAll()
        }
    }

    @Test func `a file that isn't there is a fault that names it`() {
        #expect(throws: LDIFFaults.self) {
            try LDIFDirectory.load(path: "/nonexistent/people.ldif", verifier: TestVerifier())
        }
    }
}
