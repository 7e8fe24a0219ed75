import Directory
import LDAP
import PostroomTesting
import Testing

@Suite struct LDAPServersTests {
    private func servers(
        _ urls: [String], name: String, password: String, timeout: Duration = .seconds(120)
    ) throws -> LDAPServers {
        LDAPServers(
            try LDAPClient(
                LDAPClientConfiguration(
                    servers: urls.map { try LDAPURL(parsing: $0) },
                    identity: .simple(name: name, password: LDAPPassword(password)), operationTimeout: timeout)))
    }

    private let search = SearchRequest(base: "dc=example,dc=com", filter: .equality("uid", bytes("mail001")))

    private func reason(_ outcome: DirectorySearchOutcome) -> UnavailableReason? {
        if case .failed(let reason) = outcome { reason } else { nil }
    }

    @Test func `a server's answers are answers`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            let servers = try servers([slapd.url], name: slapd.bindDN, password: slapd.bindPassword)
            #expect(servers.name == slapd.url)
            guard case .entries(let entries) = await servers.search(search) else {
                Issue.record("the entry is found")
                return
            }
            #expect(entries.map(\.name) == ["uid=mail001,ou=Mail,dc=example,dc=com"])
            var elsewhere = search
            elsewhere.base = "ou=none,dc=example,dc=com"
            guard case .noSuchObject = await servers.search(elsewhere) else {
                Issue.record("a missing base is noSuchObject")
                return
            }
            let user = entries[0].name
            #expect(await servers.checkPassword(name: user, password: bytes("mail001pw")) == .accepted)
            #expect(await servers.checkPassword(name: user, password: bytes("wrong")) == .rejected)
            #expect(await servers.checkPassword(name: user, password: []) == .rejected)
            #expect(await servers.checkPassword(name: "uid=none,\(slapd.directory.suffix)", password: [1]) == .rejected)
            await servers.shutDown()
        }
    }

    @Test func `a server that is down is unreachable, and named`() async throws {
        let url = "ldap://127.0.0.1:\(try LoopbackPort.free())"
        let servers = try servers([url], name: "cn=reader", password: "readerpw")
        let reason = try #require(reason(await servers.search(search)))
        #expect(reason.kind == .unreachable && reason.text.contains(url) && !reason.text.contains("readerpw"))
        guard case .unavailable = await servers.checkPassword(name: "cn=a", password: bytes("x")) else {
            Issue.record("nobody said no")
            return
        }
        await servers.shutDown()
    }

    @Test func `a refused service bind is the setting's fault`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            let servers = try servers([slapd.url], name: slapd.bindDN, password: "wrong-secret")
            let reason = try #require(reason(await servers.search(search)))
            #expect(reason.kind == .misconfigured && reason.text.contains("check the bind name"))
            #expect(!reason.text.contains("wrong-secret"))
            await servers.shutDown()
        }
    }

    @Test func `entries that a limit kept back are no answer`() async throws {
        try await Slapd.withServer(.vennedey, sizeLimit: 2) { slapd in
            let servers = try servers([slapd.url], name: slapd.bindDN, password: slapd.bindPassword)
            let all = SearchRequest(base: "dc=example,dc=com", filter: .present("objectClass"))
            #expect(reason(await servers.search(all))?.kind == .incomplete)
            await servers.shutDown()
        }
    }

    @Test func `a server that stops answering is unreachable in time`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            let servers = try servers(
                [slapd.url], name: slapd.bindDN, password: slapd.bindPassword, timeout: .milliseconds(200))
            _ = await servers.search(search)
            try await slapd.pause()
            #expect(reason(await servers.search(search))?.kind == .unreachable)
            slapd.resume()
            await servers.shutDown()
        }
    }

    @Test func `entries that come only page by page come all`() async throws {
        try await Slapd.withServer(
            .vennedey, databaseSettings: ["olcLimits: {0}* size.soft=3 size.hard=3 size.prtotal=unlimited"]
        ) { slapd in
            let servers = try servers([slapd.url], name: slapd.bindDN, password: slapd.bindPassword)
            let all = SearchRequest(base: "dc=example,dc=com", filter: .present("uid"), attributes: ["uid"])
            guard case .entries(let entries) = await servers.search(all) else {
                Issue.record("all of them come")
                return
            }
            #expect(entries.count > 3)
            await servers.shutDown()
        }
    }

    @Test func `several servers are asked in order, and the first again when it is back`() async throws {
        try await Slapd.withServer(.vennedey) { first in
            try await Slapd.withServer(.vennedey) { second in
                // Only the second has it.
                try await second.add(
                    "dn: uid=second,ou=Mail,dc=example,dc=com\nobjectClass: account\nuid: second\n")
                let mark = SearchRequest(base: "dc=example,dc=com", filter: .equality("uid", bytes("second")))
                let servers = try servers([first.url, second.url], name: first.bindDN, password: first.bindPassword)
                func marks() async -> Int? {
                    if case .entries(let entries) = await servers.search(mark) { entries.count } else { nil }
                }
                #expect(await marks() == 0)
                await first.kill()
                while await marks() != 1 { try await Task.sleep(for: .milliseconds(10)) }
                try await first.start()
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await servers.run() }
                    while await marks() != 0 { try? await Task.sleep(for: .milliseconds(10)) }
                    group.cancelAll()
                }
                await servers.shutDown()
            }
        }
    }

    @Test func `a group beyond Active Directory's range limit comes whole`() async throws {
        @Sendable func members(_ range: ClosedRange<Int>, isLast: Bool) -> LDAPAttribute {
            LDAPAttribute(
                AttributeDescription("member;range=\(range.lowerBound)-\(isLast ? "*" : "\(range.upperBound)")"),
                range.map { bytes("cn=m\($0)") })
        }
        try await ScriptedLDAPServer.withServer({ message in
            guard case .searchRequest(let request) = message.operation else {
                return [.reply(.bindResponse(LDAPResult(.success), serverCredentials: nil))]
            }
            let part =
                switch request.attributes {
                case ["member;range=1500-*"]: members(1500...2999, isLast: false)
                case ["member;range=3000-*"]: members(3000...3499, isLast: true)
                default: members(0...1499, isLast: false)
                }
            return [
                .reply(.searchResultEntry(LDAPEntry(name: "cn=g", attributes: [LDAPAttribute("member", []), part]))),
                .reply(.searchResultDone(LDAPResult(.success))),
            ]
        }) { server in
            let servers = try servers([server.url.description], name: "cn=x", password: "y")
            guard
                case .entries(let entries) = await servers.search(
                    SearchRequest(base: "cn=g", filter: .present("cn"), attributes: ["member"]))
            else {
                Issue.record("the group is found")
                return
            }
            #expect(entries.map { $0["member"] } == [(0...3499).map { bytes("cn=m\($0)") }])
            await servers.shutDown()
        }
    }
}
