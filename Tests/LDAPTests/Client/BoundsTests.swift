import LDAP
import PostroomTesting
import Testing

@Suite struct BoundsTests {
    @Test func `only so many operations are outstanding at the server; the others wait and can be cancelled`()
        async throws
    {
        try await ScriptedLDAPServer.withServer({ request in
            if case .compareRequest = request.operation {
                []
            } else {
                [.reply(.searchResultDone(LDAPResult(.success)))]
            }
        }) { server in
            let connection = try await LDAPConnection.connect(
                to: server.url, tls: LDAPTLSContext(),
                options: LDAPConnectionOptions(
                    connectTimeout: patience, operationTimeout: patience, maximumOutstanding: 2))
            let compare = { @Sendable in
                try await connection.compare(name: "o=x", attribute: "o", value: [], timeout: patience)
            }
            let holding = [Task { try await compare() }, Task { try await compare() }]
            await server.waitForRequests(2)
            let cancelled = Task { try await connection.search(everything) }
            let expired = Task { await code { try await connection.search(everything, timeout: .milliseconds(50)) } }
            #expect(await expired.value == .timedOut)
            cancelled.cancel()
            await #expect(throws: CancellationError.self) { try await cancelled.value }
            #expect(server.requests.count == 2)
            let waiting = Task { try await connection.search(everything) }
            holding[0].cancel()
            #expect(try await waiting.value.entries.isEmpty)
            await connection.unbind()
            await #expect(throws: LDAPError.self) { try await holding[1].value }
        }
    }
}
