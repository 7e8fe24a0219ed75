import Crypto
import DNS
import Directory
import Logging
import LookupTables
import MailModel
import Net
import PostroomTesting
import SMTP
import Testing

@testable import Delivery

/// Which TLS the hosts of a next hop need.
struct OutgoingTLSTests {
    private let resolver = CannedResolver()
    private let digest = [UInt8](repeating: 7, count: 32)

    private func host(
        _ name: String? = "mx.example.org", isSecure: Bool = true, hasSecureAddress: Bool = true, alias: String? = nil
    ) -> CandidateHost {
        CandidateHost(
            name: name.flatMap { DNSName($0) }, endpoint: .address(.v4(0x7F00_0001), port: 25), isSecure: isSecure,
            hasSecureAddress: hasSecureAddress, canonicalName: alias.flatMap { DNSName($0) })
    }

    private func decide(
        _ change: (inout OutgoingTLSOptions) throws -> Void, nextHop: String = "example.org",
        host: CandidateHost? = nil,
        policies: STSPolicies? = nil
    ) async throws -> OutgoingTLSDecision {
        var options = OutgoingTLSOptions()
        try change(&options)
        let tls = OutgoingTLS(options, resolver: resolver, policies: policies)
        let terms = try await tls.terms(
            for: try NextHop(nextHop[...], .smtp), recipientDomain: DNSName("example.org"))
        return await tls.decision(for: host ?? self.host(), under: terms)
    }

    private func setTLSA(_ name: String, _ records: [TLSARecord], isSecure: Bool = true) {
        resolver.set(name) {
            $0.tlsa = records
            $0.isSecure = isSecure
        }
    }

    private var usable: TLSARecord { TLSARecord(usage: 3, selector: 1, matching: 1, data: digest) }
    private var association: DANEAssociation { DANEAssociation(usage: 3, selector: 1, matching: 1, data: digest) }
    private var unusable: TLSARecord { TLSARecord(usage: 1, selector: 1, matching: 1, data: digest) }

    // MARK: Levels

    @Test func `each level asks for what it says`() async throws {
        #expect(try await decide { $0.level = .none }.summary == "plain")
        #expect(try await decide { $0.level = .may }.summary == "may none")
        #expect(try await decide { $0.level = .encrypt }.summary == "required none")
        #expect(try await decide { $0.level = .verify }.summary == "required names mx.example.org")
        #expect(try await decide { $0.level = .secure }.summary == "required names example.org:.example.org")
        #expect(
            try await decide { $0.level = .secure }.options?.serverName == "mx.example.org")
        #expect(try await decide { $0.level = .fingerprint }.summary == "skip 4.3.5")
        let fingerprint = try await decide {
            $0.level = .fingerprint
            $0.fingerprints = [[1, 2]]
        }
        #expect(fingerprint.summary == "required fingerprint")
    }

    @Test func `a table's entry comes before the site's level, the nearest first`() async throws {
        let table = try InlineTable(
            "{ {example.org = secure match=.gateway.example}, {.example.net = encrypt}, {[mx.example.com]:587 = none} }"
                .utf8)
        func summary(_ nextHop: String) async throws -> String {
            try await decide({ $0.policies = [table] }, nextHop: nextHop).summary
        }
        #expect(try await summary("Example.org") == "required names .gateway.example")
        #expect(try await summary("a.b.example.net") == "required none")
        #expect(try await summary("example.net") == "may none")
        #expect(try await summary("sub.example.org") == "may none")
        #expect(try await summary("[mx.example.com]:587") == "plain")
        #expect(try await summary("[mx.example.com]") == "may none")
    }

    @Test func `a table that fails or holds nonsense makes mail wait`() async throws {
        let broken = try InlineTable("{ {example.org = secure matches=x} }".utf8)
        await #expect(throws: OutgoingTLSRefusal.self) { _ = try await decide { $0.policies = [broken] } }
        do {
            _ = try await decide { $0.policies = [FailTable("down")] }
            Issue.record("no error")
        } catch let refusal as OutgoingTLSRefusal {
            #expect(refusal.status == EnhancedStatusCode(4, 3, 0))
        }
    }

    @Test func `versions and ciphers follow what is required`() async throws {
        let may = try #require(try await decide { $0.level = .may }.options)
        #expect(may.minimumVersion == .tls10 && may.maximumVersion == nil && may.cipherSuites == nil)
        let encrypt = try #require(
            try await decide {
                $0.level = .encrypt
                $0.mandatoryExcludedCiphers = ["kRSA", "SHA1"]
            }.options)
        #expect(encrypt.minimumVersion == .tls12)
        #expect(encrypt.cipherSuites?.isEmpty == false)
        #expect(encrypt.cipherSuites?.allSatisfy { $0.hasPrefix("ECDHE-") && !$0.hasSuffix("-SHA") } == true)
        let table = try InlineTable("{ {example.org = encrypt protocols=TLSv1.2 exclude=HIGH} }".utf8)
        // Nothing is left to offer: that is the table's mistake, and no reason to send in clear.
        #expect(try await decide { $0.policies = [table] }.summary == "skip 4.3.5")
    }

    // MARK: DANE

    @Test func `usable and signed TLSA records must be met`() async throws {
        setTLSA("_25._tcp.mx.example.org", [unusable, usable])
        let decision = try await decide { $0.level = .dane }
        #expect(decision.summary == "required dane mx.example.org:mx.example.org:example.org")
        #expect(decision.options?.serverName == "mx.example.org")
        guard case .dane(let associations, _) = decision.options?.verification else {
            Issue.record("no DANE")
            return
        }
        #expect(associations == [association])
        #expect(try await decide { $0.level = .daneOnly }.summary.hasPrefix("required dane"))
    }

    @Test func `records of no use still mean TLS`() async throws {
        setTLSA("_25._tcp.mx.example.org", [unusable])
        #expect(try await decide { $0.level = .dane }.summary == "required none")
        #expect(try await decide { $0.level = .daneOnly }.summary == "skip 4.7.5")
    }

    @Test func `without records, or with unsigned ones, TLS is a matter of luck`() async throws {
        #expect(try await decide { $0.level = .dane }.summary == "may none")
        #expect(try await decide { $0.level = .daneOnly }.summary == "skip 4.7.5")
        setTLSA("_25._tcp.mx.example.org", [usable], isSecure: false)
        #expect(try await decide { $0.level = .dane }.summary == "may none")
        #expect(try await decide { $0.level = .daneOnly }.summary == "skip 4.7.5")
    }

    @Test func `a lookup that fails never lowers what is asked`() async throws {
        resolver.setUnavailable("_25._tcp.mx.example.org")
        #expect(try await decide { $0.level = .dane }.summary == "skip 4.7.5")
        #expect(try await decide { $0.level = .daneOnly }.summary == "skip 4.7.5")
        // At other levels nobody asks.
        #expect(try await decide { $0.level = .may }.summary == "may none")
        // Name servers of unsigned zones often fail at the question: it is not put (RFC 7672 §2.2.2).
        let unsigned = host(hasSecureAddress: false)
        #expect(try await decide({ $0.level = .dane }, host: unsigned).summary == "may none")
        #expect(try await decide({ $0.level = .daneOnly }, host: unsigned).summary == "skip 4.7.5")
    }

    @Test func `an alias is asked for by the name behind it first`() async throws {
        let host = host(alias: "real.example.net")
        setTLSA("_25._tcp.mx.example.org", [usable])
        #expect(try await decide({ $0.level = .dane }, host: host).options?.serverName == "mx.example.org")
        setTLSA("_25._tcp.real.example.net", [usable])
        let decision = try await decide({ $0.level = .dane }, host: host)
        #expect(decision.summary == "required dane real.example.net:mx.example.org:example.org")
        #expect(decision.options?.serverName == "real.example.net")
        resolver.setUnavailable("_25._tcp.real.example.net")
        #expect(try await decide({ $0.level = .dane }, host: host).summary == "skip 4.7.5")
    }

    /// RFC 7672 §2.2.2, as Postfix does it: the alias itself is signed, what it leads to is not.
    @Test func `an alias that leads out of the signed zones is asked for by its own name`() async throws {
        var host = host(hasSecureAddress: false)
        host.isAlias = true
        func alias(isSecure: Bool) {
            resolver.set("mx.example.org") {
                $0.alias = DNSName("real.plain.example")
                $0.isSecure = isSecure
            }
        }
        setTLSA("_25._tcp.mx.example.org", [usable])
        setTLSA("_25._tcp.real.plain.example", [usable])
        alias(isSecure: true)
        let decision = try await decide({ $0.level = .dane }, host: host)
        #expect(decision.summary == "required dane mx.example.org:mx.example.org:example.org")
        alias(isSecure: false)
        #expect(try await decide({ $0.level = .dane }, host: host).summary == "may none")
        #expect(try await decide({ $0.level = .daneOnly }, host: host).summary == "skip 4.7.5")
        // Whoever can keep the answer back must not get the mail in clear.
        resolver.setUnavailable("mx.example.org")
        #expect(try await decide({ $0.level = .dane }, host: host).summary == "skip 4.7.5")
        resolver.setUnavailable("mx.example.org", false)
        resolver.set("mx.example.org") { $0.alias = nil }
        #expect(try await decide({ $0.level = .dane }, host: host).summary == "skip 4.7.5")
    }

    @Test func `unsigned MX records are dealt with as the site says`() async throws {
        setTLSA("_25._tcp.mx.example.org", [usable])
        let host = host(isSecure: false)
        // The next hop's name proves nothing then.
        #expect(
            try await decide({ $0.level = .dane }, host: host).summary == "required dane mx.example.org:mx.example.org")
        for (level, summary) in [(OutgoingTLSLevel.encrypt, "required none"), (.may, "may none")] {
            let decision = try await decide(
                {
                    $0.level = .dane
                    $0.insecureExchangerLevel = level
                }, host: host)
            #expect(decision.summary == summary)
        }
        #expect(try await decide({ $0.level = .daneOnly }, host: host).summary == "skip 4.7.5")
    }

    // MARK: MTA-STS

    private func sts(_ mode: String, mx: String) async -> STSPolicies {
        resolver.setTexts("_mta-sts.example.org", ["v=STSv1; id=1;"])
        let source = GivenPolicies("version: STSv1\nmode: \(mode)\nmx: \(mx)\nmax_age: 86400\n")
        return STSPolicies(resolver: resolver, source: source, logger: Logger(label: "test"))
    }

    @Test func `an enforced policy asks for a trusted certificate of a listed host`() async throws {
        let listed = await sts("enforce", mx: "*.example.org")
        let decision = try await decide({ _ in }, policies: listed)
        #expect(decision.summary == "required names mx.example.org")
        #expect(decision.explanation.contains { $0.contains("enforce") })
        let other = await sts("enforce", mx: "other.example.org")
        #expect(try await decide({ _ in }, policies: other).summary == "skip 4.7.0")
        #expect(try await decide({ _ in }, host: host(nil), policies: other).summary == "skip 4.7.0")
    }

    @Test func `a policy under test or withdrawn asks for nothing`() async throws {
        let testing = await sts("testing", mx: "other.example.org")
        let decision = try await decide({ _ in }, policies: testing)
        #expect(decision.summary == "may none")
        #expect(decision.explanation.contains { $0.contains("being tested") })
        #expect(decision.notice?.contains("being tested") == true)
        #expect(try await decide({ _ in }, policies: await sts("none", mx: "other.example.org")).summary == "may none")
    }

    @Test func `DANE comes before MTA-STS, which comes before nothing`() async throws {
        let policies = await sts("enforce", mx: "other.example.org")
        setTLSA("_25._tcp.mx.example.org", [usable])
        #expect(try await decide({ $0.level = .dane }, policies: policies).summary.hasPrefix("required dane"))
        setTLSA("_25._tcp.mx.example.org", [unusable])
        #expect(try await decide({ $0.level = .dane }, policies: policies).summary == "skip 4.7.0")
    }

    @Test func `what the site's own tables say comes before a policy of the domain`() async throws {
        let policies = await sts("enforce", mx: "other.example.org")
        let table = try InlineTable("{ {example.org = may} }".utf8)
        #expect(try await decide({ $0.policies = [table] }, policies: policies).summary == "may none")
        #expect(
            try await decide({ $0.level = .secure }, policies: policies).summary
                == "required names example.org:.example.org")
    }
}

extension OutgoingTLSDecision {
    fileprivate var options: ClientTLSOptions? {
        guard case .use(let use) = action else { return nil }
        return use.options
    }

    fileprivate var summary: String {
        switch action {
        case .skip(let refusal): return "skip \(refusal.status)"
        case .use(let use):
            let strength =
                switch use {
                case .none: "plain"
                case .may: "may"
                case .required: "required"
                case .implicit: "implicit"
                }
            guard let options = use.options else { return strength }
            return switch options.verification {
            case .full: strength + " full"
            case .none: strength + " none"
            case .names(let names): strength + " names \(names)"
            case .dane(_, let names): strength + " dane \(names)"
            case .fingerprint: strength + " fingerprint"
            }
        }
    }
}
