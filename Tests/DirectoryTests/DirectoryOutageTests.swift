import Directory
import LDAP
import PostroomTesting
import Testing

/// The whole chain, cache before guard before servers, with a real server that fails.
@Suite struct DirectoryOutageTests {
    /// Not all attributes: an answer with a password in it is not kept.
    private let request = SearchRequest(
        base: "dc=example,dc=com", filter: .equality("uid", bytes("mail001")), attributes: ["maildrop"])
    private let unknown = SearchRequest(base: "dc=example,dc=com", filter: .equality("uid", bytes("nobody")))

    private func isEmpty(_ outcome: DirectorySearchOutcome) -> Bool {
        if case .entries(let entries) = outcome { entries.isEmpty } else { false }
    }

    private func isUnreachable(_ outcome: DirectorySearchOutcome) -> Bool {
        if case .failed(let reason) = outcome { reason.kind == .unreachable } else { false }
    }

    @Test(arguments: [TCPFaultProxy.Mode.refuse, .hold])
    func `given a lost network, then found ones are served stale, absent ones fail, and all is well when it is back`(
        mode: TCPFaultProxy.Mode
    ) async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            try await TCPFaultProxy.withProxy(to: slapd.port) { proxy in
                let servers = LDAPServers(
                    try LDAPClient(
                        LDAPClientConfiguration(
                            servers: [LDAPURL(parsing: "ldap://127.0.0.1:\(proxy.port)")],
                            identity: .simple(name: slapd.bindDN, password: LDAPPassword(slapd.bindPassword)),
                            connectTimeout: .seconds(2), operationTimeout: .seconds(2))))
                let clock = SharedClock()
                let cached = CachedDirectory(
                    ShrinkingGuard(servers, now: { clock.now }),
                    options: DirectoryCacheOptions(retryInterval: .seconds(5)), now: { clock.now })
                #expect(await cached.answer(request).provenance == .live)
                let before = await cached.search(unknown)
                #expect(isEmpty(before))
                try await proxy.set(mode)
                if case .refuse = mode { try await proxy.drop(reset: true) }
                clock.advance(by: .seconds(301))
                #expect(await cached.answer(request).provenance == .stale(age: .seconds(301)))
                let during = await cached.search(unknown)
                #expect(isUnreachable(during))
                try await proxy.set(.forward)
                // A pause between attempts lies behind, at some time.
                var answer = await cached.answer(request)
                while answer.provenance != .live {
                    clock.advance(by: .seconds(6))
                    try await Task.sleep(for: .milliseconds(20))
                    answer = await cached.answer(request)
                }
                guard case .entries(let entries) = answer.outcome else {
                    Issue.record("the server is back")
                    return
                }
                #expect(entries.count == 1)
                let after = await cached.search(unknown)
                #expect(isEmpty(after))
                await servers.shutDown()
            }
        }
    }
}
