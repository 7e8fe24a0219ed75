import Passwords
import PostroomTesting
import Testing

/// Values made by other programs are verified here, and values made here by other programs.
struct InteroperabilityTests {
    static let password = "pa$s wörd-1"

    private func run(_ command: [String]) async throws -> String {
        let folder = try TemporaryFolder("passwords")
        let output = try await ChildProcess.run(command, in: folder)
        return String(output.drop { $0 == "\n" }.prefix { $0 != "\n" })
    }

    private func expectMatch(_ stored: String, _ scheme: PasswordScheme = .crypt) {
        let verifier = PasswordVerifier()
        let stored = Array(stored.utf8)
        #expect(
            verifier.verifySynchronously(password: Array(Self.password.utf8), stored: stored, defaultScheme: scheme)
                == .matches)
        #expect(
            verifier.verifySynchronously(password: Array("pa$s wörd-2".utf8), stored: stored, defaultScheme: scheme)
                == .differs)
    }

    @Test(arguments: ["-1", "-5", "-6"])
    func `openssl passwd`(method: String) async throws {
        let stored = try await run(["/usr/bin/openssl", "passwd", method, Self.password])
        expectMatch(stored)
        expectMatch("{CRYPT}\(stored)")
    }

    @Test(arguments: ["{SSHA}", "{SHA}", "{SMD5}", "{MD5}", "{CRYPT}"])
    func `slappasswd`(scheme: String) async throws {
        let stored = try await run(["/usr/sbin/slappasswd", "-h", scheme, "-s", Self.password])
        expectMatch(stored)
    }

    @Test func `slappasswd with a method of its own`() async throws {
        expectMatch(
            try await run(["/usr/sbin/slappasswd", "-h", "{CRYPT}", "-c", "$6$rounds=1000$%.16s", "-s", Self.password]))
    }

    @Test(arguments: ["{SHA384}", "{SSHA384}", "{SSHA256}", "{SSHA512}"])
    func `slappasswd with SHA-2`(scheme: String) async throws {
        expectMatch(
            try await run(
                ["/usr/sbin/slappasswd", "-o", "module-load=pw-sha2.so", "-h", scheme, "-s", Self.password]))
    }

    /// In the layout of OpenLDAP's pw-pbkdf2, the key made by Python.
    @Test(arguments: [
        ("{PBKDF2}", "sha1"), ("{PBKDF2-SHA1}", "sha1"), ("{PBKDF2-SHA256}", "sha256"), ("{PBKDF2-SHA512}", "sha512"),
    ])
    func `OpenLDAP's layout of PBKDF2`(scheme: String, digest: String) async throws {
        let program = """
            import base64, hashlib, sys
            adapted = lambda octets: base64.b64encode(octets, b"./").rstrip(b"=").decode()
            salt = bytes(range(240, 256))
            key = hashlib.pbkdf2_hmac(sys.argv[1], sys.argv[2].encode(), salt, 1234)
            print("1234$" + adapted(salt) + "$" + adapted(key))
            """
        expectMatch(scheme + (try await run(["/usr/bin/python3", "-c", program, digest, Self.password])))
    }

    @Test func `slappasswd with Argon2`() async throws {
        expectMatch(
            try await run(
                ["/usr/sbin/slappasswd", "-o", "module-load=argon2.so", "-h", "{ARGON2}", "-s", Self.password]))
    }

    static let dovecotSchemes = [
        "PLAIN", "CLEAR", "CLEARTEXT", "SHA", "SHA1", "SHA256", "SHA512", "SSHA", "SSHA256", "SSHA512", "SMD5",
        "LDAP-MD5", "PLAIN-MD5", "PLAIN-MD4", "MD5", "MD5-CRYPT", "DES-CRYPT", "SHA256-CRYPT", "SHA512-CRYPT",
        "BLF-CRYPT", "CRYPT", "CRAM-MD5", "HMAC-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "PBKDF2", "ARGON2I",
        "ARGON2ID", "OTP", "SSHA.HEX", "SHA256.B64", "SHA1.hex", "SHA512.BASE64", "MD5-CRYPT.HEX", "CRAM-MD5.b64",
        "PLAIN-MD4.BASE64", "PBKDF2.hex", "SCRAM-SHA-256.b64", "DIGEST-MD5.b64",
    ]

    /// What a command line can carry, a letter first; DES-crypt sees the first eight octets alone.
    private func randomPassword() -> String {
        let letters = Array("abcXYZ019 $%&{}[]()\"'\\,;:.!?*~#+-=/<>@äßé€")
        return "p" + String((0..<Int.random(in: 0...6)).compactMap { _ in letters.randomElement() })
    }

    @Test(arguments: dovecotSchemes)
    func `given random passwords, when doveadm pw makes values of them, then we verify them`(
        scheme: String
    ) async throws {
        let verifier = PasswordVerifier()
        let login = "Anna@Example.Org"
        for _ in 0..<3 {
            let password = randomPassword()
            let rounds = scheme.hasPrefix("ARGON2") ? ["-r", "3"] : []
            let stored = Array(
                try await run(["/usr/bin/doveadm", "pw", "-u", login, "-s", scheme, "-p", password] + rounds).utf8)
            func check(_ password: String) -> PasswordCheck {
                verifier.verifySynchronously(
                    password: Array(password.utf8), stored: stored, login: Array(login.utf8))
            }
            #expect(check(password) == .matches, "\(password)")
            #expect(check("q" + password) == .differs, "\(password)")
        }
    }

    @Test func `doveadm pw makes long passwords too`() async throws {
        let password = String(repeating: "longer than a block of MD5, ", count: 4)
        for scheme in ["CRAM-MD5", "PLAIN-MD4", "SCRAM-SHA-1", "PBKDF2", "OTP", "SHA512"] {
            let stored = try await run(["/usr/bin/doveadm", "pw", "-s", scheme, "-p", password])
            let check = PasswordVerifier().verifySynchronously(
                password: Array(password.utf8), stored: Array(stored.utf8))
            #expect(check == .matches, "\(scheme)")
        }
    }

    /// Names that are OpenLDAP's or of an older Dovecot, which this one does not know.
    static let unknownToDovecot: [PasswordScheme] = [
        .sha384, .ssha384, .argon2, .pbkdf2SHA1, .pbkdf2SHA256, .pbkdf2SHA512, .lanman, .ntlm,
    ]

    @Test(arguments: PasswordScheme.allCases.filter { $0 != .md5 && !unknownToDovecot.contains($0) })
    func `given random passwords, when we make values of them, then doveadm pw verifies them`(
        scheme: PasswordScheme
    ) async throws {
        let login = "Anna@Example.Org"
        for _ in 0..<2 {
            let password = randomPassword()
            let hash = try scheme.hashSynchronously(
                Array(password.utf8), cost: scheme.testCost, login: Array(login.utf8))
            let stored = String(decoding: hash, as: UTF8.self)
            let command = ["/usr/bin/doveadm", "pw", "-u", login, "-t", stored, "-p"]
            #expect(try await run(command + [password]).contains("(verified)"), "\(password)")
            await #expect(throws: ChildProcess.Failure.self) { try await run(command + ["other"]) }
        }
    }
}
