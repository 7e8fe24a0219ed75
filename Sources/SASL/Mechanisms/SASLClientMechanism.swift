/// A mechanism that we can log in with at another server, in the order of preference: first those that do not show the
/// password.
package enum SASLClientMechanism: String, CaseIterable, Hashable, Sendable, CustomStringConvertible {
    /// RFC 7677.
    case scramSHA256 = "SCRAM-SHA-256"
    /// RFC 5802.
    case scramSHA1 = "SCRAM-SHA-1"
    /// RFC 2195: obsolete, yet still offered.
    case cramMD5 = "CRAM-MD5"
    /// RFC 4616.
    case plain = "PLAIN"
    /// draft-murchison-sasl-login.
    case login = "LOGIN"

    package init?(name: String) {
        self.init(rawValue: name.uppercased())
    }

    package var description: String { rawValue }

    /// A fresh exchange for one AUTH command.
    package func exchange(_ credentials: SASLPlainCredentials) -> any ClientExchange {
        switch self {
        case .plain: PlainClientExchange(credentials)
        case .login: LoginClientExchange(credentials)
        case .cramMD5: CRAMMD5ClientExchange(credentials)
        case .scramSHA1: SCRAMClientExchange(credentials, hash: .sha1)
        case .scramSHA256: SCRAMClientExchange(credentials, hash: .sha256)
        }
    }
}
