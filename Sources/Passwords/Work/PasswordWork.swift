/// What checking a stored value costs, read from the value itself before any of it is spent.
enum PasswordWork: Hashable, Sendable {
    case crypt(CryptSetting)
    case argon2(Argon2Parameters)
    case keyDerivation(PasswordDigest, rounds: UInt64)

    /// Nil for what costs nothing to speak of, and for a value that is not of its scheme.
    init?(_ stored: StoredPassword) {
        guard let scheme = stored.scheme, let data = stored.decoded else { return nil }
        switch scheme {
        case .crypt, .desCrypt, .md5Crypt, .sha256Crypt, .sha512Crypt, .blowfishCrypt:
            guard let setting = CryptSetting(data) else { return nil }
            self = .crypt(setting)
        case .md5:
            guard data.starts(with: "$1$".utf8), let setting = CryptSetting(data) else { return nil }
            self = .crypt(setting)
        case .argon2, .argon2i, .argon2id:
            guard let value = Argon2Value(data) else { return nil }
            self = .argon2(value.parameters)
        case .scramSHA1, .scramSHA256:
            let digest: PasswordDigest = scheme == .scramSHA1 ? .sha1 : .sha256
            guard let value = SCRAMValue(data, digest: digest) else { return nil }
            self = .keyDerivation(digest, rounds: value.rounds)
        case .pbkdf2, .pbkdf2SHA1, .pbkdf2SHA256, .pbkdf2SHA512:
            guard let value = PBKDF2Value(data, scheme: scheme) else { return nil }
            self = .keyDerivation(value.digest, rounds: value.rounds)
        case .plain, .plainTrunc, .sha1, .sha256, .sha384, .sha512, .ssha, .ssha256, .ssha384, .ssha512, .smd5,
            .ldapMD5, .plainMD5, .plainMD4, .cramMD5, .digestMD5, .lanman, .ntlm, .otp:
            return nil
        }
    }

    func isAffordable(_ limits: PasswordWorkLimits) -> Bool {
        switch self {
        case .crypt(let setting): setting.isAffordable(limits)
        case .argon2(let parameters): parameters.isAffordable(limits)
        case .keyDerivation(_, let rounds): rounds <= limits.rounds
        }
    }

    /// Bytes that are taken while the work is done.
    var memory: UInt64 {
        switch self {
        case .crypt(let setting): setting.memory
        case .argon2(let parameters): parameters.memory
        case .keyDerivation: 0
        }
    }

    /// The same work with a salt of no one's.
    func performForNobody(_ password: [UInt8]) {
        switch self {
        case .crypt(let setting): _ = Crypt.hash(password, setting: setting.withoutOwner)
        case .argon2(let parameters):
            _ = Argon2.hash(password, salt: Array("postroom-nobody".utf8), length: 32, parameters)
        case .keyDerivation(let digest, let rounds):
            _ = PBKDF2.key(
                password, salt: Array("postroom-nobody".utf8), rounds: rounds, length: digest.count, digest: digest)
        }
    }
}
