import Blocking
import DNS
import Logging
import PostroomTesting
import Testing

@testable import Delivery

/// RFC 8461 §3.1, §3.2: what is read; §5.1: what is remembered.
struct STSPoliciesTests {
    private static let domain = "example.org"
    private let resolver = CannedResolver()
    private let clock = MovableClock()

    private func text(_ mode: String = "enforce", mx: String = "mx.example.org", age: Int64 = 604_800) -> String {
        "version: STSv1\r\nmode: \(mode)\r\nmx: \(mx)\r\nmax_age: \(age)\r\n"
    }

    private func policies(
        _ source: GivenPolicies, folder: STSPolicyFolder? = nil, limit: Int = 4096
    ) -> STSPolicies {
        var options = STSPolicies.Options()
        options.limit = limit
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return STSPolicies(
            resolver: resolver, source: source, folder: folder, options: options, logger: logger,
            now: { [clock] in clock.now })
    }

    private func name(_ text: String = domain) throws -> DNSName { try #require(DNSName(text)) }

    private func publish(_ id: String, _ domain: String = domain) {
        resolver.setTexts("_mta-sts.\(domain)", ["v=STSv1; id=\(id);"])
    }

    // MARK: Reading

    @Test(
        arguments: [
            (["v=STSv1; id=20160831085700Z;"], "20160831085700Z"), (["v=STSv1;id=a"], "a"),
            (["v=STSv1 ; x=y; id=b ;"], "b"),
            (["v=spf1 -all", "v=STSv1; id=c;"], "c"), ([], nil), (["v=STSv1; id=a;", "v=STSv1; id=b;"], nil),
            (["v=STSv1;"], nil), (["v=STSv1; id=;"], nil), (["v=STSv1; id=a-b;"], nil), (["v=STSv2; id=a;"], nil),
            (["v=STSv11; id=a;"], nil), (["id=a; v=STSv1;"], nil), (["v=STSv1; id=a; id=b;"], nil),
            (["v=STSv1; id=\(String(repeating: "a", count: 33));"], nil),
        ] as [([String], String?)])
    func `a record is read, and anything else is none`(texts: [String], id: String?) {
        #expect(STSRecord(among: texts.map { Array($0.utf8) })?.id == id)
    }

    @Test func `a policy is read`() throws {
        let policy = try STSPolicy(
            parsing: Array(
                "version: STSv1\nmode: enforce\nmode: none\nmx:mail.Example.org\r\nmx:  *.example.net\nnew: thing\n\nmax_age: 99999999"
                    .utf8))
        #expect(policy.mode == .enforce)
        #expect(policy.exchangers == ["mail.example.org", "*.example.net"])
        #expect(policy.maximumAge == STSPolicy.maximumMaximumAge)
        for (host, isListed) in [
            ("mail.example.org", true), ("MAIL.example.ORG", true), ("a.mail.example.org", false),
            ("example.org", false),
            ("a.example.net", true), ("a.b.example.net", false), ("example.net", false),
        ] {
            #expect(policy.allows(try name(host)) == isListed, "\(host)")
        }
        #expect(try STSPolicy(parsing: Array("version: STSv1\nmode: none\nmax_age: 0".utf8)).mode == .none)
    }

    @Test(arguments: [
        "", "version: STSv1", "version: STSv2\nmode: none\nmax_age: 1", "mode: none\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmax_age: 1", "version: STSv1\nmode: Enforce\nmx: a.b\nmax_age: 1",
        "version: STSv1\nmode: none", "version: STSv1\nmode: none\nmax_age: -1",
        "version: STSv1\nmode: none\nmax_age: 1x",
        "version: STSv1\nmode: none\nmax_age: 99999999999", "version: STSv1\nmode: none\nmax_age:",
        "version: STSv1\nmode: enforce\nmx: a..b\nmax_age: 1", "version: STSv1\nmode: enforce\nmx: *.*.b\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmx: a*.b\nmax_age: 1", "<html>", "version: STSv1\nmode none\nmax_age: 1",
    ])
    func `what is no policy is refused`(text: String) {
        #expect(throws: STSPolicy.Malformed.self) { try STSPolicy(parsing: Array(text.utf8)) }
    }

    @Test func `a policy too long, or of too many hosts, is refused`() {
        let many = text() + (0..<300).map { "mx: mx\($0).example.org\n" }.joined()
        #expect(throws: STSPolicy.Malformed.self) { try STSPolicy(parsing: Array(many.utf8)) }
        let long = Array((text() + "pad: ").utf8) + [UInt8](repeating: 0x61, count: STSPolicy.maximumLength)
        #expect(throws: STSPolicy.Malformed.self) { try STSPolicy(parsing: long) }
    }

    @Test func `no octets are too strange`() {
        var generator = SeededGenerator(seed: 8461)
        let words = [
            "version: STSv1\n", "mode: enforce\n", "mx: ", "*.", "a.b\r\n", "max_age: 1\n", ":", "\n", "v=STSv1;",
            "id=", ";", "\0",
        ]
        for _ in 0..<5000 {
            var octets: [UInt8] = []
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                octets += (words.randomElement(using: &generator) ?? "").utf8
                if Int.random(in: 0...3, using: &generator) == 0 {
                    octets.append(.random(in: 0...255, using: &generator))
                }
            }
            _ = try? STSPolicy(parsing: octets)
            _ = STSRecord(among: [octets])
            _ = StoredSTSPolicy(contents: octets)
            _ = StoredSTSPolicy(contents: Array("postroom-mta-sts 1 ".utf8) + octets)
        }
    }

    // MARK: Remembering

    @Test func `a domain without a record has no policy, and its web server is not asked`() async throws {
        let source = GivenPolicies(text())
        let policies = policies(source)
        #expect(await policies.policy(of: try name()).policy == nil)
        resolver.setUnavailable()
        #expect(await policies.policy(of: try name()).policy == nil)
        #expect(source.count == 0)
    }

    @Test func `a policy is fetched once, and again when its id changes`() async throws {
        let source = GivenPolicies(text())
        let policies = policies(source)
        publish("1")
        for _ in 0..<3 { #expect(await policies.policy(of: try name()).policy?.mode == .enforce) }
        #expect(source.count == 1)
        source.set(text("testing"))
        publish("2")
        #expect(await policies.policy(of: try name()).policy?.mode == .testing)
        #expect(source.count == 2)
    }

    @Test func `a policy is looked at again after a day`() async throws {
        let source = GivenPolicies(text())
        let policies = policies(source)
        publish("1")
        _ = await policies.policy(of: try name())
        clock.advance(86_399)
        await policies.refresh()
        #expect(source.count == 1)
        clock.advance(1)
        await policies.refresh()
        #expect(source.count == 2)
        clock.advance(86_400)
        _ = await policies.policy(of: try name())
        #expect(source.count == 3)
    }

    @Test func `who cuts off DNS or the web server does not lower what is asked, until the policy expires`()
        async throws
    {
        let source = GivenPolicies(text(age: 1_000_000))
        let policies = policies(source)
        publish("1")
        _ = await policies.policy(of: try name())
        source.set(nil)
        publish("2")
        #expect(await policies.policy(of: try name()).policy?.mode == .enforce)
        resolver.setUnavailable()
        #expect(await policies.policy(of: try name()).policy?.mode == .enforce)
        resolver.setUnavailable(false)
        resolver.set("_mta-sts.example.org") { $0.texts = [] }
        #expect(await policies.policy(of: try name()).policy?.mode == .enforce)
        source.set("<html>")
        publish("3")
        clock.advance(999_999)
        #expect(await policies.policy(of: try name()).policy?.mode == .enforce)
        clock.advance(1)
        #expect(await policies.policy(of: try name()).policy == nil)
    }

    @Test func `a fetch that failed is not tried again at once`() async throws {
        let source = GivenPolicies(nil)
        let policies = policies(source)
        publish("1")
        for _ in 0..<3 { #expect(await policies.policy(of: try name()).policy == nil) }
        #expect(source.count == 1)
        source.set(text())
        clock.advance(300)
        #expect(await policies.policy(of: try name()).policy?.mode == .enforce)
    }

    @Test func `many who ask at once wait for one fetch`() async throws {
        let source = GivenPolicies(text())
        let policies = policies(source)
        publish("1")
        let domain = try name()
        let modes = await withTaskGroup(of: STSPolicy.Mode?.self) { group in
            for _ in 0..<50 { group.addTask { await policies.policy(of: domain).policy?.mode } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(modes == [STSPolicy.Mode?](repeating: .enforce, count: 50))
        #expect(source.count == 1)
    }

    @Test func `a fetch that is called off leaves the others theirs`() async throws {
        let source = GivenPolicies(text(), holdsFirst: true)
        let policies = policies(source)
        publish("1")
        let domain = try name()
        let mode = await withTaskGroup(of: STSPolicy.Mode?.self) { group in
            group.addTask {
                await withTaskGroup(of: Void.self) { inner in
                    inner.addTask { _ = await policies.policy(of: domain) }
                    await source.waitForFirst()
                    inner.cancelAll()
                }
                return .enforce
            }
            await source.waitForFirst()
            group.addTask { await policies.policy(of: domain).policy?.mode }
            var modes: [STSPolicy.Mode?] = []
            for await mode in group { modes.append(mode) }
            return modes
        }
        #expect(mode == [.enforce, .enforce])
        #expect(source.count == 2)
    }

    // MARK: On disk

    private func folder(_ temporary: TemporaryFolder, _ pool: BlockingPool) throws -> STSPolicyFolder {
        let roots = try MailRoots([Array(temporary.path.utf8)])
        let path = Array(temporary.path("policies").utf8)
        _ = try roots.makeDirectories(path)
        return STSPolicyFolder(try roots.open(path), pool: pool)
    }

    @Test func `policies outlive the process, until they expire`() async throws {
        let temporary = try TemporaryFolder()
        let pool = BlockingPool(name: "test", threads: 1)
        let folder = try folder(temporary, pool)
        let source = GivenPolicies(text(age: 100_000))
        publish("1")
        publish("1", "example.net")
        let first = policies(source, folder: folder)
        _ = await first.policy(of: try name())
        _ = await first.policy(of: try name("example.net"))
        // What others leave there is none of ours.
        try temporary.write("rubbish", to: "policies/example.com")
        try temporary.write("rubbish", to: "policies/~newexample.org")
        // A day later, with nobody to ask.
        resolver.setUnavailable()
        source.set(nil)
        clock.advance(90_000)
        let second = policies(source, folder: folder)
        await second.load()
        #expect(await second.policy(of: try name()).policy?.exchangers == ["mx.example.org"])
        #expect(await second.policy(of: try name("example.com")).policy == nil)
        clock.advance(10_000)
        let third = policies(source, folder: folder)
        await third.load()
        #expect(await third.policy(of: try name()).policy == nil)
        #expect(try await folder.load(limit: 10).isEmpty)
        await pool.shutDown()
    }

    @Test func `no more domains are remembered than allowed`() async throws {
        let temporary = try TemporaryFolder()
        let pool = BlockingPool(name: "test", threads: 1)
        let folder = try folder(temporary, pool)
        let policies = policies(GivenPolicies(text()), folder: folder, limit: 3)
        for number in 0..<6 {
            publish("1", "d\(number).example")
            _ = await policies.policy(of: try name("d\(number).example"))
            clock.advance(1)
        }
        let kept = try await folder.load(limit: 100)
        #expect(Set(kept.keys.map(\.description)) == ["d3.example", "d4.example", "d5.example"])
        await pool.shutDown()
    }
}
