/// What SCRAM keeps of a password (RFC 5802 §3), as Dovecot writes it: `rounds,salt,StoredKey,ServerKey`, in base 64.
struct SCRAMValue {
    /// RFC 5802 §5.1. Dovecot reads no value with less.
    static let leastRounds: UInt64 = 4096

    let digest: PasswordDigest
    let rounds: UInt64
    let salt: [UInt8]
    let storedKey: [UInt8]
    let serverKey: [UInt8]

    init?(_ data: [UInt8], digest: PasswordDigest) {
        guard data.count <= 1024 else { return nil }
        let fields = data.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard fields.count == 4, let rounds = DecimalNumber.parse(fields[0]), rounds >= Self.leastRounds,
            let salt = DigestEncoding.decodeBase64(Array(fields[1])),
            let storedKey = DigestEncoding.decodeBase64(Array(fields[2])), storedKey.count == digest.count,
            let serverKey = DigestEncoding.decodeBase64(Array(fields[3])), serverKey.count == digest.count
        else { return nil }
        self.digest = digest
        self.rounds = rounds
        self.salt = salt
        self.storedKey = storedKey
        self.serverKey = serverKey
    }

    /// The password's octets are used as they come: Dovecot does not prepare them (RFC 4013) either.
    init(_ password: [UInt8], salt: [UInt8], rounds: UInt64, digest: PasswordDigest) {
        let salted = PBKDF2.key(password, salt: salt, rounds: rounds, length: digest.count, digest: digest)
        let clientKey = PBKDF2.authenticationCode(Array("Client Key".utf8), key: salted, digest: digest)
        self.digest = digest
        self.rounds = rounds
        self.salt = salt
        self.storedKey = digest.digest(clientKey, salt: [])
        self.serverKey = PBKDF2.authenticationCode(Array("Server Key".utf8), key: salted, digest: digest)
    }

    /// As Dovecot, by the StoredKey alone.
    func isMade(of password: [UInt8]) -> Bool {
        equalInConstantTime(
            SCRAMValue(password, salt: salt, rounds: rounds, digest: digest).storedKey, storedKey)
    }

    var text: [UInt8] {
        Array(
            [Array("\(rounds)".utf8)] + [salt, storedKey, serverKey].map(DigestEncoding.encodeBase64)
        ).joined(separator: [UInt8(ascii: ",")]).map { $0 }
    }
}
