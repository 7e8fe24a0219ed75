import DNS
import PostroomTesting
import Testing

@Suite struct UnboundFailureTests {
    private static func silentResolver(
        _ server: SilentNameServer, timeLimit: Duration, _ change: (inout UnboundOptions) -> Void = { _ in }
    ) async throws -> UnboundResolver {
        var options = UnboundOptions()
        options.servers = .forwarders([try #require(DNSServerAddress(server.address))])
        options.validation = .off
        options.hostsFile = nil
        options.timeLimit = timeLimit
        change(&options)
        return try await UnboundResolver.open(options)
    }

    @Test func `a server that is down is unavailable, and asked again when it is up`() async throws {
        let zones = [NameServerZone("example.test", "mail A 192.0.2.25\nother A 192.0.2.26")]
        try await UnboundResolverTests.withResolver(zones, anchors: []) { resolver, server in
            await server.stop()
            let down = await resolver.addresses(of: try named("mail.example.test"), .v4)
            #expect(down.reason != nil)
            try await server.start()
            let deadline = ContinuousClock.now + .seconds(120)
            let other = try named("other.example.test")
            while await resolver.addresses(of: other, .v4).records.isEmpty {
                try #require(ContinuousClock.now < deadline, "a server that came back is never asked again")
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    @Test func `a server that refuses to answer is unavailable`() async throws {
        try await UnboundResolverTests.withResolver([NameServerZone("example.test", "")], anchors: []) { resolver, _ in
            let answer = await resolver.addresses(of: try named("elsewhere.example"), .v4)
            #expect(answer.reason != nil)
        }
    }

    @Test func `a server that never answers is unavailable when the time is over`() async throws {
        let silent = try SilentNameServer()
        let resolver = try await Self.silentResolver(silent, timeLimit: .milliseconds(300))
        let answer = await resolver.addresses(of: try named("mail.example.org"), .v4)
        #expect(answer.reason?.contains("within the time limit") == true)
        #expect(resolver.lookupsAwaited == 0)
        await resolver.shutDown()
    }

    @Test func `a cancelled task gets its answer at once, and nobody else's is lost`() async throws {
        let silent = try SilentNameServer()
        let resolver = try await Self.silentResolver(silent, timeLimit: .seconds(600))
        let name = try named("mail.example.org")
        let lookup = Task { await resolver.addresses(of: name, .v4) }
        while resolver.lookupsAwaited == 0 { try await Task.sleep(for: .milliseconds(5)) }
        lookup.cancel()
        #expect(await lookup.value.reason?.contains("cancelled") == true)
        #expect(resolver.lookupsAwaited == 0)

        let before = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await resolver.addresses(of: name, .v4)
        }
        #expect(await before.value.reason?.contains("cancelled") == true)
        #expect(resolver.lookupsAwaited == 0)
        await resolver.shutDown()
    }

    @Test func `shutting down answers everybody who waits, and everybody who asks later`() async throws {
        let silent = try SilentNameServer()
        let resolver = try await Self.silentResolver(silent, timeLimit: .seconds(600))
        let name = try named("mail.example.org")
        await withTaskGroup { group in
            for _ in 0..<50 { group.addTask { await resolver.addresses(of: name, .v4).reason } }
            while resolver.lookupsAwaited < 50 { await Task.yield() }
            await resolver.shutDown()
            for await reason in group { #expect(reason?.contains("closed") == true) }
        }
        #expect(await resolver.texts(of: name).reason?.contains("closed") == true)
        await resolver.shutDown()
    }

    @Test func `beyond the bound a lookup is unavailable at once, and below it lookups wait their turn`() async throws {
        let silent = try SilentNameServer()
        let resolver = try await Self.silentResolver(silent, timeLimit: .seconds(600)) {
            $0.maximumLookupsInFlight = 2
            $0.maximumWaiting = 5
        }
        let waiting = try (0..<5).map { number in
            let name = try named("mail\(number).example.org")
            return Task { await resolver.addresses(of: name, .v4).reason }
        }
        while resolver.lookupsAwaited < 5 { try await Task.sleep(for: .milliseconds(5)) }
        let refused = await resolver.addresses(of: try named("more.example.org"), .v4)
        #expect(refused.reason?.contains("too many") == true)
        for task in waiting { task.cancel() }
        for task in waiting { #expect(await task.value?.contains("cancelled") == true) }
        await resolver.shutDown()
    }

    @Test func `two thousand lookups at once are all answered`() async throws {
        let records = (0..<2000).map { "host\($0) A 198.51.\(100 + $0 / 250).\($0 % 250)" }.joined(separator: "\n")
        let zone = NameServerZone("example.test", records, isSigned: true)
        try await UnboundResolverTests.withResolver([zone], { $0.timeLimit = .seconds(120) }) { resolver, _ in
            let found = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<2000 {
                    group.addTask {
                        guard let name = DNSName("host\(number).example.test") else { return false }
                        let answer = await resolver.addresses(of: name, .v4)
                        let expected = "198.51.\(100 + number / 250).\(number % 250)"
                        return answer.records.map(\.description) == [expected] && answer.foundRecords?.isSecure == true
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(found == 2000)
            #expect(resolver.lookupsAwaited == 0)
        }
    }

    @Test func `options that can't be used are told at once`() async throws {
        var options = UnboundOptions()
        options.trustAnchorFile = "/nowhere/root.key"
        await #expect(throws: UnboundFailure.self) { try await UnboundResolver.open(options) }
        options.trustAnchorFile = nil
        options.trustAnchors = ["this is no record"]
        await #expect(throws: UnboundFailure.self) { try await UnboundResolver.open(options) }
        options.trustAnchors = []
        options.servers = .forwarders([])
        await #expect(throws: UnboundFailure.self) { try await UnboundResolver.open(options) }
    }

    @Test func `a server's address may have a port`() {
        #expect(DNSServerAddress("192.0.2.1")?.port == 53)
        #expect(DNSServerAddress("2001:db8::1@5353")?.description == "2001:db8::1@5353")
        #expect(DNSServerAddress("192.0.2.1@0") == nil)
        #expect(DNSServerAddress("192.0.2.1@65536") == nil)
        #expect(DNSServerAddress("dns.example@53") == nil)
    }
}
