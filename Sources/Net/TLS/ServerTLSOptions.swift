package import NIOSSL

/// How a server offers TLS.
package struct ServerTLSOptions: Sendable {
    package enum Version: String, Hashable, Sendable, CaseIterable {
        case tls10 = "TLSv1"
        case tls11 = "TLSv1.1"
        case tls12 = "TLSv1.2"
        case tls13 = "TLSv1.3"
    }

    package enum Certificate: Sendable {
        /// PEM files; both may be the same file. The chain starts with the server's own certificate.
        case files(chain: String, key: String)
        /// The same, read by somebody who may: a key that only root can read. The paths are for messages.
        case contents(chain: [UInt8], chainFile: String, key: [UInt8], keyFile: String)
        /// Never offered on a public address (`isPublicAddress`).
        case selfSigned(SelfSignedCertificate)
    }

    package var certificate: Certificate
    /// Certificates by the name a client asks for (SNI); `*.example.org` stands for one label. A name that is not here
    /// gets `certificate`.
    package var byServerName: [String: Certificate]
    package var minimumVersion: Version
    /// For TLS 1.2 and below, in order of preference, by their names (IANA's or OpenSSL's); nil takes the library's. TLS
    /// 1.3 has no choice to make.
    package var cipherSuites: [String]?

    /// Certificates are held in memory, all of them: a bound for a configuration gone wrong (CVE-2017-15130).
    package static let maximumServerNames = 4096

    package init(
        certificate: Certificate, byServerName: [String: Certificate] = [:], minimumVersion: Version = .tls12,
        cipherSuites: [String]? = nil
    ) {
        self.certificate = certificate
        self.byServerName = byServerName
        self.minimumVersion = minimumVersion
        self.cipherSuites = cipherSuites
    }

    package var isSelfSigned: Bool {
        ([certificate] + byServerName.values).contains { if case .selfSigned = $0 { true } else { false } }
    }
}

extension ServerTLSOptions.Version {
    var nio: TLSVersion {
        switch self {
        case .tls10: .tlsv1
        case .tls11: .tlsv11
        case .tls12: .tlsv12
        case .tls13: .tlsv13
        }
    }
}

extension TLSVersion {
    /// As OpenSSL and the trace headers of mail spell it.
    package var protocolName: String {
        switch self {
        case .tlsv1: "TLSv1"
        case .tlsv11: "TLSv1.1"
        case .tlsv12: "TLSv1.2"
        case .tlsv13: "TLSv1.3"
        }
    }
}

/// What is wrong with a certificate, a key or a list of ciphers, and what to do.
package struct ServerTLSError: Error, Hashable, CustomStringConvertible {
    /// The file, or nil for what comes from no file.
    package let file: String?
    package let reason: String
    package let remedy: String

    package init(file: String?, reason: String, remedy: String) {
        self.file = file
        self.reason = reason
        self.remedy = remedy
    }

    package var description: String { (file.map { "\($0): " } ?? "") + reason + "; " + remedy }
}
