/// How a stored password is kept: the name in braces of RFC 2307 §5.3 and of Dovecot, `{SSHA512}…`.
package enum PasswordScheme: String, CaseIterable, Hashable, Sendable, CustomStringConvertible {
    case plain = "PLAIN"
    /// Base 64 of the digest, or hexadecimal digits.
    case sha1 = "SHA"
    case sha256 = "SHA256"
    case sha384 = "SHA384"
    case sha512 = "SHA512"
    /// Base 64 of the digest of password and salt, the salt behind it.
    case ssha = "SSHA"
    case ssha256 = "SSHA256"
    case ssha384 = "SSHA384"
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
    /// RFC 9106: `$argon2id$v=19$m=65536,t=3,p=1$salt$hash`. OpenLDAP's name is for both.
    case argon2 = "ARGON2"
    case argon2i = "ARGON2I"
    case argon2id = "ARGON2ID"
    case scramSHA1 = "SCRAM-SHA-1"
    case scramSHA256 = "SCRAM-SHA-256"
    /// Dovecot's `$1$salt$rounds$hex`, or OpenLDAP's other name for PBKDF2-SHA1.
    case pbkdf2 = "PBKDF2"
    case pbkdf2SHA1 = "PBKDF2-SHA1"
    case pbkdf2SHA256 = "PBKDF2-SHA256"
    case pbkdf2SHA512 = "PBKDF2-SHA512"
    /// The state of HMAC-MD5 behind its key, 32 octets.
    case cramMD5 = "CRAM-MD5"
    /// MD5 of `user:realm:password`: can be checked only with the login name.
    case digestMD5 = "DIGEST-MD5"
    case plainMD4 = "PLAIN-MD4"
    /// `length-password`: when that is the password's length, the beginning of the one given is enough.
    case plainTrunc = "PLAIN-TRUNC"
    case lanman = "LANMAN"
    case ntlm = "NTLM"
    /// RFC 2289's last one-time password; its pass phrase is what matches.
    case otp = "OTP"

    /// Nil for a scheme that can't be checked here. Case does not matter.
    package init?(name: String) {
        let name = name.uppercased()
        switch name {
        case "CLEAR", "CLEARTEXT": self = .plain
        case "SHA1": self = .sha1
        case "HMAC-MD5": self = .cramMD5
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
        case .argon2, .argon2i, .argon2id, .scramSHA1, .scramSHA256: true
        case .pbkdf2, .pbkdf2SHA1, .pbkdf2SHA256, .pbkdf2SHA512, .otp, .lanman: true
        // The value may turn out to be `$1$`.
        case .md5: true
        case .plain, .plainTrunc, .sha1, .sha256, .sha384, .sha512, .ssha, .ssha256, .ssha384, .ssha512, .smd5,
            .ldapMD5, .plainMD5, .plainMD4, .cramMD5, .digestMD5, .ntlm:
            false
        }
    }
}
