import DNS
import NIOCore
import NIOHTTP1
import Net
import PostroomTesting
import Testing

@testable import Delivery

/// RFC 8461 §3.3, against a web server.
struct STSPolicyFetchTests {
    private let chain: IssuedChain
    private let body = Array("version: STSv1\nmode: enforce\nmx: mx.example.org\nmax_age: 86400\n".utf8)

    init() throws {
        chain = try IssuedChain()
    }

    /// What fetching gives: the octets, or the reason why not.
    private func fetch(
        _ answer: PolicyWebServer.Answer, presenting certificates: [IssuedCertificate]? = nil,
        timeLimit: TimeAmount = .seconds(60)
    ) async throws -> Result<[UInt8], STSFetchFailure> {
        let good = [try chain.server(["mta-sts.example.org"]), chain.intermediate]
        let server = try await PolicyWebServer(certificates ?? good, answer)
        let resolver = CannedResolver()
        resolver.setAddresses("mta-sts.example.org", ["127.0.0.1"])
        var options = STSPolicyFetch.Options()
        options.port = server.port
        options.timeLimit = timeLimit
        options.trustAnchors = try TrustAnchors(pem: Array(try chain.root.pem.utf8), name: "test")
        let fetch = STSPolicyFetch(resolver: resolver, options: options)
        let domain = try #require(DNSName("example.org"))
        let result: Result<[UInt8], STSFetchFailure>
        do throws(STSFetchFailure) {
            result = .success(try await fetch.fetch(domain))
        } catch {
            result = .failure(error)
        }
        await server.stop()
        return result
    }

    private func reason(_ result: Result<[UInt8], STSFetchFailure>) -> String {
        guard case .failure(let failure) = result else { return "none" }
        return failure.description
    }

    @Test(arguments: ["text/plain", "Text/Plain; charset=utf-8", "text/plain ;x=y"])
    func `a policy is fetched over a connection that proves the name`(type: String) async throws {
        let answer = PolicyWebServer.Answer(headers: [("Content-Type", type)], body: body)
        #expect(try await fetch(answer).get() == body)
        #expect(try STSPolicy(parsing: try await fetch(answer).get()).mode == .enforce)
    }

    @Test func `a body of just 64 KiB is taken, one more octet is not`() async throws {
        var answer = PolicyWebServer.Answer(body: [UInt8](repeating: 0x61, count: STSPolicy.maximumLength))
        #expect(try await fetch(answer).get().count == STSPolicy.maximumLength)
        answer.body.append(0x61)
        #expect(reason(try await fetch(answer)).contains("64 KiB"))
        answer.body = [UInt8](repeating: 0x61, count: 1 << 20)
        answer.isEndless = true
        #expect(reason(try await fetch(answer)).contains("64 KiB"))
        let long = PolicyWebServer.Answer(headers: [("X-Pad", String(repeating: "a", count: 1 << 20))], body: body)
        #expect(reason(try await fetch(long)) != "none")
    }

    @Test func `other answers are none`() async throws {
        let redirection = PolicyWebServer.Answer(
            status: .movedPermanently,
            headers: [("Location", "https://mta-sts.example.org/other"), ("Content-Type", "text/plain")],
            body: body)
        #expect(reason(try await fetch(redirection)).contains("301"))
        #expect(reason(try await fetch(PolicyWebServer.Answer(status: .notFound, body: body))).contains("404"))
        for type in ["text/html", "application/octet-stream", "text/plainer", ""] {
            let answer = PolicyWebServer.Answer(headers: [("Content-Type", type)], body: body)
            #expect(reason(try await fetch(answer)).contains("text/plain"))
        }
        #expect(reason(try await fetch(PolicyWebServer.Answer(headers: [], body: body))).contains("text/plain"))
        let encoded = PolicyWebServer.Answer(
            headers: [("Content-Type", "text/plain"), ("Content-Encoding", "gzip")], body: body)
        #expect(reason(try await fetch(encoded)).contains("encoded"))
    }

    @Test func `an answer that does not come, or not to its end, is given up on`() async throws {
        let silent = PolicyWebServer.Answer(isSilent: true)
        #expect(reason(try await fetch(silent, timeLimit: .seconds(3))).contains("in time"))
        let endless = PolicyWebServer.Answer(body: body, isEndless: true)
        #expect(reason(try await fetch(endless, timeLimit: .seconds(3))).contains("in time"))
    }

    @Test func `a certificate that does not prove the name is refused`() async throws {
        let answer = PolicyWebServer.Answer(body: body)
        let name = ["mta-sts.example.org"]
        let stranger = try IssuedChain()
        let cases: [([IssuedCertificate], String)] = [
            ([try chain.server(["example.org"]), chain.intermediate], "is not for"),
            ([try chain.server(name, days: -30...(-1)), chain.intermediate], "expired"),
            ([try IssuedCertificate(commonName: "x", dnsNames: name)], "self-signed"),
            ([try stranger.server(name), stranger.intermediate, stranger.root], "not trusted"),
        ]
        for (certificates, expected) in cases {
            #expect(reason(try await fetch(answer, presenting: certificates)).contains(expected))
        }
        let wildcard = [try chain.server(["*.example.org"]), chain.intermediate]
        #expect(try await fetch(answer, presenting: wildcard).get() == body)
    }

    @Test func `no address, or nobody there, is a failure with a reason`() async throws {
        let resolver = CannedResolver()
        let fetch = STSPolicyFetch(resolver: resolver)
        let domain = try #require(DNSName("example.org"))
        await #expect(throws: STSFetchFailure("mta-sts.example.org has no address")) {
            _ = try await fetch.fetch(domain)
        }
        resolver.setUnavailable()
        await #expect(throws: STSFetchFailure.self) { _ = try await fetch.fetch(domain) }
    }

    @Test func `a task that is cancelled does not go on waiting`() async throws {
        let server = try await PolicyWebServer(
            [try chain.server(["mta-sts.example.org"]), chain.intermediate], PolicyWebServer.Answer(isSilent: true))
        let resolver = CannedResolver()
        resolver.setAddresses("mta-sts.example.org", ["127.0.0.1"])
        var options = STSPolicyFetch.Options()
        options.port = server.port
        options.timeLimit = .hours(1)
        options.trustAnchors = try TrustAnchors(pem: Array(try chain.root.pem.utf8), name: "test")
        let fetch = STSPolicyFetch(resolver: resolver, options: options)
        let domain = try #require(DNSName("example.org"))
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { (try? await fetch.fetch(domain)) == nil }
            group.cancelAll()
            #expect(await group.next() == true)
        }
        await server.stop()
    }
}
