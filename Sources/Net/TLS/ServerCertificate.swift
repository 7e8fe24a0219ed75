import NIOSSL

/// A certificate chain and its key, read and found to belong together.
struct ServerCertificate: Sendable {
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey

    init(_ source: ServerTLSOptions.Certificate) throws(ServerTLSError) {
        switch source {
        case .files(let chainFile, let keyFile):
            try self.init(
                chainFile: chainFile, keyFile: keyFile, readChain: { try NIOSSLCertificate.fromPEMFile(chainFile) },
                readKey: { try NIOSSLPrivateKey(file: keyFile, format: .pem) })
        case .contents(let chain, let chainFile, let key, let keyFile):
            try self.init(
                chainFile: chainFile, keyFile: keyFile, readChain: { try NIOSSLCertificate.fromPEMBytes(chain) },
                readKey: { try NIOSSLPrivateKey(bytes: key, format: .pem) })
        case .selfSigned(let made): try self.init(made)
        }
    }

    private init(_ made: SelfSignedCertificate) throws(ServerTLSError) {
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(Array(made.certificatePEM.utf8))
            key = try NIOSSLPrivateKey(bytes: Array(made.privateKeyPEM.utf8), format: .pem)
        } catch {
            throw ServerTLSError(
                file: nil, reason: "the made-up certificate can't be used (\(error))",
                remedy: "configure a certificate and a key")
        }
    }

    private init(
        chainFile: String, keyFile: String, readChain: () throws -> [NIOSSLCertificate],
        readKey: () throws -> NIOSSLPrivateKey
    ) throws(ServerTLSError) {
        let chain: [NIOSSLCertificate]
        do {
            chain = try readChain()
        } catch {
            throw ServerTLSError(
                file: chainFile, reason: "no certificate could be read (\(Self.reason(error)))",
                remedy: "the file must exist, be readable by the server and hold the server's certificate in PEM form, "
                    + "followed by the intermediate ones")
        }
        guard let leaf = chain.first else {
            throw ServerTLSError(
                file: chainFile, reason: "holds no certificate",
                remedy: "put the server's certificate in PEM form first, then the intermediate ones")
        }
        let key: NIOSSLPrivateKey
        do {
            key = try readKey()
        } catch {
            throw ServerTLSError(
                file: keyFile, reason: "no private key could be read (\(Self.reason(error)))",
                remedy: "the file must exist, be readable by the server and hold an unencrypted key in PEM form")
        }
        do {
            var probe = TLSConfiguration.makeServerConfiguration(
                certificateChain: [.certificate(leaf)], privateKey: .privateKey(key))
            probe.minimumTLSVersion = .tlsv12
            _ = try NIOSSLContext(configuration: probe)
        } catch {
            throw ServerTLSError(
                file: keyFile, reason: "the key does not belong to the first certificate of \(chainFile)",
                remedy: "give the key that the certificate was made for; the server's own certificate comes first "
                    + "in its file")
        }
        self.chain = chain
        self.key = key
    }

    var sources: [NIOSSLCertificateSource] { chain.map { .certificate($0) } }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOSSLError where error == .failedToLoadCertificate: "not a PEM certificate"
        case let error as NIOSSLError where error == .failedToLoadPrivateKey: "not a PEM key, or an encrypted one"
        default: "\(error)"
        }
    }
}
