import LDAP
import PostroomTesting
import Testing

@Suite struct ReferralTests {
    private func client(
        _ slapd: Slapd, to hosts: [LDAPReferralOptions.Host], servers: [String]? = nil, tls: LDAPTLSOptions? = nil
    ) throws -> LDAPClient {
        var configuration = try LDAPClientTests.configuration([slapd], urls: servers)
        configuration.referrals = LDAPReferralOptions(hosts: hosts)
        if let tls { configuration.tls = tls }
        return try LDAPClient(configuration)
    }

    private func host(_ slapd: Slapd) -> LDAPReferralOptions.Host {
        LDAPReferralOptions.Host(name: "127.0.0.1", port: slapd.port)
    }

    /// Two servers with the same content; in the first one `ou=Elsewhere` is a referral to the second one's `ou=Mail`.
    private func withTwo(tls: Bool = false, _ body: (Slapd, Slapd) async throws -> Void) async throws {
        try await Slapd.withServer(.vennedey, tls: tls) { first in
            try await Slapd.withServer(.vennedey, tls: tls) { second in
                try await refer(first, to: "\(second.url)/ou=Mail,dc=example,dc=com")
                try await body(first, second)
            }
        }
    }

    private func refer(_ slapd: Slapd, to url: String, as name: String = "Elsewhere") async throws {
        try await slapd.add(
            """
            dn: ou=\(name),dc=example,dc=com
            objectClass: referral
            objectClass: extensibleObject
            ou: \(name)
            ref: \(url)

            """)
    }

    private let below = SearchRequest(
        base: "ou=Elsewhere,dc=example,dc=com", filter: .equality("uid", Array("mail001".utf8)))
    private let whole = SearchRequest(
        base: "dc=example,dc=com", filter: .equality("uid", Array("mail001".utf8)))

    @Test func `off, a referral is no answer and references are ignored`() async throws {
        try await withTwo { first, _ in
            let client = try client(first, to: [])
            #expect(await code { try await client.search(below) } == .result(.referral))
            let found = try await client.search(whole)
            #expect(found.entries.count == 1 && found.references.count == 1)
            await client.shutDown()
        }
    }

    @Test func `on, a referral leads to a host that is named, and a reference too`() async throws {
        try await withTwo { first, second in
            let client = try client(first, to: [host(second)])
            #expect(try await client.search(below).entries.map(\.name) == ["uid=mail001,ou=Mail,dc=example,dc=com"])
            #expect(try await client.search(whole).entries.count == 2)
            #expect(try await client.pagedSearch(below, pageSize: 1).entries.count == 1)
            await client.shutDown()
            #expect(await code { try await client.search(below) } == .connectionLost)
        }
    }

    @Test(arguments: [false, true])
    func `a host or a port that is not named is not gone to`(isOtherPort: Bool) async throws {
        try await withTwo { first, second in
            let client = try client(
                first,
                to: [
                    LDAPReferralOptions.Host(
                        name: isOtherPort ? "127.0.0.1" : "localhost", port: isOtherPort ? nil : second.port)
                ])
            let error = await #expect(throws: LDAPError.self) { try await client.search(below) }
            #expect(error?.code == .result(.referral))
            #expect(error?.text.contains(second.url) == true)
            #expect(try await client.search(whole).entries.count == 1)
            await client.shutDown()
        }
    }

    @Test func `a circle is noticed`() async throws {
        try await withTwo { first, second in
            try await refer(second, to: "\(first.url)/ou=Elsewhere,dc=example,dc=com")
            try await refer(first, to: "\(second.url)/ou=Elsewhere,dc=example,dc=com", as: "Circle")
            let client = try client(first, to: [host(first), host(second)])
            var circle = below
            // Circle at the first leads to Elsewhere at the second, this to Elsewhere at the first, this to ou=Mail: good.
            circle.base = "ou=Circle,dc=example,dc=com"
            #expect(try await client.search(circle).entries.count == 1)
            try await refer(first, to: "\(second.url)/ou=Back,dc=example,dc=com", as: "Back")
            try await refer(second, to: "\(first.url)/ou=Back,dc=example,dc=com", as: "Back")
            circle.base = "ou=Back,dc=example,dc=com"
            let error = await #expect(throws: LDAPError.self) { try await client.search(circle) }
            #expect(error?.code == .result(.referral) && error?.text.contains("circle") == true)
            await client.shutDown()
        }
    }

    @Test func `more than three behind one another are too many`() async throws {
        try await withTwo { first, second in
            for number in 0..<5 {
                let (here, there) = number.isMultiple(of: 2) ? (first, second) : (second, first)
                try await refer(
                    here, to: "\(there.url)/ou=Step\(number + 1),dc=example,dc=com", as: "Step\(number)")
            }
            let client = try client(first, to: [host(first), host(second)])
            var chain = below
            chain.base = "ou=Step0,dc=example,dc=com"
            let error = await #expect(throws: LDAPError.self) { try await client.search(chain) }
            #expect(error?.code == .result(.referral) && error?.text.contains("more than 3") == true)
            await client.shutDown()
        }
    }

    @Test func `who speaks under TLS goes on under TLS, and to nobody whose certificate is unknown`() async throws {
        try await withTwo(tls: true) { first, second in
            // The authorities differ: the second server's is not trusted.
            let tls = first.trusting
            let client = try client(first, to: [host(second)], servers: [first.tlsURL], tls: tls)
            #expect(
                try await client.search(SearchRequest(base: "ou=Mail,dc=example,dc=com", filter: below.filter)).entries
                    .count == 1)
            #expect(await code { try await client.search(below) } == .tlsFailed)
            await client.shutDown()
        }
    }

    @Test func `a referral to a place that does not exist is that answer, a reference to one is none`() async throws {
        try await withTwo { first, second in
            try await refer(first, to: "\(second.url)/ou=Nowhere,dc=example,dc=com", as: "Lost")
            let client = try client(first, to: [host(second)])
            var lost = below
            lost.base = "ou=Lost,dc=example,dc=com"
            #expect(await code { try await client.search(lost) } == .result(.noSuchObject))
            #expect(await code { try await client.search(whole) } == .result(.referral))
            await client.shutDown()
        }
    }
}
