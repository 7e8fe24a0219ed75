import Directory
import LDAP
import LookupTables
import Testing

@Suite struct LDAPTableTests {
    private static let base = "dc=x"

    private func table(
        _ parameters: KeyValuePairs<String, String>, _ source: any DirectorySource = ScriptedDirectory([:]),
        lists: MatchList.Reader = .namesOnly, _ change: (inout LDAPTableOptions) -> Void = { _ in }
    ) throws -> LDAPTable {
        var values: [String: TableParameters.Parameter] = ["search_base": .init(bytes(Self.base))]
        for (name, value) in parameters { values[name] = .init(bytes(value)) }
        var options = try LDAPTableOptions(TableParameters(values), lists: lists)
        change(&options)
        return try LDAPTable(name: "ldap:test", options: options, source: source)
    }

    /// The one search a lookup makes; nil when it makes none.
    private func search(
        _ key: String, _ parameters: KeyValuePairs<String, String>
    ) async throws -> SearchRequest? {
        let source = ScriptedDirectory([:])
        _ = try await table(parameters, source).lookup(bytes(key))
        return source.requests.first
    }

    // MARK: What is asked

    @Test(arguments: [
        ("(mail=%s)", "a@b.example", "(mail=a@b.example)"), ("mail=%s", "a@b.example", "(mail=a@b.example)"),
        ("(uid=%u)", "a@b@c.example", "(uid=a@b)"), ("(uid=%u)", "alice", "(uid=alice)"),
        ("(uid=%u)", "alice@", "(uid=alice)"), ("(mail=*@%d)", "@b.example", "(mail=*@b.example)"),
        ("(&(dc=%2)(dc=%1)(o=%%))", "a@b.example", "(&(dc=b)(dc=example)(o=%))"),
        // Dots in a row count for one, and those at the ends for none.
        ("(&(dc=%2)(o=%1))", "a@.b..example.", "(&(dc=b)(o=example))"),
        ("(uid=%U-%D-%S)", "a@b", "(uid=a-b-a@b)"), ("(cn=%s*)", "x", "(cn=x*)"),
        ("(uid:caseExactMatch:=%u)", "a@b", "(uid:caseExactMatch:=a)"), ("(!(uid>=%s))", "x", "(!(uid>=x))"),
    ])
    func `expansions fill the values of the filter`(filter: String, key: String, expected: String) async throws {
        #expect(
            try await search(key, ["query_filter": filter])?.filter
                == (try LDAPFilter(parsing: expected, syntax: .rfc4515)))
    }

    @Test(arguments: ["*", "a)(uid=*", "\\2a", "(|(a=b))", "%s", "\u{1}0\u{1}"])
    func `a key is a value, whatever it holds`(key: String) async throws {
        #expect(try await search(key, ["query_filter": "(mail=%s)"])?.filter == .equality("mail", bytes(key)))
    }

    @Test(arguments: ["(%s=x)", "(mail:%s:=x)", "%s", "(mail=x)%s", "(mail;%u=x)", "(&%s)"])
    func `an expansion outside a value is refused when the table is opened`(filter: String) {
        #expect(throws: TableFaults.self) { try table(["query_filter": filter]) }
    }

    @Test(arguments: ["(mail=%x)", "(mail=%)", "(mail=%0)", "(mail=a", "(mail=%s))"])
    func `a malformed filter is refused when the table is opened`(filter: String) {
        #expect(throws: TableFaults.self) { try table(["query_filter": filter]) }
    }

    @Test(arguments: [
        ("(mail=%s)", "%s", ""), ("(uid=%u)", "%s", "@b"), ("(dc=%d)", "%s", "alice"), ("(dc=%d)", "%s", "alice@"),
        ("(dc=%3)", "%s", "a@b.example"), ("(dc=%2)", "%s", "a@.example"), ("(dc=%1)", "%s", "alice"),
        ("(mail=%s)", "%D", "alice"), ("(mail=%s)", "%U", "@b"), ("(mail=%s)", "%2", "a@b"),
    ])
    func `a key that can't fill the expansions is not looked up`(
        filter: String, format: String, key: String
    ) async throws {
        #expect(try await search(key, ["query_filter": filter, "result_format": format]) == nil)
    }

    @Test func `a key that is no text is not looked up`() async throws {
        let source = ScriptedDirectory([:])
        let table = try table(["query_filter": "(mail=%s)"], source)
        #expect(await table.lookup([0x61, 0xFF]).outcome == .absent)
        #expect(await table.lookup([0x61, 0x00]).outcome == .absent)
        #expect(source.requests.isEmpty)
    }

    @Test(arguments: [
        ("ou=%u,dc=x", "a@b", "ou=a,dc=x"), ("ou=%s,dc=x", "a,dc=y+z", "ou=a\\2Cdc=y\\2Bz,dc=x"),
        ("ou=%s", " \"#<>;\\", "ou=\\20\\22\\23\\3C\\3E\\3B\\5C"), ("dc=%2,dc=%1", "a@b.c", "dc=b,dc=c"),
    ])
    func `what fills the search base is escaped`(base: String, key: String, expected: String) async throws {
        #expect(try await search(key, ["search_base": base, "query_filter": "(uid=*)"])?.base == expected)
    }

    @Test func `the request carries the table's settings`() async throws {
        let request = try await search(
            "k",
            [
                "scope": "ONE", "expansion_limit": "7", "timeout": "3", "dereference": "2", "result_attribute": "o, p",
                "terminal_result_attribute": "t", "leaf_result_attribute": "l", "special_result_attribute": "s",
            ])
        #expect(request?.scope == .one)
        #expect(request?.sizeLimit == 7)
        #expect(request?.timeLimit == 3)
        #expect(request?.dereference == .finding)
        #expect(request?.attributes == ["t", "l", "o", "p", "s"])
    }

    @Test func `without attributes none is asked for`() async throws {
        #expect(try await search("k", ["result_attribute": ""])?.attributes == ["1.1"])
    }

    @Test func `the domain list keeps other keys away from the directory`() async throws {
        let source = ScriptedDirectory([:])
        let table = try table(["domain": "example.org, !example.net"], source)
        for key in ["a@example.net", "a@sub.example.org", "@example.org", "example.org", "a@"] {
            #expect(await table.lookup(bytes(key)).outcome == .absent)
        }
        #expect(source.requests.isEmpty)
        _ = await table.lookup(bytes("a@example.org"))
        #expect(source.requests.count == 1)
    }

    @Test func `a domain list that fails is a temporary failure`() async throws {
        let lists = MatchList.Reader(
            readFile: { _ in [] }, openTable: { _, _ in RecordingTable(failing: ["example.org"]) })
        let table = try table(["domain": "hash:/d"], lists: lists)
        #expect(await table.lookup(bytes("a@example.org")).outcome.text == "<unavailable>")
    }

    // MARK: Outcomes

    @Test func `a fixed base that is missing is the setting's fault, one made from the key is an answer`() async throws
    {
        let source = ScriptedDirectory([Self.base: .noSuchObject, "ou=a,dc=x": .noSuchObject])
        #expect(try await table([:], source).lookup(bytes("a")).outcome.text == "<unavailable>")
        #expect(try await table(["search_base": "ou=%s,dc=x"], source).lookup(bytes("a")).outcome.text == "<absent>")
    }

    @Test func `an empty filter fails for now`() async throws {
        let source = ScriptedDirectory([:])
        #expect(try await table(["query_filter": ""], source).lookup(bytes("a")).outcome.text == "<unavailable>")
        #expect(source.requests.isEmpty)
    }

    @Test func `a search that fails is a temporary failure`() async throws {
        let source = ScriptedDirectory([Self.base: .failed])
        #expect(try await table([:], source).lookup(bytes("a")).outcome.text == "<unavailable>")
    }

    // MARK: What becomes of values

    @Test(arguments: [
        ("%s", "A@B.example", "A@B.example,c"), ("%u", "x@y", "A,c"), ("%d", "x@y", "B.example"),
        ("%s/%S", "x@y", "A@B.example/x@y,c/x@y"), ("%U|%D|%1|%%", "x@y.z", "x|y.z|z|%,x|y.z|z|%"),
    ])
    func `values go through the result format`(format: String, key: String, expected: String) async throws {
        let source = ScriptedDirectory([
            Self.base: .entries([LDAPEntry("cn=1", ["maildrop": ["A@B.example", "", "c"]])])
        ])
        #expect(try await table(["result_format": format], source).lookup(bytes(key)).outcome.text == expected)
    }

    @Test func `values come in the order of the server, options included, duplicates kept`() async throws {
        let source = ScriptedDirectory([
            Self.base: .entries([
                LDAPEntry("cn=1", ["uid": ["u1"], "mail;lang-de": ["m1", "m1"], "mailx": ["no"]]),
                LDAPEntry("cn=2", ["MAIL": ["m1"], "uid": ["u2"]]),
            ])
        ])
        let table = try table(["result_attribute": "mail, uid"], source)
        #expect(await table.lookup(bytes("k")).outcome.text == "u1,m1,m1,m1,u2")
    }

    @Test func `nothing but passed-over values is not found`() async throws {
        let source = ScriptedDirectory([Self.base: .entries([LDAPEntry("cn=1", ["maildrop": ["plain", "a@"]])])])
        #expect(try await table(["result_format": "%d"], source).lookup(bytes("k")).outcome.text == "<absent>")
    }

    @Test func `more values or entries than allowed fail the lookup`() async throws {
        let entries = [LDAPEntry("cn=1", ["maildrop": ["a", "b"]]), LDAPEntry("cn=2", ["maildrop": ["c"]])]
        let source = ScriptedDirectory([Self.base: .entries(entries)])
        #expect(try await table(["expansion_limit": "3"], source).lookup(bytes("k")).outcome.text == "a,b,c")
        #expect(try await table(["expansion_limit": "2"], source).lookup(bytes("k")).outcome.text == "<unavailable>")
        #expect(try await table(["size_limit": "1"], source).lookup(bytes("k")).outcome.text == "<unavailable>")
    }

    // MARK: Terminal, leaf, special

    private static let group = LDAPEntry("cn=group", ["mail": ["group@x"], "member": ["cn=a", "cn=gone", "cn=b"]])
    private static let people: [String: ScriptedDirectory.Reply] = [
        "cn=a": .entries([LDAPEntry("cn=a", ["mail": ["a@x"]])]), "cn=gone": .noSuchObject,
        "cn=b": .entries([LDAPEntry("cn=b", ["mail": ["b@x"], "quota": ["5"]])]),
    ]

    @Test func `special attributes are followed with a base search of their own`() async throws {
        let source = ScriptedDirectory(Self.people.merging([Self.base: .entries([Self.group])]) { $1 })
        let table = try table(["result_attribute": "mail", "special_result_attribute": "member"], source)
        #expect(await table.lookup(bytes("k")).outcome.text == "group@x,a@x,b@x")
        #expect(source.requests.map(\.base) == [Self.base, "cn=a", "cn=gone", "cn=b"])
        #expect(source.requests[1].scope == .base)
        #expect(source.requests[1].filter == .present("objectClass"))
        #expect(source.requests[1].attributes == ["mail", "member"])
    }

    @Test func `leaf values count only in entries that lead nowhere`() async throws {
        let source = ScriptedDirectory(Self.people.merging([Self.base: .entries([Self.group])]) { $1 })
        let table = try table(
            ["result_attribute": "mail", "leaf_result_attribute": "mail", "special_result_attribute": "member"], source)
        #expect(await table.lookup(bytes("k")).outcome.text == "a@x,b@x")
    }

    @Test func `beside a terminal value nothing counts`() async throws {
        let source = ScriptedDirectory(Self.people.merging([Self.base: .entries([Self.group])]) { $1 })
        let table = try table(
            [
                "result_attribute": "", "leaf_result_attribute": "mail", "special_result_attribute": "member",
                "terminal_result_attribute": "quota",
            ], source)
        #expect(await table.lookup(bytes("k")).outcome.text == "a@x,5")
    }

    @Test func `what one entry of a search was, the later ones are taken for`() async throws {
        let person = LDAPEntry("cn=p", ["mail": ["p@x"]])
        let rich = LDAPEntry("cn=r", ["mail": ["r@x"], "quota": ["1"]])
        let groupFirst = ScriptedDirectory(Self.people.merging([Self.base: .entries([Self.group, person])]) { $1 })
        let personFirst = ScriptedDirectory(Self.people.merging([Self.base: .entries([person, Self.group])]) { $1 })
        let leaf: KeyValuePairs = [
            "result_attribute": "", "leaf_result_attribute": "mail", "special_result_attribute": "member",
        ]
        #expect(try await table(leaf, groupFirst).lookup(bytes("k")).outcome.text == "a@x,b@x")
        #expect(try await table(leaf, personFirst).lookup(bytes("k")).outcome.text == "p@x,a@x,b@x")
        let terminal: KeyValuePairs = ["result_attribute": "mail", "terminal_result_attribute": "quota"]
        let sticky = ScriptedDirectory([Self.base: .entries([person, rich, person])])
        #expect(try await table(terminal, sticky).lookup(bytes("k")).outcome.text == "p@x,1")
    }

    @Test func `a URL is searched with its own base, scope and filter`() async throws {
        let source = ScriptedDirectory([
            Self.base: .entries([
                LDAPEntry(
                    "cn=g",
                    [
                        "member": [
                            "ldap://elsewhere.example/ou=p?mail,cn?one?(uid=x)", "ldap:///ou=q??sub", "ldap:///ou=r?cn",
                        ]
                    ])
            ]),
            "ou=p": .entries([LDAPEntry("uid=x", ["mail": ["x@x"]])]),
        ])
        let table = try table(["result_attribute": "mail,uid", "special_result_attribute": "member"], source)
        #expect(await table.lookup(bytes("k")).outcome.text == "x@x")
        #expect(source.requests.map(\.base) == [Self.base, "ou=p", "ou=q"])
        #expect(source.requests[1].scope == .one)
        #expect(source.requests[1].filter == .equality("uid", bytes("x")))
        #expect(source.requests[1].attributes == ["mail"])
        #expect(source.requests[2].attributes == ["mail", "uid", "member"])
    }

    @Test(arguments: ["ldap://[bad", "cn=down"])
    func `a special value that can't be followed fails the lookup`(value: String) async throws {
        let source = ScriptedDirectory([
            Self.base: .entries([LDAPEntry("cn=g", ["mail": ["g@x"], "member": [value]])]), "cn=down": .failed,
        ])
        let table = try table(["result_attribute": "mail", "special_result_attribute": "member"], source)
        #expect(await table.lookup(bytes("k")).outcome.text == "<unavailable>")
    }

    @Test(arguments: [(1, 1), (2, 2), (1000, 1000)])
    func `as in Postfix, a group that contains itself fails at the recursion limit`(limit: Int, searches: Int)
        async throws
    {
        let loop = LDAPEntry("cn=loop", ["mail": ["l@x"], "member": ["cn=loop"]])
        let source = ScriptedDirectory([Self.base: .entries([loop]), "cn=loop": .entries([loop])])
        let table = try table(
            ["result_attribute": "mail", "special_result_attribute": "member", "recursion_limit": "\(limit)"], source
        ) { $0.selfContainingGroups = .failAsPostfix }
        #expect(await table.lookup(bytes("k")).outcome.text == "<unavailable>")
        #expect(source.requests.count == searches)
    }

    @Test func `a group that contains itself gives its members, each entry once`() async throws {
        let source = ScriptedDirectory([
            Self.base: .entries([LDAPEntry("cn=a", ["member": ["cn=b", "cn=p"]])]),
            "cn=a": .entries([LDAPEntry("cn=a", ["member": ["cn=b", "cn=p"]])]),
            "cn=b": .entries([LDAPEntry("cn=b", ["member": ["CN=a", "cn=b", "cn=q"]])]),
            "CN=a": .entries([LDAPEntry("cn=a", ["member": ["cn=b", "cn=p"]])]),
            "cn=p": .entries([LDAPEntry("cn=p", ["mail": ["p@x"]])]),
            "cn=q": .entries([LDAPEntry("cn=q", ["mail": ["q@x"]])]),
        ])
        let table = try table(["result_attribute": "mail", "special_result_attribute": "member"], source)
        #expect(await table.lookup(bytes("k")).outcome.text == "q@x,p@x")
        #expect(source.requests.map(\.base) == [Self.base, "cn=b", "CN=a", "cn=q", "cn=p"])
    }

    @Test func `values that bear a scheme are cleaned before they are formatted`() async throws {
        let source = ScriptedDirectory([
            Self.base: .entries([
                LDAPEntry("cn=1", ["proxyAddresses": ["smtp:b@x", "x500:/o=x", "SMTP:a@y"], "mail": ["smtp:c@z"]])
            ])
        ])
        let table = try table(
            [
                "query_filter": "(proxyAddresses=smtp:%s)", "result_attribute": "proxyAddresses,mail",
                "result_format": "%u",
            ], source
        ) { $0.valueCleaning = .proxyAddresses }
        #expect(await table.lookup(bytes("b@x")).outcome.text == "a,b,smtp:c")
        #expect(source.requests.first?.filter == .equality("proxyAddresses", bytes("smtp:b@x")))
    }

    @Test func `the values of each entry can be had apart`() async throws {
        let source = ScriptedDirectory([
            Self.base: .entries([
                LDAPEntry("cn=1", ["mail": ["a@x", "b@x"]]), LDAPEntry("cn=2", ["cn": ["2"]]),
                LDAPEntry("cn=3", ["member": ["cn=4"]]),
            ]), "cn=4": .entries([LDAPEntry("cn=4", ["mail": ["d@x"]])]),
        ])
        let table = try table(["result_attribute": "mail", "special_result_attribute": "member"], source)
        let answer = await table.lookupValues(bytes("k"))
        #expect(
            answer.outcome
                == .found([
                    EntryValues(entry: "cn=1", values: [bytes("a@x"), bytes("b@x")]),
                    EntryValues(entry: "cn=3", values: [bytes("d@x")]),
                ]))
        #expect(await table.lookup(bytes("k")).outcome.text == "a@x,b@x,d@x")
    }

    @Test(arguments: [
        ("(associatedDomain=*)", "dc=x", "%s", true), ("(associatedDomain=%s)", "dc=x", "%s", false),
        ("(associatedDomain=*)", "ou=%d,dc=x", "%s", false), ("(associatedDomain=*)", "dc=x", "%d", true),
        ("(associatedDomain=*)", "dc=x", "%S", false), ("(associatedDomain=*%%)", "dc=x", "OK", true),
    ])
    func `a table is keyless when nothing of its answer depends on the key`(
        filter: String, base: String, format: String, isKeyless: Bool
    ) throws {
        #expect(
            try table(["query_filter": filter, "search_base": base, "result_format": format]).isKeyless == isKeyless)
    }

    @Test func `groups that multiply on every level are cut off`() async throws {
        var replies: [String: ScriptedDirectory.Reply] = [:]
        for level in 0..<40 {
            replies["cn=\(level)"] = .entries([
                LDAPEntry("cn=\(level)", ["member": ["cn=\(level + 1)", "cn=\(level + 1) "]])
            ])
            replies["cn=\(level) "] = replies["cn=\(level)"]
        }
        replies[Self.base] = replies["cn=0"]
        let asInPostfix = try table(["special_result_attribute": "member"], ScriptedDirectory(replies)) {
            $0.selfContainingGroups = .failAsPostfix
        }
        #expect(await asInPostfix.lookup(bytes("k")).outcome.text == "<unavailable>")
        let source = ScriptedDirectory(replies)
        let native = try table(["special_result_attribute": "member"], source)
        #expect(await native.lookup(bytes("k")).outcome.text == "<absent>")
        #expect(source.requests.count == 81)
    }

    // MARK: Trace

    @Test func `the answer tells its searches and where the values came from`() async throws {
        let source = ScriptedDirectory(Self.people.merging([Self.base: .entries([Self.group])]) { $1 })
        let table = try table(["result_attribute": "mail", "special_result_attribute": "member"], source)
        let steps = await table.lookup(bytes("k")).steps
        #expect(steps.count == 1)
        #expect(
            steps[0].event == .lookup(table: "ldap:test", key: bytes("k"), result: .found(bytes("group@x,a@x,b@x"))))
        let search = steps[0].children[0]
        guard case .search(let server, _, _, _, let result) = search.event else {
            Issue.record("the first step is a search")
            return
        }
        #expect(server == "scripted" && result == .entries(1))
        #expect(search.manner?.provenance == .live)
        #expect(search.children[0].event == .entry(name: "cn=group", attribute: "mail", values: [bytes("group@x")]))
        #expect(
            search.children[2].children.first?.event == .entry(name: "cn=a", attribute: "mail", values: [bytes("a@x")]))
    }
}
