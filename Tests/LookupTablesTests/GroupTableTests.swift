import Directory
import LDAP
import LookupTables
import PostroomTesting
import Testing

/// Groups whose directory the test writes itself.
@Suite struct `A group table` {
    private func table(
        _ source: any DirectorySource, _ change: (inout GroupTableOptions) -> Void = { _ in }
    ) throws -> GroupTable {
        var options = GroupTableOptions()
        options.searchBase = bytes("dc=x")
        change(&options)
        return try GroupTable(name: "group:test", options: options, source: source)
    }

    private func people(_ group: LDAPEntry, _ others: [String: ScriptedDirectory.Reply] = [:]) -> ScriptedDirectory {
        var replies: [String: ScriptedDirectory.Reply] = ["dc=x": .entries([group])]
        for name in ["a", "b", "c"] {
            replies["cn=\(name)"] = .entries([LDAPEntry("cn=\(name)", ["mail": ["\(name)@x"]])])
        }
        return ScriptedDirectory(replies.merging(others) { $1 })
    }

    @Test func `one search that fails leaves no answer, and nothing more is asked`() async throws {
        let members = (0..<200).map { "cn=\($0)" }
        let failing = Dictionary(uniqueKeysWithValues: members.map { ($0, ScriptedDirectory.Reply.failed) })
        let source = people(LDAPEntry("cn=g", ["member": members]), failing)
        #expect(try await table(source).lookup(bytes("g@x")).outcome.text == "<unavailable>")
        // The group, and as many members as are read at the same time.
        #expect(source.requests.count <= 9)
        let onlyOne = people(LDAPEntry("cn=g", ["member": ["cn=a", "cn=b", "cn=c"]]), ["cn=b": .failed])
        #expect(try await table(onlyOne).lookup(bytes("g@x")).outcome.text == "<unavailable>")
    }

    @Test func `members that are missing, hidden or no DN are passed over, and the trace tells`() async throws {
        let source = people(
            LDAPEntry("cn=g", ["member": ["cn=gone", "cn=a", "", "nobody", "cn=hidden"]]),
            ["cn=gone": .noSuchObject, "cn=hidden": .entries([])])
        let answer = try await table(source).lookup(bytes("g@x"))
        #expect(answer.outcome.text == "a@x")
        #expect(
            answer.decisions.sorted() == [
                "\"\" is no DN: passed over", "\"nobody\" is no DN: passed over",
                "cn=gone is not there, or not to be seen: passed over",
                "cn=hidden is not there, or not to be seen: passed over",
            ])
    }

    @Test func `an entry without members is no group`() async throws {
        let answer = try await table(people(LDAPEntry("cn=a", ["mail": ["a@x"]]))).lookup(bytes("a@x"))
        #expect(answer.outcome == .absent)
        #expect(answer.decisions.first?.hasPrefix("cn=a is no group") == true)
    }

    @Test func `a person is known by every attribute's options, a name by its bit string`() async throws {
        let source = people(
            LDAPEntry("cn=g", ["uniqueMember": ["cn=a#'0101'B", "cn=b#''B", "cn=c"], "member;x-old": ["cn=d"]]),
            ["cn=d": .entries([LDAPEntry("cn=d", ["mail;lang-de": ["d@x"]])])])
        #expect(try await table(source).lookup(bytes("g@x")).outcome.text == "a@x,b@x,c@x,d@x")
    }

    @Test func `addresses come once, in the order of the values, as elements of an address list`() async throws {
        let source = people(
            LDAPEntry(
                "cn=g",
                ["rfc822Member": ["Z@x", "a,b@x", "z@X", "i@x, j@x", "\"q,r\"@x", "Doe <d@x>"], "member": ["cn=a"]]))
        #expect(
            try await table(source).lookup(bytes("g@x")).outcome.text
                == "Z@x,\"a,b\"@x,i@x, j@x,\"q,r\"@x,Doe <d@x>,a@x")
    }

    @Test func `the first attribute that a member has gives its addresses`() async throws {
        let source = people(
            LDAPEntry("cn=g", ["member": ["cn=a", "cn=m"]]),
            ["cn=m": .entries([LDAPEntry("cn=m", ["mail": ["m@x"], "maildrop": ["m1@y", "m2@y"]])])])
        let table = try table(source) { $0.memberAddressAttributes = ["maildrop", "mail"] }
        #expect(await table.lookup(bytes("g@x")).outcome.text == "a@x,m1@y,m2@y")
    }

    @Test func `addresses can be made of other values`() async throws {
        let source = people(
            LDAPEntry("cn=g", ["member": ["cn=m"], "rfc822Member": ["z@y"]]),
            ["cn=m": .entries([LDAPEntry("cn=m", ["uid": ["m"]])])])
        let table = try table(source) {
            $0.memberAddressAttributes = ["uid"]
            $0.resultFormat = bytes("%s@example.org")
        }
        #expect(await table.lookup(bytes("g@x")).outcome.text == "z@y,m@example.org")
    }

    @Test(arguments: [
        ("ldap://elsewhere.example/ou=p?mail?one?(cn=*)", "ou=p", SearchScope.one, ["mail"]),
        ("ldap:///ou=p??sub", "ou=p", .sub, ["maildrop", "mail"]),
        ("ldaps:///ou=p?cn", "ou=p", .base, ["maildrop", "mail"]),
    ])
    func `a search URL gives base, scope and attributes, never the host`(
        url: String, base: String, scope: SearchScope, attributes: [String]
    ) async throws {
        let source = people(
            LDAPEntry("cn=g", ["memberURL": [url]]), ["ou=p": .entries([LDAPEntry("cn=a", ["mail": ["a@x"]])])])
        let table = try table(source) { $0.memberAddressAttributes = ["maildrop", "mail"] }
        #expect(await table.lookup(bytes("g@x")).outcome.text == "a@x")
        let request = try #require(source.requests.last)
        #expect(request.base == base && request.scope == scope)
        #expect(request.attributes.filter { ["mail", "maildrop"].contains($0) } == attributes)
    }

    @Test func `a search URL or filter that can't be read leaves no answer, one that is no search is passed over`()
        async throws
    {
        let bad = people(LDAPEntry("cn=g", ["member": ["cn=a"], "memberURL": ["ldap:///dc=x??sub?(cn=a"]]))
        #expect(try await table(bad).lookup(bytes("g@x")).outcome.text == "<unavailable>")
        let filter = people(LDAPEntry("cn=g", ["member": ["cn=a"], "filterMember": ["(cn=a"]]))
        #expect(try await table(filter).lookup(bytes("g@x")).outcome.text == "<unavailable>")
        let other = people(LDAPEntry("cn=g", ["member": ["cn=a"], "memberURL": ["https://x.example/"]]))
        #expect(try await table(other).lookup(bytes("g@x")).outcome.text == "a@x")
    }

    @Test(arguments: [(20, "p@x"), (21, "<unavailable>")])
    func `groups may be nested twenty deep`(groups: Int, expected: String) async throws {
        var replies: [String: ScriptedDirectory.Reply] = [:]
        for level in 1..<groups {
            replies["cn=\(level)"] = .entries([LDAPEntry("cn=\(level)", ["member": ["cn=\(level + 1)"]])])
        }
        replies["dc=x"] = replies["cn=1"]
        replies["cn=\(groups)"] = .entries([LDAPEntry("cn=\(groups)", ["member": ["cn=p"]])])
        replies["cn=p"] = .entries([LDAPEntry("cn=p", ["mail": ["p@x"]])])
        #expect(try await table(ScriptedDirectory(replies)).lookup(bytes("g@x")).outcome.text == expected)
    }

    @Test(arguments: [
        (3, 3, 100, "a@x,b@x,c@x"), (2, 3, 100, "<unavailable>"), (3, 2, 100, "<unavailable>"),
        (3, 3, 12, "a@x,b@x,c@x"), (3, 3, 11, "<unavailable>"),
    ])
    func `a limit that is hit is no answer, never a part of the members`(
        entries: Int, addresses: Int, octets: Int, expected: String
    ) async throws {
        let table = try table(people(LDAPEntry("cn=g", ["member": ["cn=a", "cn=b", "cn=c"]]))) {
            $0.limits.entries = entries
            $0.limits.addresses = addresses
            $0.limits.octets = octets
        }
        #expect(await table.lookup(bytes("g@x")).outcome.text == expected)
    }

    @Test func `an expansion whose time is over is no answer`() async throws {
        let table = try table(people(LDAPEntry("cn=g", ["member": ["cn=a"]]))) { $0.limits.time = .zero }
        #expect(await table.lookup(bytes("g@x")).outcome.text == "<unavailable>")
    }

    @Test func `entries that one search finds count as members`() async throws {
        let found = (0..<5).map { LDAPEntry("cn=\($0)", ["mail": ["\($0)@x"]]) }
        let source = people(LDAPEntry("cn=g", ["memberURL": ["ldap:///ou=p??sub"]]), ["ou=p": .entries(found)])
        let narrow = try table(source) { $0.limits.entries = 4 }
        #expect(await narrow.lookup(bytes("g@x")).outcome.text == "<unavailable>")
        #expect(try await table(source).lookup(bytes("g@x")).outcome.text == "0@x,1@x,2@x,3@x,4@x")
    }

    @Test func `keys are checked as other tables check them`() async throws {
        let source = ScriptedDirectory([:])
        let table = try table(source) {
            $0.queryFilter = bytes("(&(cn=%u)(dc=%d))")
            $0.domain = try? MatchList(name: "domain", parsing: "example.org".utf8)
        }
        for key in ["g", "@example.org", "g@example.com"] {
            #expect(await table.lookup(bytes(key)).outcome == .absent)
        }
        #expect(await table.lookup([0x61, 0xFF]).outcome == .absent)
        #expect(source.requests.isEmpty)
        let missing = try self.table(ScriptedDirectory(["dc=x": .noSuchObject]))
        #expect(await missing.lookup(bytes("g@x")).outcome.text == "<unavailable>")
    }

    @Test func `what is wrong with the options is told together`() {
        let faults = #expect(throws: TableFaults.self) {
            try table(ScriptedDirectory([:])) {
                $0.queryFilter = bytes("(%s=x)")
                $0.uidFilter = bytes("(uid=*)")
                $0.memberSearchBase = "people"
                $0.memberAddressAttributes = []
                $0.resultFormat = bytes("%")
            }
        }
        #expect(faults?.faults.count == 5)
    }

    @Test func `members that Active Directory gives in ranges are read whole`() async throws {
        let done = ScriptedLDAPServer.Step.reply(.searchResultDone(LDAPResult(.success)))
        @Sendable func members(_ range: String, _ numbers: Range<Int>) -> LDAPAttribute {
            LDAPAttribute(AttributeDescription("member;range=\(range)"), numbers.map { bytes("cn=u\($0),dc=x") })
        }
        try await ScriptedLDAPServer.withServer({ message in
            guard case .searchRequest(let request) = message.operation else {
                return [.reply(.bindResponse(LDAPResult(.success), serverCredentials: nil))]
            }
            let entry: LDAPEntry
            switch (request.base, request.attributes.first) {
            case ("dc=x", _):
                entry = LDAPEntry(
                    name: "cn=g,dc=x", attributes: [LDAPAttribute("member", []), members("0-1499", 0..<1500)])
            case ("cn=g,dc=x", "member;range=1500-*"?):
                entry = LDAPEntry(name: "cn=g,dc=x", attributes: [members("1500-*", 1500..<2100)])
            default:
                let name = request.base.dropFirst(3).prefix { $0 != "," }
                entry = LDAPEntry(request.base, ["mail": ["\(name)@x"]])
            }
            return [.reply(.searchResultEntry(entry)), done]
        }) { server in
            let client = try LDAPClient(LDAPClientConfiguration(servers: [server.url]))
            let answer = try await table(LDAPServers(client)).lookup(bytes("g@x"))
            await client.shutDown()
            #expect(answer.outcome.text == (0..<2100).map { "u\($0)@x" }.joined(separator: ","))
        }
    }
}

extension Answer {
    /// What rules decided, in order.
    var decisions: [String] {
        var result: [String] = []
        var pending = Array(steps.reversed())
        while let step = pending.popLast() {
            if case .decision(_, let text) = step.event { result.append(text) }
            pending += step.children.reversed()
        }
        return result
    }
}
