import Passwords
import Testing

struct PasswordHashingTests {
    static let password = Array("pa ss{wört}".utf8)

    @Test(arguments: PasswordScheme.allCases)
    func `what is hashed here is verified here`(scheme: PasswordScheme) throws {
        let login = Array("anna@example.org".utf8)
        let stored = try scheme.hashSynchronously(Self.password, cost: scheme.testCost, login: login)
        #expect(stored.starts(with: "{\(scheme)}".utf8))
        let verifier = PasswordVerifier()
        #expect(verifier.verifySynchronously(password: Self.password, stored: stored, login: login) == .matches)
        #expect(
            verifier.verifySynchronously(password: Array("qa ss{wört}".utf8), stored: stored, login: login) == .differs)
    }

    @Test(arguments: [
        PasswordScheme.ssha, .ssha256, .ssha384, .ssha512, .smd5, .crypt, .md5Crypt, .sha256Crypt, .sha512Crypt,
        .argon2i,
        .argon2id, .scramSHA1, .scramSHA256, .pbkdf2, .pbkdf2SHA1, .pbkdf2SHA256, .pbkdf2SHA512, .otp,
    ])
    func `salts are fresh`(scheme: PasswordScheme) throws {
        #expect(
            try scheme.hashSynchronously(Self.password, cost: scheme.testCost)
                != scheme.hashSynchronously(Self.password, cost: scheme.testCost))
    }

    @Test func `the cost is in the value`() throws {
        let sha = try PasswordScheme.sha512Crypt.hashSynchronously(Self.password, cost: 1234)
        #expect(sha.starts(with: "{SHA512-CRYPT}$6$rounds=1234$".utf8))
        let blowfish = try PasswordScheme.blowfishCrypt.hashSynchronously(Self.password, cost: 5)
        #expect(blowfish.starts(with: "{BLF-CRYPT}$2y$05$".utf8))
    }

    @Test func `what can't be hashed says why`() {
        #expect(throws: PasswordHashFailure.emptyPassword) { try PasswordScheme.ssha.hashSynchronously([]) }
        #expect(throws: PasswordHashFailure.unsuitablePassword(.sha512Crypt)) {
            try PasswordScheme.sha512Crypt.hashSynchronously([0x61, 0, 0x62])
        }
        #expect(throws: PasswordHashFailure.unsupported(.blowfishCrypt, cost: 99)) {
            try PasswordScheme.blowfishCrypt.hashSynchronously(Self.password, cost: 99)
        }
        #expect(throws: PasswordHashFailure.cost(.scramSHA1, 1000, allowed: 4096...1_000_000)) {
            try PasswordScheme.scramSHA1.hashSynchronously(Self.password, cost: 1000)
        }
        #expect(throws: PasswordHashFailure.cost(.argon2id, 101, allowed: 1...100)) {
            try PasswordScheme.argon2id.hashSynchronously(Self.password, cost: 101)
        }
        #expect(throws: PasswordHashFailure.noLogin(.digestMD5)) {
            try PasswordScheme.digestMD5.hashSynchronously(Self.password)
        }
    }
}

extension PasswordScheme {
    /// The least that is allowed.
    var testCost: UInt64 {
        switch self {
        case .blowfishCrypt: 4
        case .argon2, .argon2i, .argon2id: 1
        case .scramSHA1, .scramSHA256: 4096
        default: 1000
        }
    }
}
