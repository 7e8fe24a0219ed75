import Passwords
import Testing

struct RandomInputTests {
    private static let alphabet = Array("{}$.,=/0123456789abcyzABCYZ_-rounds!*".utf8) + [0, 0x80, 0xFF]
    private static let beginnings = [
        "", "{CRYPT}", "{CRYPT}$6$", "{CRYPT}$2y$", "{CRYPT}$y$", "{CRYPT}$7$", "{CRYPT}_", "{CRYPT}$md5", "{SSHA}",
        "{SHA.HEX}",
        "{MD5}", "{PLAIN.b64}", "{ARGON2ID}$argon2id$v=19$m=", "{ARGON2I}$argon2i$m=64,t=1,p=", "{SCRAM-SHA-1}",
        "{PBKDF2}$1$",
        "{PBKDF2-SHA512}", "{OTP}md5 ", "{PLAIN-TRUNC}", "{CRAM-MD5}", "{DIGEST-MD5}", "{NTLM.hex}", "{LANMAN}",
    ]

    @Test(arguments: beginnings)
    func `no stored value makes the check trap or take long`(beginning: String) {
        // Every value that crypt(3) takes is hashed: limits low enough for a test.
        let verifier = PasswordVerifier(
            limits: PasswordWorkLimits(
                rounds: 1000, blowfishCost: 4, memory: 1 << 16, argon2Memory: 1 << 16, argon2Work: 1 << 18))
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let tail = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                Self.alphabet.randomElement(using: &generator) ?? 0
            }
            _ = verifier.verifySynchronously(
                password: Array("secret".utf8), stored: Array(beginning.utf8) + tail, defaultScheme: .crypt,
                login: tail)
        }
    }
}
