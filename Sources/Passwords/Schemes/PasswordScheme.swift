/// How a stored password is kept: the name in braces of RFC 2307 §5.3 and of Dovecot, `{SSHA512}…`.
package enum PasswordScheme: String, CaseIterable, Hashable, Sendable, CustomStringConvertible {
    case plain = "PLAIN"
    /// Base 64 of the digest, or hexadecimal digits.
    case sha1 = "SHA"
    case sha256 = "SHA256"
    case sha512 = "SHA512"
    /// Base 64 of the digest of password and salt, the salt behind it.
    case ssha = "SSHA"
    case ssha256 = "SSHA256"
    case ssha512 = "SSHA512"
    case smd5 = "SMD5"
    /// OpenLDAP's base 64 of a digest, or crypt's `$1$`: the value tells which.
    case md5 = "MD5"
    case ldapMD5 = "LDAP-MD5"
    case plainMD5 = "PLAIN-MD5"
    /// Whatever crypt(3) of this machine accepts.
    case crypt = "CRYPT"
    case desCrypt = "DES-CRYPT"
    case md5Crypt = "MD5-CRYPT"
    case sha256Crypt = "SHA256-CRYPT"
    case sha512Crypt = "SHA512-CRYPT"
    case blowfishCrypt = "BLF-CRYPT"

    /// Nil for a scheme that can't be checked here. Case does not matter.
    package init?(name: String) {
        let name = name.uppercased()
        switch name {
        case "CLEAR", "CLEARTEXT": self = .plain
        case "SHA1": self = .sha1
        default:
            guard let scheme = PasswordScheme(rawValue: name) else { return nil }
            self = scheme
        }
    }

    package var description: String { rawValue }

    /// Whether checking one takes milliseconds by design, and belongs on a thread that may be kept busy.
    package var isSlow: Bool {
        switch self {
        case .crypt, .desCrypt, .md5Crypt, .sha256Crypt, .sha512Crypt, .blowfishCrypt: true
        // The value may turn out to be `$1$`.
        case .md5: true
        case .plain, .sha1, .sha256, .sha512, .ssha, .ssha256, .ssha512, .smd5, .ldapMD5, .plainMD5: false
        }
    }
}
