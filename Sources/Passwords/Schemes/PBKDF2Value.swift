/// A key derived by PBKDF2, as Dovecot keeps it (`$1$salt$rounds$hex`, the salt used as text) or as OpenLDAP's pw-pbkdf2
/// and passlib do (`rounds$salt$key`, both in adapted base 64).
struct PBKDF2Value {
    let digest: PasswordDigest
    let salt: [UInt8]
    let rounds: UInt64
    let key: [UInt8]

    /// `{PBKDF2}` is either form; the names with a digest are OpenLDAP's alone.
    init?(_ data: [UInt8], scheme: PasswordScheme) {
        guard data.count <= 1024 else { return nil }
        let fields = data.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
        if scheme == .pbkdf2, data.first == UInt8(ascii: "$") {
            guard fields.count == 5, fields[1].elementsEqual("1".utf8), let rounds = DecimalNumber.parse(fields[3]),
                rounds >= 1, let key = DigestEncoding.decodeHexadecimal(Array(fields[4])),
                key.count == PasswordDigest.sha1.count
            else { return nil }
            self.init(digest: .sha1, salt: Array(fields[2]), rounds: rounds, key: key)
            return
        }
        let digest: PasswordDigest? =
            switch scheme {
            case .pbkdf2, .pbkdf2SHA1: .sha1
            case .pbkdf2SHA256: .sha256
            case .pbkdf2SHA512: .sha512
            default: nil
            }
        guard let digest, fields.count == 3, let rounds = DecimalNumber.parse(fields[0]), rounds >= 1,
            let salt = DigestEncoding.decodeAdaptedBase64(Array(fields[1])),
            let key = DigestEncoding.decodeAdaptedBase64(Array(fields[2])), key.count == digest.count
        else { return nil }
        self.init(digest: digest, salt: salt, rounds: rounds, key: key)
    }

    private init(digest: PasswordDigest, salt: [UInt8], rounds: UInt64, key: [UInt8]) {
        self.digest = digest
        self.salt = salt
        self.rounds = rounds
        self.key = key
    }

    func isMade(of password: [UInt8]) -> Bool {
        equalInConstantTime(
            PBKDF2.key(password, salt: salt, rounds: rounds, length: digest.count, digest: digest), key)
    }
}
