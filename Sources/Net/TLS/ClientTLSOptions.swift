import NIOPosix
import NIOSSL

/// How a server is checked that we connect to, and what TLS we offer it.
package struct ClientTLSOptions: Sendable {
    package enum Verification: Hashable, Sendable {
        /// Chain and name, which is the one that the connection was opened to or `serverName`.
        case full
        /// Nothing: for a look at a server, never for a password. What its certificate is worth is still found out where
        /// `trustAnchors` are given.
        case none
        /// The chain, and a name that need not be the one connected to.
        case names(CertificateNames)
        /// RFC 7672 §3. Without a usable record no server passes: that there are some is for the caller to see.
        case dane([DANEAssociation], names: CertificateNames)
        case fingerprint(CertificateFingerprints)
    }

    package var verification: Verification
    /// PEM; the system's trusted certificates where nil.
    package var trustedCertificates: String?
    /// Come before `trustedCertificates`: the same, read and parsed once for many connections.
    package var trustAnchors: TrustAnchors?
    package var minimumVersion = ServerTLSOptions.Version.tls12
    package var maximumVersion: ServerTLSOptions.Version?
    /// For TLS 1.2 and below, by their names (IANA's or OpenSSL's); nil takes the library's.
    package var cipherSuites: [String]?
    /// The name to ask for (SNI); nil takes the host that the connection was opened to. An address is never sent.
    package var serverName: String?
    package var certificate: ClientCertificate?

    package init(verification: Verification = .full, trustedCertificates: String? = nil) {
        self.verification = verification
        self.trustedCertificates = trustedCertificates
    }

    /// Whether our own checks take the place of the library's.
    private var needsVerifier: Bool {
        switch verification {
        case .full: false
        case .none: trustAnchors != nil
        case .names, .dane, .fingerprint: true
        }
    }

    func makeContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = minimumVersion.nio
        configuration.maximumTLSVersion = maximumVersion?.nio
        if let cipherSuites { configuration.cipherSuiteValues = try CipherSuites.parse(cipherSuites) }
        if let certificate {
            configuration.certificateChain = certificate.chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(certificate.key)
        }
        switch verification {
        case .full:
            if let trustAnchors {
                configuration.trustRoots = .certificates(trustAnchors.nio)
            } else if let trustedCertificates {
                configuration.trustRoots = .certificates(
                    try NIOSSLCertificate.fromPEMBytes(Array(trustedCertificates.utf8)))
            }
        case .none, .names, .dane, .fingerprint:
            // Reading the system's certificates takes longer than the handshake, and nobody would look at them.
            configuration.trustRoots = .certificates([])
            // With none at all the library would not ask the verifier.
            configuration.certificateVerification = needsVerifier ? .noHostnameVerification : .none
        }
        return try NIOSSLContext(configuration: configuration)
    }

    /// Nil where the library's own checks do.
    private func makeVerifier() async throws -> PeerVerifier? {
        guard needsVerifier else { return nil }
        var anchors = trustAnchors
        if anchors == nil, case .names = verification {
            if let trustedCertificates {
                anchors = try TrustAnchors(pem: Array(trustedCertificates.utf8), name: "trusted certificates")
            } else {
                anchors = await TrustAnchors.system()
            }
        }
        return PeerVerifier(verification, anchors: anchors)
    }

    /// Makes ready one connection to `host`, reading what files there are to read.
    package func prepare(host: String) async throws -> PreparedClientTLS {
        let context = try await NIOThreadPool.singleton.runIfActive { try makeContext() }
        let wanted = serverName ?? host
        return PreparedClientTLS(
            context: context, verifier: try await makeVerifier(), verification: verification,
            serverName: IPAddress(wanted) == nil && !wanted.isEmpty ? wanted : nil)
    }
}
