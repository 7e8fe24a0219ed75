/// How the server's identity is checked and this side's is shown.
public struct LDAPTLSOptions: Hashable, Sendable {
    public enum Verification: String, Hashable, Sendable, CaseIterable {
        /// The chain must lead to a known authority and the certificate must bear the server's name or address.
        case demand
        /// The chain must lead to a known authority; any name will do.
        case ignoreName
        /// Nothing is checked: whoever can divert the connection can read and answer it.
        case never
    }

    public enum Version: String, Hashable, Sendable, CaseIterable {
        /// RFC 8996 forbids these two; a site may have a server that speaks nothing else.
        case tls10 = "TLSv1"
        case tls11 = "TLSv1.1"
        case tls12 = "TLSv1.2"
        case tls13 = "TLSv1.3"
    }

    public var verification: Verification
    /// PEM. With neither this nor a directory, the system's authorities are the known ones.
    public var authorityFile: String?
    /// One PEM certificate per file, named by hash as `c_rehash` does.
    public var authorityDirectory: String?
    /// PEM, the certificate first and then those that signed it.
    public var certificateFile: String?
    public var keyFile: String?
    public var minimumVersion: Version
    /// IANA's names, for TLS 1.2 and below, in order of preference; nil is the library's own choice.
    public var cipherSuites: [String]?

    public init(
        verification: Verification = .demand, authorityFile: String? = nil, authorityDirectory: String? = nil,
        certificateFile: String? = nil, keyFile: String? = nil, minimumVersion: Version = .tls12,
        cipherSuites: [String]? = nil
    ) {
        self.cipherSuites = cipherSuites
        self.verification = verification
        self.authorityFile = authorityFile
        self.authorityDirectory = authorityDirectory
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.minimumVersion = minimumVersion
    }
}
