import Passwords
import Testing

struct PasswordVerifierTests {
    static let password = Array("sécret-1".utf8)

    /// Made by Dovecot's `doveadm pw`.
    static let vectors = [
        "{MD5-CRYPT}$1$C0ntn4nL$vv.w0pjdnW0Uze9/0jv7d/",
        "{SHA256-CRYPT}$5$rounds=1000$x9qIzn923vEa5GJL$mDz8b1yMhqvmorbS6H7.2YrbDLydmnSZh56eqEVW1OC",
        "{SHA512-CRYPT}$6$rounds=1000$v/uzxJ6YRYgqzqRj$X5Qs/Z9ubrc1c0ED2OCpNKyCdtFc2zOwK3avyLRtNiu1Vbs1xb/oLK2pDoYOgCmqWTuh.3IheXPtW0kfACJ0O1",
        "{BLF-CRYPT}$2y$05$.hgvorVLL8taQvN/cT6haehvJ6HMMWL5zWu64cIIf02gfTr5gSjgi",
        "{SHA}5jp1+puNgiFF+0e524BUmwlhXAc=",
        "{SHA256}udbq8cZ7XLPFDePOs4IGhD2LJAyVB+RqyHqAmAVi0v0=",
        "{SHA512}xzu2jUg1PguAN8GSKRGNyHq4PYCY2qcl2HzmFE9k3BJqINzUQUjDtBNan8yVSZhVhJQH75V/F3/OlRc2F6AhVg==",
        "{SSHA}rjVLk5/47V245GZFGW5XZ2XuOkn079e4",
        "{SSHA256}4P1v09Br7Dto1rXbzo76QettmK5k/nDzgFzyPWguLtDRVZwA",
        "{SSHA256.HEX}10b8e4352128f1730e8fc77e2f2b87cbb068d0b42a1d3d5f4014ad2dc77cbea6f9ec4563",
        "{SSHA512}k3zaNHWKDcP/eb+EDcW+TwlXa/X/GDo1ZzgAHWYJEDGNKPY01jWGyBM/F7bDxQ9CT/Z91NjZ15a03zd4CYgiwNUWGmU=",
        "{SMD5}QtVr7gTd9v6Mzxg4NU7ur3vfcEQ=",
        "{PLAIN-MD5}700266c8ff9733634539a86027b03da5",
        "{LDAP-MD5}cAJmyP+XM2NFOahgJ7A9pQ==",
    ]

    /// The same values under the other names and in the other forms that directories hold.
    static let variants = [
        "{PLAIN}sécret-1", "{CLEAR}sécret-1", "{cleartext}sécret-1", "{PLAIN.b64}c8OpY3JldC0x",
        "{Plain.Base64}c8OpY3JldC0x", "{PLAIN.HEX}73c3a9637265742d31",
        "{SHA1}5jp1+puNgiFF+0e524BUmwlhXAc=", "{sha}5jp1+puNgiFF+0e524BUmwlhXAc=",
        // Without padding.
        "{SHA}5jp1+puNgiFF+0e524BUmwlhXAc", "{LDAP-MD5}cAJmyP+XM2NFOahgJ7A9pQ",
        "{SHA}e63a75fa9b8d822145fb47b9db80549b09615c07", "{ssha.b64}rjVLk5/47V245GZFGW5XZ2XuOkn079e4",
        // OpenLDAP's {MD5} and Dovecot's.
        "{MD5}cAJmyP+XM2NFOahgJ7A9pQ==", "{MD5}700266c8ff9733634539a86027b03da5",
        "{MD5}$1$C0ntn4nL$vv.w0pjdnW0Uze9/0jv7d/", "{CRYPT}$1$C0ntn4nL$vv.w0pjdnW0Uze9/0jv7d/",
        "{crypt}$2y$05$.hgvorVLL8taQvN/cT6haehvJ6HMMWL5zWu64cIIf02gfTr5gSjgi",
    ]

    @Test(arguments: vectors + variants)
    func `the right password matches and others differ`(stored: String) {
        let verifier = PasswordVerifier()
        let stored = Array(stored.utf8)
        #expect(verifier.verifySynchronously(password: Self.password, stored: stored) == .matches)
        for wrong in ["sécret-2", "secret-1", "sécret-1 ", "s", "SÉCRET-1", String(repeating: "x", count: 1024)] {
            #expect(verifier.verifySynchronously(password: Array(wrong.utf8), stored: stored) == .differs)
        }
        #expect(verifier.verifySynchronously(password: [], stored: stored) == .differs)
    }

    @Test(arguments: ["{PLAIN}", "{CRYPT}", "", "{SHA512-CRYPT}", "{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk="])
    func `an empty password never matches, not even an empty one or its digest`(stored: String) {
        for scheme in PasswordScheme.allCases {
            #expect(
                PasswordVerifier().verifySynchronously(password: [], stored: Array(stored.utf8), defaultScheme: scheme)
                    == .differs)
        }
    }

    @Test func `a value without a name is of the default scheme`() {
        let verifier = PasswordVerifier()
        func check(_ stored: String, _ scheme: PasswordScheme) -> PasswordCheck {
            verifier.verifySynchronously(password: Self.password, stored: Array(stored.utf8), defaultScheme: scheme)
        }
        #expect(check("sécret-1", .plain) == .matches)
        #expect(check("$1$C0ntn4nL$vv.w0pjdnW0Uze9/0jv7d/", .crypt) == .matches)
        #expect(check("rjVLk5/47V245GZFGW5XZ2XuOkn079e4", .ssha) == .matches)
        #expect(check("{SMD5}QtVr7gTd9v6Mzxg4NU7ur3vfcEQ=", .ssha) == .matches)
        // A brace alone names nothing.
        #expect(check("{}x", .plain) == .differs)
        #expect(check("{sécret-1", .plain) == .differs)
    }

    @Test(arguments: [
        ("{ARGON2ID}$argon2id$v=19$m=1048576,t=5,p=1$oiCExgJtIDdr$er0Y9ENf", "ARGON2ID"),
        ("{CRAM-MD5}dfd27dee0e92601823773db92250b1f5", "CRAM-MD5"), ("{SASL}user@realm", "SASL"),
        ("{SHA.b32}abc", "SHA.B32"),
    ])
    func `an unknown scheme can't be checked here, and only its name is told`(stored: String, name: String) {
        let check = PasswordVerifier().verifySynchronously(password: Self.password, stored: Array(stored.utf8))
        guard case .unsupported(let reason) = check else {
            Issue.record("\(check)")
            return
        }
        #expect(reason.contains("{\(name)}"))
        #expect(!reason.contains(stored.drop { $0 != "}" }.dropFirst()))
    }

    @Test func `a password that begins with a brace is not taken for a name and shown`() {
        let check = PasswordVerifier().verifySynchronously(
            password: Self.password, stored: Array("{my sécret}phrase".utf8), defaultScheme: .plain)
        #expect(check == .unsupported("{?}: a scheme that can't be checked here; let the directory check by a bind"))
    }

    @Test(arguments: [
        "{SHA}", "{SHA}5jp1", "{SHA}!!!!", "{SHA}zzzz75fa9b8d822145fb47b9db80549b09615c07", "{SSHA}rjVL", "{SSHA}",
        "{SMD5}Qt=r",
        "{PLAIN-MD5}7002", "{SHA.HEX}e63", "{PLAIN.b64}c8O!", "{CRYPT}hello", "{CRYPT}$99$a$b", "{CRYPT}$", "{CRYPT}$6",
        "{CRYPT}$6$",
        "{BLF-CRYPT}$2y$05$short", "{BLF-CRYPT}$2y$5$", "{CRYPT}$y$", "{CRYPT}$7$AB", "{CRYPT}_ab",
        "{CRYPT}$6$rounds=0$salt$hash",
    ])
    func `a value that isn't of its scheme can't be checked, whatever is in it`(stored: String) {
        let check = PasswordVerifier().verifySynchronously(password: Self.password, stored: Array(stored.utf8))
        if case .unsupported = check { return }
        // crypt(3) takes a setting without a hash: nothing can match it.
        #expect(check == .differs)
        #expect(stored == "{CRYPT}$6$")
    }

    @Test(arguments: ["{CRYPT}!$6$salt$hash", "{CRYPT}*", "{CRYPT}!!", "{SHA512-CRYPT}!"])
    func `a locked account's value differs from every password`(stored: String) {
        #expect(
            PasswordVerifier().verifySynchronously(password: Self.password, stored: Array(stored.utf8)) == .differs)
    }

    @Test(arguments: [
        "{CRYPT}$6$rounds=999999999$salt$hash", "{CRYPT}$5$rounds=99999999999999999999999$salt$hash",
        "{BLF-CRYPT}$2y$31$.hgvorVLL8taQvN/cT6haehvJ6HMMWL5zWu64cIIf02gfTr5gSjgi",
        "{CRYPT}$y$jXT$salt$hash", "{CRYPT}$7$kU..../....salt$hash", "{CRYPT}$sha1$4294967295$salt$hash",
        "{CRYPT}$md5,rounds=4294967295$salt$hash", "{CRYPT}_zzzzsalthashhashhas",
    ])
    func `a value that asks for absurd work is refused before any is done`(stored: String) {
        let check = PasswordVerifier().verifySynchronously(password: Self.password, stored: Array(stored.utf8))
        guard case .unsupported(let reason) = check else {
            Issue.record("\(check)")
            return
        }
        #expect(reason.contains("more work"))
    }

    @Test func `NUL does not cut a password short`() {
        let stored = Array("{CRYPT}$1$C0ntn4nL$vv.w0pjdnW0Uze9/0jv7d/".utf8)
        #expect(
            PasswordVerifier().verifySynchronously(password: Self.password + [0, 0x61], stored: stored) == .differs)
    }

    @Test func `no description shows a stored value`() {
        let stored = StoredPassword(Array("{PLAIN}canary".utf8), defaultScheme: .crypt)
        var text = "\(stored) \(String(reflecting: stored))"
        dump(stored, to: &text)
        #expect(!text.contains("canary"))
        #expect(!text.contains("97"))
        #expect(text.contains("{PLAIN}"))
    }
}
