import Foundation
import PostroomTesting
import Testing

@testable import Net

/// What `posttls-finger`, which is Postfix's client as far as TLS goes, makes of a server, and that we make the same of it.
struct PostfixVerificationTests {
    private let chain: IssuedChain

    init() throws {
        chain = try IssuedChain()
    }

    /// `Verified`, `Trusted` or `Untrusted`.
    private func postfix(_ port: Int, _ arguments: [String], match: [String]) async throws -> String {
        let folder = try TemporaryFolder()
        let authority = try folder.write(try chain.root.pem, to: "ca.pem")
        let child = try await ChildProcess.start(
            [
                "/usr/sbin/posttls-finger", "-w", "-L", "summary", "-T", "120", "-t", "120", "-F", authority, "-o",
                "tls_wildcard_matches_multiple_labels=no", "-o", "inet_protocols=ipv4",
            ] + arguments + ["[127.0.0.1]:\(port)"] + match, outputFile: folder.path("output"))
        _ = await child.waitForExit()
        let words = child.output.split(whereSeparator: \.isWhitespace).map(String.init)
        let place = try #require(words.firstIndex(of: "TLS"), "\(child.output)")
        try #require(place > 0)
        return words[place - 1]
    }

    @Test(arguments: [
        (["mx.example.org"], ["mx.example.org"]), (["MX.example.org"], ["mx.example.org"]),
        (["mx.example.org"], ["example.org"]), (["mx.example.org"], [".example.org"]),
        (["example.org"], [".example.org"]),
        (["a.b.example.org"], [".example.org"]), (["badexample.org"], [".example.org"]),
        (["*.example.org"], ["mx.example.org"]), (["*.example.org"], ["a.mx.example.org"]),
        (["*.example.org"], ["example.org"]), (["*.example.org"], [".example.org"]),
        (["mx*.example.org"], ["mx1.example.org"]),
        (["other.example", "mx.example.org"], ["x.example", "mx.example.org"]), ([], ["mx.example.org"]),
        (["other.example"], ["mx.example.org"]),
    ])
    func `names`(names: [String], patterns: [String]) async throws {
        // The common name is the one looked for: it must count without dNSName only.
        let leaf = try chain.server(names, commonName: "mx.example.org")
        let server = try await PeerServer([leaf, chain.intermediate])
        var options = ClientTLSOptions(verification: .names(CertificateNames(patterns)))
        options.trustAnchors = try TrustAnchors(pem: Array(try chain.root.pem.utf8), name: "test")
        let ours = try await server.verification(options)
        let theirs = try await postfix(server.port, ["-l", "secure"], match: patterns)
        #expect((ours.status == .verified) == (theirs == "Verified"), "Postfix: \(theirs); we: \(ours)")
        await server.stop()
    }

    @Test func `chains`() async throws {
        let name = ["mx.example.org"]
        let stranger = try IssuedChain()
        let impostor = try IssuedCertificate(commonName: "Test intermediate", issuer: chain.root)
        let presentations: [[IssuedCertificate]] = [
            [try chain.server(name), chain.intermediate], [try chain.server(name), chain.intermediate, chain.root],
            [try chain.server(name)], [try chain.server(name, days: -30...(-1)), chain.intermediate],
            [try chain.server(name, days: 1...30), chain.intermediate],
            [try chain.server(name, isClientOnly: true), chain.intermediate],
            [try IssuedCertificate(commonName: "x", dnsNames: name)],
            [try stranger.server(name), stranger.intermediate, stranger.root],
            [try IssuedCertificate(commonName: "x", dnsNames: name, issuer: impostor), impostor],
        ]
        for (number, presented) in presentations.enumerated() {
            let server = try await PeerServer(presented)
            var options = ClientTLSOptions(verification: .names(CertificateNames(name)))
            options.trustAnchors = try TrustAnchors(pem: Array(try chain.root.pem.utf8), name: "test")
            let ours = try await server.verification(options)
            options.verification = .none
            let unasked = try await server.verification(options)
            #expect(
                try await postfix(server.port, ["-l", "secure"], match: name)
                    == (ours.status == .verified ? "Verified" : unasked.status.rawValue), "\(number): \(ours)")
            await server.stop()
        }
    }

    @Test(arguments: [CertificateFingerprints.Algorithm.md5, .sha1, .sha256, .sha512])
    func `fingerprints`(algorithm: CertificateFingerprints.Algorithm) async throws {
        let leaf = try IssuedCertificate(commonName: "anybody", days: -30...(-1))
        let server = try await PeerServer([leaf])
        for octets in [leaf.octets, leaf.publicKeyInfo, Array("another".utf8)] {
            let digest = algorithm.digest(of: octets)
            let text = digest.map { String(format: "%02X", Int($0)) }.joined(separator: ":")
            let match = try #require(CertificateFingerprints.octets(text))
            let ours = try await server.verification(
                ClientTLSOptions(verification: .fingerprint(CertificateFingerprints([match], algorithm: algorithm))))
            let theirs = try await postfix(server.port, ["-l", "fingerprint", "-d", algorithm.rawValue], match: [text])
            #expect(ours.status.rawValue == theirs)
        }
        await server.stop()
    }
}
