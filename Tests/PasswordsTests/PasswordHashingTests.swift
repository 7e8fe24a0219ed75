import Passwords
import Testing

struct PasswordHashingTests {
    static let password = Array("pa ss{wört}".utf8)

    @Test(arguments: PasswordScheme.allCases)
    func `what is hashed here is verified here`(scheme: PasswordScheme) throws {
        let stored = try scheme.hashSynchronously(Self.password, cost: scheme == .blowfishCrypt ? 4 : 1000)
        #expect(stored.starts(with: "{\(scheme)}".utf8))
        let verifier = PasswordVerifier()
        #expect(verifier.verifySynchronously(password: Self.password, stored: stored) == .matches)
        #expect(verifier.verifySynchronously(password: Array("qa ss{wört}".utf8), stored: stored) == .differs)
    }

    @Test(arguments: [
        PasswordScheme.ssha, .ssha256, .ssha512, .smd5, .crypt, .md5Crypt, .sha256Crypt, .sha512Crypt,
    ])
    func `salts are fresh`(scheme: PasswordScheme) throws {
        #expect(
            try scheme.hashSynchronously(Self.password, cost: 1000)
                != scheme.hashSynchronously(Self.password, cost: 1000))
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
    }
}
