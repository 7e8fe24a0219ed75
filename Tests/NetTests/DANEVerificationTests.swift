import Crypto
import Foundation
import PostroomTesting
import Testing

@testable import Net

/// RFC 7672 §3, and that OpenSSL, which checks for Postfix, comes to the same.
struct DANEVerificationTests {
    private static let hostname = "mx.example.org"
    private let chain: IssuedChain

    init() throws {
        chain = try IssuedChain()
    }

    private static func association(
        _ usage: UInt8, _ selector: UInt8, _ matching: UInt8, _ certificate: IssuedCertificate
    ) -> DANEAssociation {
        let selected = selector == 0 ? certificate.octets : certificate.publicKeyInfo
        let data: [UInt8] =
            switch matching {
            case 1: Array(SHA256.hash(data: selected))
            case 2: Array(SHA512.hash(data: selected))
            default: selected
            }
        return DANEAssociation(usage: usage, selector: selector, matching: matching, data: data)
    }

    /// Whether we accept the server, and whether `openssl s_client` does.
    private func accept(
        _ presented: [IssuedCertificate], _ associations: [DANEAssociation]
    ) async throws -> (ours: Bool, openSSL: Bool, explanation: String) {
        let server = try await PeerServer(presented)
        var options = ClientTLSOptions(
            verification: .dane(associations, names: CertificateNames([Self.hostname])))
        options.serverName = Self.hostname
        let result = try await server.verification(options)
        let folder = try TemporaryFolder()
        var command = [
            "/usr/bin/openssl", "s_client", "-connect", "127.0.0.1:\(server.port)", "-brief", "-verify_return_error",
            "-dane_tlsa_domain", Self.hostname, "-dane_ee_no_namechecks", "-no-CAfile", "-no-CApath", "-no-CAstore",
        ]
        for association in associations {
            let data = association.data.map { String(format: "%02x", Int($0)) }.joined()
            command += [
                "-dane_tlsa_rrdata", "\(association.usage) \(association.selector) \(association.matching) \(data)",
            ]
        }
        let child = try await ChildProcess.start(command, outputFile: folder.path("output"))
        _ = await child.waitForExit()
        await server.stop()
        let isVerified = child.output.contains("Verification: OK")
        #expect(child.output.contains("Verif") || child.output.contains("verif"), "\(child.output)")
        return (result.status == .verified, isVerified, result.explanation)
    }

    private func expect(
        _ expected: Bool, _ presented: [IssuedCertificate], _ associations: [DANEAssociation], _ comment: Comment
    ) async throws {
        let result = try await accept(presented, associations)
        #expect(result.ours == expected, "\(comment): \(result.explanation)")
        #expect(result.openSSL == expected, "\(comment), by OpenSSL")
    }

    @Test(arguments: [0, 1] as [UInt8], [0, 1, 2] as [UInt8])
    func `DANE-EE takes the certificate or key, whatever its name and dates`(selector: UInt8, matching: UInt8)
        async throws
    {
        let leaf = try IssuedCertificate(commonName: "nobody", dnsNames: ["wrong.example"], days: -30...(-1))
        let other = try IssuedCertificate(commonName: "nobody", dnsNames: [Self.hostname])
        let good = Self.association(3, selector, matching, leaf)
        try await expect(true, [leaf], [good], "its own")
        try await expect(false, [other], [good], "another's")
        try await expect(true, [leaf], [Self.association(3, selector, matching, other), good], "one of two")
    }

    @Test(arguments: [0, 1] as [UInt8], [0, 1, 2] as [UInt8])
    func `DANE-TA takes what a presented authority signed, for the name`(selector: UInt8, matching: UInt8) async throws
    {
        let leaf = try chain.server([Self.hostname])
        let whole = [leaf, chain.intermediate, chain.root]
        let root = Self.association(2, selector, matching, chain.root)
        let intermediate = Self.association(2, selector, matching, chain.intermediate)
        try await expect(true, whole, [root], "root")
        try await expect(true, [leaf, chain.intermediate], [intermediate], "intermediate")
        // A digest says nothing about a certificate that is not shown; a whole certificate or key does.
        try await expect(matching == 0, [leaf, chain.intermediate], [root], "root not presented")
        try await expect(
            false, whole, [Self.association(2, selector, matching, try IssuedChain().root)], "another root")
        let wrong = try chain.server(["wrong.example"])
        try await expect(false, [wrong, chain.intermediate, chain.root], [root], "wrong name")
        let expired = try chain.server([Self.hostname], days: -30...(-1))
        try await expect(false, [expired, chain.intermediate, chain.root], [root], "expired")
        let missing = [leaf, chain.root]
        try await expect(false, missing, [root], "intermediate missing")
    }

    @Test func `authority and server may each be named`() async throws {
        let leaf = try chain.server(["wrong.example"])
        let presented = [leaf, chain.intermediate, chain.root]
        let root = Self.association(2, 0, 1, chain.root)
        try await expect(false, presented, [root], "authority alone")
        try await expect(true, presented, [root, Self.association(3, 1, 1, leaf)], "both")
    }

    @Test func `of digests the strongest counts`() async throws {
        let leaf = try chain.server([Self.hostname])
        let other = try chain.server([Self.hostname])
        let weak = Self.association(3, 1, 1, leaf)
        try await expect(false, [leaf], [weak, Self.association(3, 1, 2, other)], "a stronger one for another key")
        try await expect(true, [leaf], [weak, Self.association(3, 0, 2, other)], "of another selector")
        try await expect(
            true, [leaf], [Self.association(3, 1, 0, leaf), Self.association(3, 1, 2, other)], "whole key")
    }

    @Test func `records that SMTP can't use count as none`() async throws {
        let leaf = try chain.server([Self.hostname])
        let digest = Self.association(3, 1, 1, leaf).data
        let unusable = [
            Self.association(0, 0, 1, chain.root), Self.association(1, 1, 1, leaf),
            DANEAssociation(usage: 3, selector: 2, matching: 1, data: digest),
            DANEAssociation(usage: 3, selector: 1, matching: 3, data: digest),
            DANEAssociation(usage: 4, selector: 1, matching: 1, data: digest),
            DANEAssociation(usage: 255, selector: 255, matching: 255, data: digest),
            DANEAssociation(usage: 3, selector: 1, matching: 1, data: Array(digest.dropLast())),
            DANEAssociation(usage: 3, selector: 1, matching: 2, data: digest),
            DANEAssociation(usage: 3, selector: 0, matching: 0, data: digest),
            DANEAssociation(usage: 2, selector: 1, matching: 0, data: []),
        ]
        #expect(DANEAssociation.usable(unusable).isEmpty)
        let server = try await PeerServer([leaf, chain.intermediate, chain.root])
        let names = CertificateNames([Self.hostname])
        let none = try await server.verification(ClientTLSOptions(verification: .dane(unusable, names: names)))
        #expect(none == PeerVerification(.untrusted, "no usable TLSA record"))
        let mixed = unusable + [Self.association(3, 1, 1, leaf)]
        let one = try await server.verification(ClientTLSOptions(verification: .dane(mixed, names: names)))
        #expect(one.status == .verified)
        await server.stop()
    }

    @Test func `no octets are too strange for a record`() {
        var generator = SeededGenerator(seed: 7672)
        for _ in 0..<2000 {
            let data = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let association = DANEAssociation(
                usage: .random(in: 0...4, using: &generator), selector: .random(in: 0...2, using: &generator),
                matching: .random(in: 0...3, using: &generator), data: data)
            #expect(!association.isUsable || association.matching != 0)
            _ = PublicKeyInfo.octets(ofCertificate: data)
        }
    }
}
