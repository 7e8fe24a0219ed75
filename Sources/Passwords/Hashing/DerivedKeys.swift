/// Fresh values of the schemes that derive a key.
extension PasswordScheme {
    static func salt(_ generator: inout SystemRandomNumberGenerator) -> [UInt8] {
        (0..<16).map { _ in generator.next() as UInt8 }
    }

    static func hexadecimalSalt(_ generator: inout SystemRandomNumberGenerator) -> [UInt8] {
        DigestEncoding.encodeHexadecimal(Array(salt(&generator).prefix(8)))
    }

    func argon2(
        _ variant: Argon2Parameters.Variant, _ password: [UInt8], _ cost: UInt64?,
        _ generator: inout SystemRandomNumberGenerator
    ) throws(PasswordHashFailure) -> [UInt8] {
        let passes = UInt32(clamping: try rounds(cost, usual: 3, allowed: 1...100))
        let parameters = Argon2Parameters(variant: variant, memoryCost: 65536, passes: passes)
        let salt = Self.salt(&generator)
        guard let hash = Argon2.hash(password, salt: salt, length: 32, parameters) else {
            throw .unsupported(self, cost: cost)
        }
        return Argon2Value(parameters: parameters, salt: salt, hash: hash).text
    }

    func scram(
        _ digest: PasswordDigest, _ password: [UInt8], _ cost: UInt64?,
        _ generator: inout SystemRandomNumberGenerator
    ) throws(PasswordHashFailure) -> [UInt8] {
        let rounds = try rounds(cost, usual: SCRAMValue.leastRounds, allowed: SCRAMValue.leastRounds...1_000_000)
        return SCRAMValue(password, salt: Self.salt(&generator), rounds: rounds, digest: digest).text
    }

    func dovecotPBKDF2(
        _ password: [UInt8], _ cost: UInt64?, _ generator: inout SystemRandomNumberGenerator
    ) throws(PasswordHashFailure) -> [UInt8] {
        let rounds = try rounds(cost, usual: 5000, allowed: 1...1_000_000)
        let salt = Self.hexadecimalSalt(&generator)
        let key = PBKDF2.key(password, salt: salt, rounds: rounds, length: 20, digest: .sha1)
        return Array("$1$".utf8) + salt + Array("$\(rounds)$".utf8) + DigestEncoding.encodeHexadecimal(key)
    }

    func pbkdf2(
        _ digest: PasswordDigest, _ password: [UInt8], _ cost: UInt64?,
        _ generator: inout SystemRandomNumberGenerator
    ) throws(PasswordHashFailure) -> [UInt8] {
        let rounds = try rounds(cost, usual: 10_000, allowed: 1...1_000_000)
        let salt = Self.salt(&generator)
        let key = PBKDF2.key(password, salt: salt, rounds: rounds, length: digest.count, digest: digest)
        return Array("\(rounds)$".utf8) + DigestEncoding.encodeAdaptedBase64(salt) + [UInt8(ascii: "$")]
            + DigestEncoding.encodeAdaptedBase64(key)
    }

    func digestMD5(_ password: [UInt8], _ login: [UInt8]?) throws(PasswordHashFailure) -> [UInt8] {
        guard let login else { throw .noLogin(self) }
        return DigestEncoding.encodeHexadecimal(DigestMD5.digest(login: login, password: password))
    }

    private func rounds(
        _ cost: UInt64?, usual: UInt64, allowed: ClosedRange<UInt64>
    ) throws(PasswordHashFailure) -> UInt64 {
        let cost = cost ?? usual
        guard allowed.contains(cost) else { throw .cost(self, cost, allowed: allowed) }
        return cost
    }
}
