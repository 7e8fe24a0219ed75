import Crypto
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import PostroomTesting
import Testing

@testable import Net

/// A certificate chain that a server presents, and what a client with trusted root and a rule makes of it.
struct PeerVerificationTests {
    private let chain: IssuedChain

    init() throws {
        chain = try IssuedChain()
    }

    private func options(
        _ verification: ClientTLSOptions.Verification, trusting roots: [IssuedCertificate]
    ) throws -> ClientTLSOptions {
        var options = ClientTLSOptions(verification: verification)
        options.serverName = "mx.example.org"
        if !roots.isEmpty {
            let pem = try roots.map { try $0.pem }.joined()
            options.trustAnchors = try TrustAnchors(pem: Array(pem.utf8), name: "test")
        }
        return options
    }

    private func verification(
        of presented: [IssuedCertificate], _ verification: ClientTLSOptions.Verification,
        trusting roots: [IssuedCertificate]? = nil
    ) async throws -> PeerVerification {
        let server = try await PeerServer(presented)
        let result = try await server.verification(try options(verification, trusting: roots ?? [chain.root]))
        await server.stop()
        return result
    }

    @Test(arguments: [
        (["mx.example.org"], ["mx.example.org"], true), (["MX.example.org"], ["mx.EXAMPLE.org."], true),
        (["mx.example.org"], ["example.org"], false), (["mx.example.org"], [".example.org"], true),
        (["example.org"], [".example.org"], false), (["example.org"], ["example.org", ".example.org"], true),
        (["a.b.example.org"], [".example.org"], true), (["badexample.org"], [".example.org"], false),
        (["*.example.org"], ["mx.example.org"], true), (["*.example.org"], ["a.mx.example.org"], false),
        (["*.example.org"], ["example.org"], false), (["*.example.org"], [".example.org"], true),
        (["mx*.example.org"], ["mx1.example.org"], false),
        (["other.example", "mx.example.org"], ["mx.example.org"], true),
        (["mx.example.org"], [], false), (["mx.example.org"], [".", ""], false),
    ])
    func `a certificate is good for the names that match`(names: [String], patterns: [String], isGood: Bool)
        async throws
    {
        let leaf = try chain.server(names)
        let result = try await verification(
            of: [leaf, chain.intermediate], .names(CertificateNames(patterns)))
        #expect(result.status == (isGood ? .verified : .untrusted), "\(result)")
        #expect(isGood || result.explanation.contains("is not for"))
    }

    @Test func `a wildcard covers several labels only where that is wanted`() {
        var names = CertificateNames(["a.b.example.org"])
        #expect(!names.match("*.example.org"))
        names.wildcardsSpanLabels = true
        #expect(names.match("*.example.org"))
        #expect(!names.match("*.le.org"))
        #expect(!CertificateNames([".example.org"]).match("evil\0.example.org"))
        #expect(!CertificateNames([".example.org"]).match("evil .example.org"))
    }

    @Test func `the common name counts only without dNSName`() async throws {
        let names = CertificateNames(["mx.example.org"])
        let old = try chain.server([], commonName: "mx.example.org")
        #expect(try await verification(of: [old, chain.intermediate], .names(names)).status == .verified)
        let new = try chain.server(["other.example"], commonName: "mx.example.org")
        #expect(try await verification(of: [new, chain.intermediate], .names(names)).status == .untrusted)
    }

    @Test func `what is wrong with a chain is said`() async throws {
        let names = ClientTLSOptions.Verification.names(CertificateNames(["mx.example.org"]))
        let name = ["mx.example.org"]
        let good = try chain.server(name)
        let impostor = try IssuedCertificate(commonName: "Test intermediate", issuer: chain.root)
        let notAuthority = try IssuedCertificate(commonName: "server", dnsNames: name, issuer: impostor)
        let stranger = try IssuedChain()
        let alone = try IssuedCertificate(commonName: "server", dnsNames: name)
        let cases: [([IssuedCertificate], String)] = [
            ([try chain.server(name, days: -30...(-1)), chain.intermediate], "expired"),
            ([try chain.server(name, days: 1...30), chain.intermediate], "not yet valid"),
            ([good], "not trusted or not presented"),
            ([alone], "self-signed"),
            ([try stranger.server(name), stranger.intermediate, stranger.root], "not trusted"),
            ([notAuthority, impostor], "may not issue"),
            ([try chain.server(name, isClientOnly: true), chain.intermediate], "may not issue"),
        ]
        for (presented, reason) in cases {
            let result = try await verification(of: presented, names)
            #expect(result.status == .untrusted)
            #expect(result.explanation.contains(reason), "\(result.explanation)")
        }
        // The order in which the others come, and others that don't belong, do no harm.
        let result = try await verification(
            of: [good, stranger.intermediate, chain.root, chain.intermediate], names)
        #expect(result.status == .verified)
        // A certificate that is trusted itself needs no authority.
        #expect(try await verification(of: [alone], names, trusting: [alone]).status == .verified)
        let expired = try IssuedCertificate(commonName: "server", dnsNames: name, days: -30...(-1))
        #expect(try await verification(of: [expired], names, trusting: [expired]).explanation == "expired")
    }

    @Test func `without a rule it is found out whether an authority is trusted`() async throws {
        let leaf = try chain.server(["other.example"])
        #expect(try await verification(of: [leaf, chain.intermediate], .none).status == .trusted)
        #expect(try await verification(of: [leaf], .none).status == .untrusted)
        #expect(try await verification(of: [leaf], .none, trusting: []).status == .untrusted)
    }

    @Test func `the library's own check still takes chain and name`() async throws {
        let leaf = try chain.server(["mx.example.org"])
        #expect(try await verification(of: [leaf, chain.intermediate], .full).status == .verified)
        let wrong = try chain.server(["other.example"])
        await #expect(throws: LineConnectionError.self) {
            _ = try await verification(of: [wrong, chain.intermediate], .full)
        }
    }

    @Test(arguments: CertificateFingerprints.Algorithm.allCases)
    func `a fingerprint of certificate or key is enough`(algorithm: CertificateFingerprints.Algorithm) async throws {
        let leaf = try IssuedCertificate(commonName: "anybody", days: -30...(-1))
        for octets in [leaf.octets, leaf.publicKeyInfo] {
            let digest = algorithm.digest(of: octets)
            let match = CertificateFingerprints([[1, 2, 3], digest], algorithm: algorithm)
            #expect(try await verification(of: [leaf], .fingerprint(match)).status == .verified)
            let other = CertificateFingerprints([Array(digest.dropLast()) + [0]], algorithm: algorithm)
            let isSame = digest.last == 0
            #expect(try await verification(of: [leaf], .fingerprint(other)).status == (isSame ? .verified : .untrusted))
        }
    }

    @Test(
        arguments: [
            ("0a:0B:ff", [0x0A, 0x0B, 0xFF]), ("0a0bff", [0x0A, 0x0B, 0xFF]), ("", nil), ("0", nil), ("0a:b", nil),
            (":0a", nil), ("0a bb", nil), ("0g", nil), ("0:a", nil), ("０１", nil),
        ] as [(String, [UInt8]?)])
    func `a fingerprint is read with and without colons`(text: String, octets: [UInt8]?) {
        #expect(CertificateFingerprints.octets(text) == octets)
    }

    @Test func `protocol versions and ciphers are what they are set to`() async throws {
        let server = try await PeerServer([try chain.server(["mx.example.org"]), chain.intermediate])
        for version in [ServerTLSOptions.Version.tls12, .tls13] {
            var options = try options(.none, trusting: [])
            (options.minimumVersion, options.maximumVersion) = (version, version)
            let connection = try await LineConnection(
                to: .tcp(host: "127.0.0.1", port: server.port), group: .singleton)
            let facts = try await connection.startTLS(options, timeout: .seconds(120))
            #expect(facts.version == version.rawValue)
            await connection.close()
        }
        var options = try options(.none, trusting: [])
        options.maximumVersion = .tls12
        // An RSA cipher and a key on a curve have nothing in common; a keyword is no cipher.
        for names in [["AES128-SHA"], ["HIGH:!aNULL"], []] {
            options.cipherSuites = names
            let connection = try await LineConnection(
                to: .tcp(host: "127.0.0.1", port: server.port), group: .singleton)
            await #expect(throws: LineConnectionError.self) {
                try await connection.startTLS(options, timeout: .seconds(120))
            }
            await connection.close()
        }
        await server.stop()
    }

    @Test func `excluded ciphers are taken out, those never offered need not be`() {
        #expect(CipherSuites.excluding(["aNULL", "RC4", "3DES", "MD5"]).remaining == nil)
        let exclusion = CipherSuites.excluding(["kRSA", "SHA1", "chacha20", "nonsense"])
        #expect(exclusion.unknown == ["nonsense"])
        #expect(
            exclusion.remaining == [
                "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256",
                "ECDHE-RSA-AES256-GCM-SHA384",
            ])
        #expect(CipherSuites.excluding(["ECDHE+SHA"]).remaining?.contains("AES128-SHA") == true)
        #expect(CipherSuites.excluding(["ECDHE+SHA"]).remaining?.contains("ECDHE-RSA-AES128-SHA") == false)
    }

    @Test func `trusted certificates come from a file and from a hashed folder`() async throws {
        let folder = try TemporaryFolder()
        let other = try IssuedChain()
        let file = try folder.write(try chain.root.pem + (try other.root.pem), to: "ca.pem")
        #expect(try TrustAnchors.load(file: file, directory: nil).count == 2)
        let hashed = try folder.makeFolder("certs")
        #expect(throws: TrustAnchorsError.self) { try TrustAnchors.load(file: nil, directory: hashed) }
        try folder.write(try chain.root.pem, to: "certs/0a1b2c3d.0")
        try folder.write("rubbish", to: "certs/README")
        #expect(try TrustAnchors.load(file: nil, directory: hashed).count == 1)
        try folder.write("rubbish", to: "rubbish.pem")
        for path in [folder.path("none.pem"), folder.path("rubbish.pem")] {
            #expect(throws: TrustAnchorsError.self) { try TrustAnchors.load(file: path, directory: nil) }
        }
    }

    @Test func `a client certificate is shown to a server that asks`() async throws {
        let folder = try TemporaryFolder()
        let own = try IssuedCertificate(commonName: "us", issuer: chain.root, isClientOnly: true)
        let chainFile = try folder.write(try own.pem, to: "us.pem")
        let keyFile = try folder.write(own.keyPEM, to: "us.key")
        let wrongKey = try folder.write(try IssuedCertificate(commonName: "other").keyPEM, to: "other.key")
        #expect(throws: ServerTLSError.self) { try ClientCertificate(chainFile: chainFile, keyFile: wrongKey) }

        let leaf = try chain.server(["mx.example.org"])
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: leaf.octets, format: .der))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(leaf.keyPEM.utf8), format: .pem)))
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .certificates([try NIOSSLCertificate(bytes: chain.root.octets, format: .der)])
        let context = try NIOSSLContext(configuration: configuration)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        var options = try options(.none, trusting: [])
        // With TLS 1.3 a client is done before the server has looked.
        options.maximumVersion = .tls12
        for certificate in [nil, try ClientCertificate(chainFile: chainFile, keyFile: keyFile)] {
            options.certificate = certificate
            let connection = try await LineConnection(
                to: .tcp(host: "127.0.0.1", port: server.localAddress?.port ?? 0), group: .singleton)
            let facts = try? await connection.startTLS(options, timeout: .seconds(120))
            #expect((facts != nil) == (certificate != nil))
            await connection.close()
        }
        try await server.close()
    }

    @Test func `a key of a kind that nobody here knows is no key, and stops nothing`() async throws {
        let folder = try TemporaryFolder()
        try await ChildProcess.run(
            [
                "/usr/bin/openssl", "req", "-x509", "-newkey", "ed448", "-nodes", "-keyout", folder.path("key.pem"),
                "-out",
                folder.path("cert.pem"), "-days", "30", "-subj", "/CN=strange",
            ], in: folder)
        let strange = try String(contentsOfFile: folder.path("cert.pem"), encoding: .utf8)
        let server = try await PeerServer(
            [try chain.server(["mx.example.org"])], more: strange + (try chain.intermediate.pem))
        let names = CertificateNames(["mx.example.org"])
        #expect(try await server.verification(try options(.names(names), trusting: [chain.root])).status == .verified)
        let association = DANEAssociation(usage: 2, selector: 1, matching: 1, data: [UInt8](repeating: 0, count: 32))
        let dane = ClientTLSOptions.Verification.dane([association], names: names)
        #expect(try await server.verification(try options(dane, trusting: [])).status == .untrusted)
        await server.stop()
    }

    @Test func `certificates made to keep a client busy are given up on`() async throws {
        // All with one name: any might have signed any.
        var presented = [try IssuedCertificate(commonName: "same", isAuthority: true)]
        for number in 1...40 {
            let issued = try IssuedCertificate(
                commonName: "same", dnsNames: ["mx.example.org"], isAuthority: number < 40, issuer: presented[0])
            presented.insert(issued, at: 0)
        }
        let result = try await verification(
            of: presented, .names(CertificateNames(["mx.example.org"])), trusting: [chain.root])
        #expect(result.status == .untrusted)
    }
}
