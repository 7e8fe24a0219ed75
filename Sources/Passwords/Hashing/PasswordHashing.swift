/// Why a password can't be hashed as asked.
package enum PasswordHashFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case emptyPassword
    /// The scheme takes fewer octets, or no NUL.
    case unsuitablePassword(PasswordScheme)
    /// crypt(3) of this machine lacks the method, or refuses the cost.
    case unsupported(PasswordScheme, cost: UInt64?)
    case cost(PasswordScheme, UInt64, allowed: ClosedRange<UInt64>)
    /// DIGEST-MD5 without a login name.
    case noLogin(PasswordScheme)

    package var description: String {
        switch self {
        case .emptyPassword: "an empty password can't be stored: no login would ever be accepted with it"
        case .unsuitablePassword(let scheme): "\(scheme): the password is over 511 octets or holds a NUL"
        case .unsupported(let scheme, let cost):
            "\(scheme)\(cost.map { " with \($0) rounds" } ?? ""): not supported by crypt(3) of this machine"
        case .cost(let scheme, let cost, let allowed):
            "\(scheme): a cost of \(cost) is not allowed: give \(allowed.lowerBound) to \(allowed.upperBound)"
        case .noLogin(let scheme): "\(scheme): needs the login name"
        }
    }
}

extension PasswordScheme {
    /// A fresh `{SCHEME}value` for a directory, salted by the system's generator. Schemes of crypt(3) take as long as
    /// their cost asks for: not for an event loop.
    ///
    /// `cost` is rounds for SHA-crypt (1000 to 999999999), PBKDF2 and SCRAM (to a million), the binary logarithm of rounds
    /// for Blowfish (4 to 31), passes over 64 MiB for Argon2 (to 100), and of no meaning to the others; nil is 5000, 10000,
    /// 4096, 10 or 3. `login` is for DIGEST-MD5: `user@realm`, as the client will give it.
    package func hashSynchronously(
        _ password: [UInt8], cost: UInt64? = nil, login: [UInt8]? = nil
    ) throws(PasswordHashFailure) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        guard !password.isEmpty else { throw .emptyPassword }
        let value: [UInt8] =
            switch self {
            case .plain: password
            case .sha1: unsalted(.sha1, password)
            case .sha256: unsalted(.sha256, password)
            case .sha384: unsalted(.sha384, password)
            case .sha512: unsalted(.sha512, password)
            case .md5, .ldapMD5: unsalted(.md5, password)
            case .plainMD5: DigestEncoding.encodeHexadecimal(PasswordDigest.md5.digest(password, salt: []))
            case .ssha: salted(.sha1, password, &generator)
            case .ssha256: salted(.sha256, password, &generator)
            case .ssha384: salted(.sha384, password, &generator)
            case .ssha512: salted(.sha512, password, &generator)
            case .smd5: salted(.md5, password, &generator)
            case .desCrypt: try crypt(password, "", 0, &generator)
            case .md5Crypt: try crypt(password, "$1$", 0, &generator)
            case .sha256Crypt: try crypt(password, "$5$", cost ?? 0, &generator)
            case .crypt, .sha512Crypt: try crypt(password, "$6$", cost ?? 0, &generator)
            case .blowfishCrypt: try crypt(password, "$2y$", cost ?? 10, &generator)
            case .argon2, .argon2id: try argon2(.id, password, cost, &generator)
            case .argon2i: try argon2(.i, password, cost, &generator)
            case .scramSHA1: try scram(.sha1, password, cost, &generator)
            case .scramSHA256: try scram(.sha256, password, cost, &generator)
            case .pbkdf2: try dovecotPBKDF2(password, cost, &generator)
            case .pbkdf2SHA1: try pbkdf2(.sha1, password, cost, &generator)
            case .pbkdf2SHA256: try pbkdf2(.sha256, password, cost, &generator)
            case .pbkdf2SHA512: try pbkdf2(.sha512, password, cost, &generator)
            case .cramMD5: DigestEncoding.encodeHexadecimal(MD5State.ofAuthenticationKey(password))
            case .digestMD5: try digestMD5(password, login)
            case .plainMD4: DigestEncoding.encodeHexadecimal(MD4.digest(password))
            case .plainTrunc: Array("\(password.count)-".utf8) + password
            case .lanman: DigestEncoding.encodeHexadecimal(WindowsDigests.lanman(password))
            case .ntlm: DigestEncoding.encodeHexadecimal(WindowsDigests.ntlm(password))
            case .otp: OTPValue(password, sequence: 1024, seed: Self.hexadecimalSalt(&generator)).text
            }
        return Array("{\(rawValue)}".utf8) + value
    }

    private func unsalted(_ digest: PasswordDigest, _ password: [UInt8]) -> [UInt8] {
        DigestEncoding.encodeBase64(digest.digest(password, salt: []))
    }

    private func salted(
        _ digest: PasswordDigest, _ password: [UInt8], _ generator: inout SystemRandomNumberGenerator
    ) -> [UInt8] {
        let salt = Self.salt(&generator)
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
