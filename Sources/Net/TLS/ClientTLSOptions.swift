import NIOSSL

/// How a server is checked that we connect to.
package struct ClientTLSOptions: Sendable {
    package enum Verification: Hashable, Sendable {
        /// Chain and name.
        case full
        /// Nothing: for a look at a server, never for a password.
        case none
    }

    package var verification: Verification
    /// PEM; the system's trusted certificates where nil.
    package var trustedCertificates: String?

    package init(verification: Verification = .full, trustedCertificates: String? = nil) {
        self.verification = verification
        self.trustedCertificates = trustedCertificates
    }

    func makeContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let trustedCertificates {
            configuration.trustRoots = .certificates(
                try NIOSSLCertificate.fromPEMBytes(Array(trustedCertificates.utf8)))
        }
        if verification == .none { configuration.certificateVerification = .none }
        return try NIOSSLContext(configuration: configuration)
    }
}
