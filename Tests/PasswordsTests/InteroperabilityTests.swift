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

    @Test(arguments: [
        "PLAIN", "SHA", "SHA256", "SHA512", "SSHA", "SSHA256", "SSHA512", "SMD5", "LDAP-MD5", "PLAIN-MD5", "MD5",
        "MD5-CRYPT",
        "SHA256-CRYPT", "SHA512-CRYPT", "BLF-CRYPT", "CRYPT", "SSHA.HEX", "SHA256.B64", "MD5-CRYPT.HEX",
    ])
    func `doveadm pw makes, we verify`(scheme: String) async throws {
        expectMatch(try await run(["/usr/bin/doveadm", "pw", "-s", scheme, "-p", Self.password]))
    }

    @Test(arguments: PasswordScheme.allCases.filter { $0 != .desCrypt && $0 != .md5 })
    func `we make, doveadm pw verifies`(scheme: PasswordScheme) async throws {
        let hash = try scheme.hashSynchronously(
            Array(Self.password.utf8), cost: scheme == .blowfishCrypt ? 5 : 2000)
        let stored = String(decoding: hash, as: UTF8.self)
        #expect(try await run(["/usr/bin/doveadm", "pw", "-t", stored, "-p", Self.password]).contains("(verified)"))
        await #expect(throws: ChildProcess.Failure.self) {
            try await run(["/usr/bin/doveadm", "pw", "-t", stored, "-p", "other"])
        }
    }
}
