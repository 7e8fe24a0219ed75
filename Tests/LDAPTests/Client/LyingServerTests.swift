import LDAP
import PostroomTesting
import Testing

/// Directories that don't keep to the protocol, or lie.
@Suite struct LyingServerTests {
    private static let success = LDAPResult(.success)
    private static let startTLSSuccess = LDAPOperation.extendedResponse(
        LDAPExtendedResponse(success, name: LDAPExtension.startTLS))

    @Test(arguments: [
        [ScriptedLDAPServer.Step.bytes([0x30, 0x05, 0x02, 0x01, 0x01, 0x65, 0x7F])],
        [.bytes(Array("HTTP/1.1 400 Bad Request\r\n".utf8))],
        [.bytes([0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF])],
        [.message(LDAPMessage(id: 4711, operation: .searchResultDone(success)))],
        [.reply(.bindResponse(success, serverCredentials: nil))],
        [.reply(.searchRequest(everything))],
    ])
    func `nonsense ends the connection and the search`(steps: [ScriptedLDAPServer.Step]) async throws {
        try await ScriptedLDAPServer.withServer({ _ in steps }) { server in
            let connection = try await connect(server)
            #expect(await code { try await connection.search(everything) } == .protocolViolation)
            #expect(connection.isClosed)
        }
    }

    @Test func `half a message and then the end is a lost connection`() async throws {
        let whole = LDAPMessage(id: 1, operation: .searchResultDone(Self.success)).encoded
        try await ScriptedLDAPServer.withServer({ _ in [.bytes(Array(whole.dropLast())), .close] }) { server in
            let connection = try await connect(server)
            #expect(await code { try await connection.search(everything) } == .connectionLost)
        }
    }

    @Test func `a message longer than allowed is not gathered`() async throws {
        let entry = LDAPEntry(name: "o=x", attributes: [LDAPAttribute("o", [[UInt8](repeating: 0, count: 5000)])])
        let front = Array(LDAPMessage(id: 1, operation: .searchResultEntry(entry)).encoded.prefix(100))
        try await ScriptedLDAPServer.withServer({ _ in [.bytes(front)] }) { server in
            let connection = try await connect(server, maximumMessageLength: 4096)
            #expect(await code { try await connection.search(everything) } == .protocolViolation)
        }
    }

    @Test func `a notice of disconnection fails what is outstanding`() async throws {
        let notice = LDAPMessage(
            id: 0,
            operation: .extendedResponse(
                LDAPExtendedResponse(
                    LDAPResult(.unavailable, diagnosticMessage: "going down"), name: LDAPExtension.noticeOfDisconnection
                )))
        try await ScriptedLDAPServer.withServer({ _ in [.message(notice)] }) { server in
            let connection = try await connect(server)
            let error = await #expect(throws: LDAPError.self) { try await connection.search(everything) }
            #expect(error?.code == .connectionLost)
            #expect(error?.text.contains("going down") == true)
        }
    }

    @Test(arguments: [true, false])
    func `bytes in the clear behind the StartTLS response end the connection`(inOneWrite: Bool) async throws {
        let injected = LDAPMessage(id: 2, operation: .searchResultDone(Self.success))
        let steps: [ScriptedLDAPServer.Step] =
            [.reply(Self.startTLSSuccess)] + (inOneWrite ? [] : [.flush]) + [.message(injected)]
        try await ScriptedLDAPServer.withServer({ _ in steps }) { server in
            let connection = try await connect(server)
            let failure = await code { try await connection.startTLS() }
            #expect(failure == .protocolViolation || failure == .tlsFailed)
            #expect(await code { try await connection.search(everything) } != nil)
            // No request but StartTLS was ever readable.
            #expect(server.requests.count == 1)
        }
    }

    @Test func `during StartTLS nothing else is started, and StartTLS waits for nobody`() async throws {
        try await ScriptedLDAPServer.withServer({ _ in [] }) { server in
            let connection = try await connect(server)
            let securing = Task { await code { try await connection.startTLS(timeout: patience) } }
            await server.waitForRequests(1)
            #expect(await code { try await connection.search(everything) } == .operationInProgress)
            #expect(await code { try await connection.bind(name: "cn=x", password: "y") } == .operationInProgress)
            await connection.unbind()
            #expect(await securing.value == .connectionLost)
        }
        try await ScriptedLDAPServer.withServer({ _ in [] }) { server in
            let connection = try await connect(server)
            let search = Task { await code { try await connection.search(everything) } }
            await server.waitForRequests(1)
            #expect(await code { try await connection.startTLS() } == .operationInProgress)
            #expect(server.requests.count == 1)
            await connection.unbind()
            #expect(await search.value == .connectionLost)
        }
    }

    @Test(arguments: [
        ResultCode.protocolError, .referral, .unavailable, .operationsError, .unwillingToPerform, .noSuchObject,
    ])
    func `a client that wants StartTLS sends nothing more to a server that refuses it`(refusal: ResultCode) async throws
    {
        let steps: [ScriptedLDAPServer.Step] = [
            .reply(.extendedResponse(LDAPExtendedResponse(LDAPResult(refusal, referrals: ["ldap://169.254.169.254/"]))))
        ]
        try await ScriptedLDAPServer.withServer({ _ in steps }) { server in
            let client = try LDAPClient(
                LDAPClientConfiguration(
                    servers: [server.url], identity: .simple(name: "cn=x", password: "canary"), startTLS: true))
            let error = await #expect(throws: LDAPError.self) { try await client.search(everything) }
            #expect(error?.code == .refused(refusal))
            #expect(error?.description.contains("canary") == false)
            guard case .unavailable = await client.checkPassword(name: "cn=y", password: "canary") else {
                Issue.record("nobody said yes or no")
                return
            }
            for request in server.requests {
                switch request.operation {
                case .extendedRequest(let request): #expect(request.name == LDAPExtension.startTLS)
                case .unbindRequest: break
                default: Issue.record("\(request) was sent in the clear")
                }
            }
            #expect(server.undecodable.isEmpty)
            await client.shutDown()
        }
    }

    @Test func `a task that is cancelled abandons its search, and the late answer is ignored`() async throws {
        let answers: ScriptedLDAPServer.Script = { request in
            switch request.operation {
            case .abandonRequest(let id):
                [.message(LDAPMessage(id: id, operation: .searchResultDone(Self.success)))]
            case .compareRequest: [.reply(.compareResponse(LDAPResult(.compareTrue)))]
            default: []
            }
        }
        try await ScriptedLDAPServer.withServer(answers) { server in
            let connection = try await connect(server)
            let search = Task { try await connection.search(everything) }
            await server.waitForRequests(1)
            search.cancel()
            await #expect(throws: CancellationError.self) { try await search.value }
            await server.waitForRequests(2)
            #expect(server.requests.last?.operation == .abandonRequest(id: server.requests[0].id))
            #expect(try await connection.compare(name: "o=x", attribute: "o", value: bytes("x")))

            let unstarted = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await connection.search(everything)
            }
            await #expect(throws: CancellationError.self) { try await unstarted.value }
            #expect(try await connection.outstandingOperations() == 0)
            #expect(server.requests.count == 3)
        }
    }

    @Test func `a search whose time is over is abandoned while others go on`() async throws {
        let answers: ScriptedLDAPServer.Script = { request in
            if case .compareRequest = request.operation {
                [.reply(.compareResponse(LDAPResult(.compareTrue)))]
            } else {
                []
            }
        }
        try await ScriptedLDAPServer.withServer(answers) { server in
            let connection = try await connect(server)
            // Long enough for the other operation to be answered within it, however busy the machine is.
            let search = Task { await code { try await connection.search(everything, timeout: .seconds(5)) } }
            await server.waitForRequests(1)
            #expect(try await connection.compare(name: "o=x", attribute: "o", value: bytes("x")))
            #expect(await search.value == .timedOut)
            await server.waitForRequests(3)
            #expect(server.requests.last?.operation == .abandonRequest(id: server.requests[0].id))
            #expect(try await connection.compare(name: "o=x", attribute: "o", value: bytes("x")))
        }
    }

    @Test func `continuation references are gathered, never followed`() async throws {
        let answers: ScriptedLDAPServer.Script = { _ in
            [.reply(.searchResultReference(["ldap://169.254.169.254/"])), .reply(.searchResultDone(Self.success))]
        }
        try await ScriptedLDAPServer.withServer(answers) { server in
            let result = try await connect(server).search(everything)
            #expect(result.references == ["ldap://169.254.169.254/"])
            #expect(result.entries.isEmpty)
            #expect(server.connections == 1)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [0, 400])
    func `pages without end, empty or full, are given up`(valueSize: Int) async throws {
        let more = PagedResults(size: 0, cookie: [1]).control()
        let entry = LDAPEntry(
            name: "o=x", attributes: [LDAPAttribute("o", [[UInt8](repeating: 0x61, count: valueSize)])])
        let answers: ScriptedLDAPServer.Script = { request in
            guard case .searchRequest = request.operation else { return [] }
            return (valueSize > 0 ? [.reply(.searchResultEntry(entry))] : [])
                + [.message(LDAPMessage(id: request.id, operation: .searchResultDone(Self.success), controls: [more]))]
        }
        try await ScriptedLDAPServer.withServer(answers) { server in
            var configuration = LDAPClientConfiguration(servers: [server.url])
            configuration.searchLimits = LDAPSearchLimits(maximumEntries: 1_000_000, maximumBytes: 20_000)
            let client = try LDAPClient(configuration)
            let failure = await code { _ = try await client.pagedSearch(everything, pageSize: 1) }
            #expect(failure == (valueSize > 0 ? .tooManyResults : .protocolViolation))
            await client.shutDown()
        }
    }
}
