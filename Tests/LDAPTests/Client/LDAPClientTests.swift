import LDAP
import PostroomTesting
import Testing

@Suite struct LDAPClientTests {
    static func configuration(_ slapds: [Slapd], urls: [String]? = nil) throws -> LDAPClientConfiguration {
        let first = try #require(slapds.first)
        var configuration = LDAPClientConfiguration(
            servers: try (urls ?? slapds.map(\.url)).map { try LDAPURL(parsing: $0) },
            identity: .simple(name: first.bindDN, password: LDAPPassword(first.bindPassword)))
        configuration.connectTimeout = patience
        configuration.operationTimeout = patience
        return configuration
    }

    static func withClient<Value>(
        _ configuration: LDAPClientConfiguration, _ body: (LDAPClient) async throws -> Value
    ) async throws -> Value {
        let client = try LDAPClient(configuration)
        do {
            let value = try await body(client)
            await client.shutDown()
            return value
        } catch {
            await client.shutDown()
            throw error
        }
    }

    /// Again and again until it works: what is awaited comes on its own, but not at a known time.
    static func eventually(_ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try await !condition() {
            guard ContinuousClock.now < deadline else {
                Issue.record("it did not happen within a minute")
                return
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    static func answers(_ client: LDAPClient, _ slapd: Slapd) async throws -> Bool {
        do {
            return try await client.search(slapd.search("(uid=mail000)")).entries.count == 1
        } catch is LDAPError {
            return false
        }
    }

    @Test(arguments: [1, 4])
    func `many tasks search as the service account over a few connections`(connections: Int) async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            var configuration = try Self.configuration([slapd])
            configuration.connections = connections
            try await Self.withClient(configuration) { client in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<1000 {
                        group.addTask { try await client.search(slapd.search("(uid=mail003)")).entries.count == 1 }
                    }
                    for try await isFound in group { #expect(isFound) }
                }
                #expect(try await client.whoAmI() == "dn:\(slapd.bindDN)")
            }
        }
    }

    @Test func `every way to a server carries searches and password checks`() async throws {
        try await Slapd.withServer(.vennedey, tls: true) { slapd in
            for (url, startTLS) in [
                (slapd.url, false), (slapd.namedURL, true), (slapd.tlsURL, false), (slapd.socketURL, true),
            ] {
                var configuration = try Self.configuration([slapd], urls: [url])
                configuration.tls = slapd.trusting
                configuration.startTLS = startTLS
                try await Self.withClient(configuration) { client in
                    let isAnswered = try await Self.answers(client, slapd)
                    #expect(isAnswered)
                    let name = "uid=mail000,ou=Mail,\(slapd.directory.suffix)"
                    #expect(await client.checkPassword(name: name, password: "mail000pw") == .accepted)
                    #expect(await client.checkPassword(name: name, password: "mail001pw") == .rejected)
                }
            }
        }
    }

    @Test func `passwords are checked, and what is no yes and no no is unavailable`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            try await Self.withClient(Self.configuration([slapd])) { client in
                let mail = "ou=Mail,\(slapd.directory.suffix)"
                let name = "uid=mail003,\(mail)"
                #expect(await client.checkPassword(name: name, password: "jürgenpw") == .accepted)
                #expect(await client.checkPassword(name: name, password: "jürgenpX") == .rejected)
                #expect(await client.checkPassword(name: name, password: "") == .rejected)
                #expect(await client.checkPassword(name: "", password: "x") == .rejected)
                #expect(await client.checkPassword(name: "uid=nobody,\(mail)", password: "x") == .rejected)
                #expect(await client.checkPassword(name: "no name", password: "x") == .rejected)
                #expect(await client.checkPassword(name: mail, password: "x") == .rejected)
                // Searches are still the service account's.
                let identity = try await client.whoAmI()
                #expect(identity == "dn:\(slapd.bindDN)")
                await withTaskGroup(of: Void.self) { group in
                    for number in 0..<100 {
                        group.addTask {
                            let user = number % 10
                            let isRight = number.isMultiple(of: 3)
                            let verdict = await client.checkPassword(
                                name: "uid=mail00\(user),\(mail)",
                                password: isRight
                                    ? LDAPPassword(user == 3 ? "jürgenpw" : "mail00\(user)pw") : "mail011pw")
                            #expect(verdict == (isRight ? .accepted : .rejected))
                        }
                    }
                }
                await slapd.kill()
                let verdict = await client.checkPassword(name: name, password: "jürgenpw")
                guard case .unavailable(let error) = verdict else {
                    Issue.record("\(verdict) from a dead server")
                    return
                }
                #expect(error.isTransient)
                #expect(!"\(error)".contains("jürgenpw"))
            }
        }
    }

    @Test(arguments: [ResultCode.busy, .unavailable, .other, .operationsError, .strongerAuthRequired, .referral])
    func `a bind that is neither accepted nor refused is unavailable`(code: ResultCode) async throws {
        try await ScriptedLDAPServer.withServer({ _ in
            [.reply(.bindResponse(LDAPResult(code), serverCredentials: nil))]
        }) { server in
            let client = try LDAPClient(
                LDAPClientConfiguration(
                    servers: [server.url], connectTimeout: patience, operationTimeout: patience))
            guard case .unavailable = await client.checkPassword(name: "cn=x", password: "y") else {
                Issue.record("\(code) was taken for an answer")
                return
            }
            await client.shutDown()
        }
    }

    @Test func `a refused service account is tried once, not at every server`() async throws {
        let refuse: ScriptedLDAPServer.Script = { _ in
            [.reply(.bindResponse(LDAPResult(.invalidCredentials), serverCredentials: nil))]
        }
        try await ScriptedLDAPServer.withServer(refuse) { first in
            try await ScriptedLDAPServer.withServer(refuse) { second in
                let client = try LDAPClient(
                    LDAPClientConfiguration(
                        servers: [first.url, second.url], identity: .simple(name: "cn=x", password: "canary")))
                let error = await #expect(throws: LDAPError.self) { try await client.search(everything) }
                #expect(error?.code == .refused(.invalidCredentials))
                #expect(error?.text.contains("cn=x") == true)
                #expect(error?.text.contains("canary") == false)
                #expect(second.connections == 0)
                await client.shutDown()
            }
        }
    }

    @Test func `after a restart of the server the next search finds it`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            try await Self.withClient(Self.configuration([slapd])) { client in
                #expect(try await Self.answers(client, slapd))
                try await slapd.restart()
                try await Self.eventually { try await Self.answers(client, slapd) }
                await slapd.kill()
                let failure = await code { try await client.search(slapd.search("(uid=mail000)")) }
                #expect(failure == .connectFailed || failure == .connectionLost)
                try await slapd.start()
                try await Self.eventually { try await Self.answers(client, slapd) }
            }
        }
    }

    @Test func `a search on a connection that breaks is answered on a new one`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            try await TCPFaultProxy.withProxy(to: slapd.port) { proxy in
                let configuration = try Self.configuration([slapd], urls: ["ldap://127.0.0.1:\(proxy.port)"])
                try await Self.withClient(configuration) { client in
                    #expect(try await Self.answers(client, slapd))
                    try await proxy.set(.holdAnswers)
                    async let isAnswered = Self.answers(client, slapd)
                    try await proxy.drop(reset: true)
                    try await proxy.set(.forward)
                    #expect(try await isAnswered)
                }
            }
        }
    }

    @Test func `the next server takes over from one that dies, and the first is gone back to`() async throws {
        try await Slapd.withServer(.vennedey) { first in
            try await Slapd.withServer(.vennedey) { second in
                try await second.add(
                    "dn: cn=second,dc=example,dc=com\nobjectClass: person\ncn: second\nsn: second\n")
                let isSecond = { @Sendable (client: LDAPClient) in
                    try await client.search(first.search("(cn=second)")).entries.count == 1
                }
                try await Self.withClient(Self.configuration([first, second])) { client in
                    #expect(try await !isSecond(client))
                    await first.kill()
                    #expect(try await isSecond(client))
                    let name = "uid=mail000,ou=Mail,dc=example,dc=com"
                    #expect(await client.checkPassword(name: name, password: "mail000pw") == .accepted)
                    try await first.start()
                    await withTaskGroup(of: Void.self) { group in
                        group.addTask { await client.run() }
                        do {
                            try await Self.eventually { try await !isSecond(client) }
                        } catch {
                            Issue.record(error)
                        }
                        group.cancelAll()
                    }
                }
            }
        }
    }

    @Test(arguments: [ResultCode.busy, .unavailable])
    func `a server that says it can't is passed over`(refusal: ResultCode) async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            let refuse: ScriptedLDAPServer.Script = { request in
                switch request.operation {
                case .bindRequest: [.reply(.bindResponse(LDAPResult(.success), serverCredentials: nil))]
                case .searchRequest: [.reply(.searchResultDone(LDAPResult(refusal)))]
                default: []
                }
            }
            try await ScriptedLDAPServer.withServer(refuse) { busy in
                let urls = ["ldap://127.0.0.1:\(busy.port)", slapd.url]
                try await Self.withClient(Self.configuration([slapd], urls: urls)) { client in
                    let isAnswered = try await Self.answers(client, slapd)
                    #expect(isAnswered)
                }
                try await Self.withClient(Self.configuration([slapd], urls: [urls[0]])) { client in
                    #expect(await code { try await client.search(everything) } == .result(refusal))
                }
            }
        }
    }

    @Test func `a paused server is left for the next one`() async throws {
        try await Slapd.withServer(.vennedey) { first in
            try await Slapd.withServer(.vennedey) { second in
                var configuration = try Self.configuration([first, second])
                configuration.connectTimeout = .seconds(2)
                configuration.operationTimeout = .seconds(2)
                try await Self.withClient(configuration) { client in
                    try await Self.eventually { try await Self.answers(client, first) }
                    try await first.pause()
                    try await Self.eventually { try await Self.answers(client, first) }
                    first.resume()
                }
            }
        }
    }

    @Test func `an idle connection that leads nowhere any more is found and closed`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            try await TCPFaultProxy.withProxy(to: slapd.port) { proxy in
                var configuration = try Self.configuration([slapd], urls: ["ldap://127.0.0.1:\(proxy.port)"])
                configuration.idleCheckInterval = .milliseconds(50)
                configuration.connectTimeout = .milliseconds(500)
                try await Self.withClient(configuration) { client in
                    try await Self.eventually { try await Self.answers(client, slapd) }
                    try await proxy.set(.hold)
                    await withTaskGroup(of: Void.self) { group in
                        group.addTask { await client.run() }
                        do {
                            try await Self.eventually { try await proxy.openConnections() == 0 }
                        } catch {
                            Issue.record(error)
                        }
                        group.cancelAll()
                    }
                    try await proxy.set(.forward)
                    try await Self.eventually { try await Self.answers(client, slapd) }
                }
            }
        }
    }

    @Test func `when nobody answers the error names every server`() async throws {
        let ports = try [LoopbackPort.free(), LoopbackPort.free()]
        let client = try LDAPClient(
            LDAPClientConfiguration(servers: ports.map { LDAPURL(host: "127.0.0.1", port: $0) }))
        let error = await #expect(throws: LDAPError.self) { try await client.search(everything) }
        #expect(error?.isTransient == true)
        for port in ports { #expect(error?.text.contains("ldap://127.0.0.1:\(port)") == true) }
        // In the pause that follows, the same is said again without asking.
        let again = await #expect(throws: LDAPError.self) { try await client.search(everything) }
        #expect(again?.isTransient == true)
        await client.shutDown()
        #expect(await code { try await client.search(everything) } == .connectionLost)
    }

    @Test func `a change is not sent twice`() async throws {
        let drop: ScriptedLDAPServer.Script = { request in
            if case .modifyRequest = request.operation { [.close] } else { [] }
        }
        try await ScriptedLDAPServer.withServer(drop) { server in
            let client = try LDAPClient(
                LDAPClientConfiguration(
                    servers: [server.url], connectTimeout: patience, operationTimeout: patience))
            #expect(
                await code { try await client.modify(name: "o=x", [LDAPModification(.delete, "o")]) } == .connectionLost
            )
            #expect(server.requests.count == 1)
            await client.shutDown()
        }
    }
}
