/// Why a password can't be hashed as asked.
package enum PasswordHashFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case emptyPassword
    /// The scheme takes fewer octets, or no NUL.
    case unsuitablePassword(PasswordScheme)
    /// crypt(3) of this machine lacks the method, or refuses the cost.
    case unsupported(PasswordScheme, cost: UInt64?)

    package var description: String {
        switch self {
        case .emptyPassword: "an empty password can't be stored: no login would ever be accepted with it"
        case .unsuitablePassword(let scheme): "\(scheme): the password is over 511 octets or holds a NUL"
        case .unsupported(let scheme, let cost):
            "\(scheme)\(cost.map { " with \($0) rounds" } ?? ""): not supported by crypt(3) of this machine"
        }
    }
}

extension PasswordScheme {
    /// A fresh `{SCHEME}value` for a directory, salted by the system's generator. Schemes of crypt(3) take as long as
    /// their cost asks for: not for an event loop.
    ///
    /// `cost` is rounds for SHA-crypt (1000 to 999999999), the binary logarithm of rounds for Blowfish (4 to 31), and of no
    /// meaning to the others; nil is 5000 or 10.
    package func hashSynchronously(_ password: [UInt8], cost: UInt64? = nil) throws(PasswordHashFailure) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        guard !password.isEmpty else { throw .emptyPassword }
        let value: [UInt8] =
            switch self {
            case .plain: password
            case .sha1: unsalted(.sha1, password)
            case .sha256: unsalted(.sha256, password)
            case .sha512: unsalted(.sha512, password)
            case .md5, .ldapMD5: unsalted(.md5, password)
            case .plainMD5: DigestEncoding.encodeHexadecimal(PasswordDigest.md5.digest(password, salt: []))
            case .ssha: salted(.sha1, password, &generator)
            case .ssha256: salted(.sha256, password, &generator)
            case .ssha512: salted(.sha512, password, &generator)
            case .smd5: salted(.md5, password, &generator)
            case .desCrypt: try crypt(password, "", 0, &generator)
            case .md5Crypt: try crypt(password, "$1$", 0, &generator)
            case .sha256Crypt: try crypt(password, "$5$", cost ?? 0, &generator)
            case .crypt, .sha512Crypt: try crypt(password, "$6$", cost ?? 0, &generator)
            case .blowfishCrypt: try crypt(password, "$2y$", cost ?? 10, &generator)
            }
        return Array("{\(rawValue)}".utf8) + value
    }

    private func unsalted(_ digest: PasswordDigest, _ password: [UInt8]) -> [UInt8] {
        DigestEncoding.encodeBase64(digest.digest(password, salt: []))
    }

    private func salted(
        _ digest: PasswordDigest, _ password: [UInt8], _ generator: inout SystemRandomNumberGenerator
    ) -> [UInt8] {
        let salt = (0..<16).map { _ in generator.next() as UInt8 }
        return DigestEncoding.encodeBase64(digest.digest(password, salt: salt) + salt)
    }

    private func crypt(
        _ password: [UInt8], _ prefix: String, _ cost: UInt64, _ generator: inout SystemRandomNumberGenerator
    ) throws(PasswordHashFailure) -> [UInt8] {
        guard Crypt.accepts(password) else { throw .unsuitablePassword(self) }
        guard let setting = Crypt.setting(prefix: prefix, cost: cost, using: &generator),
            let hash = Crypt.hash(password, setting: setting)
        else { throw .unsupported(self, cost: cost == 0 ? nil : cost) }
        return hash
    }
}
