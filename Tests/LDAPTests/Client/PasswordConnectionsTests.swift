import LDAP
import Logging
import PostroomTesting
import Testing

@Suite struct PasswordConnectionsTests {
    @Test func `who waits for a connection to check a password on waits no longer than an operation may take`()
        async throws
    {
        // Never answers a bind.
        try await ScriptedLDAPServer.withServer({ _ in [] }) { server in
            let client = try LDAPClient(
                LDAPClientConfiguration(
                    servers: [server.url], operationTimeout: .milliseconds(300), passwordConnections: 1))
            let verdicts = await withTaskGroup(of: LDAPPasswordVerdict.self) { group in
                for _ in 0..<20 { group.addTask { await client.checkPassword(name: "cn=x", password: "canary") } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(verdicts.count == 20)
            for verdict in verdicts {
                guard case .unavailable(let error) = verdict else {
                    Issue.record("\(verdict) from a server that is silent")
                    continue
                }
                #expect(error.isTransient)
                #expect(!error.description.contains("canary"))
            }
            // One after the other they would all have come to the server.
            #expect(server.requests.count < 10)
            await client.shutDown()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a check that is cancelled when its connection has just been made closes it`() async throws {
        try await ScriptedLDAPServer.withServer({ _ in [] }) { server in
            let client = try LDAPClient(
                LDAPClientConfiguration(servers: [server.url]),
                logger: Logger(label: "cancelling") { _ in CancellingLog() })
            let verdict = await Task { await client.checkPassword(name: "cn=x", password: "canary") }.value
            guard case .unavailable = verdict else {
                Issue.record("\(verdict) of a check that was cancelled")
                return
            }
            await server.waitForRequests(1)
            #expect(server.requests.map(\.operation) == [.unbindRequest])
            await client.shutDown()
        }
    }
}

/// Cancels the task that says that it has connected: a client that goes away at that very moment.
private struct CancellingLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        guard event.message.description.hasPrefix("connected") else { return }
        withUnsafeCurrentTask { $0?.cancel() }
    }
}
