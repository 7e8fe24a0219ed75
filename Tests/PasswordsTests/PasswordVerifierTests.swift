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
        "{CRAM-MD5}dfd27dee0e92601823773db92250b1f544c4e30bad6c5ddb402d1a347ef8da44",
        "{SCRAM-SHA-256}4096,UydSzKgsFPJVm8VRY1B2Rg==,RCfESFNJWO8G+5b6mi8OjGSdtEwFDn1Oe2aWaMcY/34=,2GI6c25lbKnKyxkdU4UEwigTyNXS9Aq7KQChlhhgWdY=",
        "{PBKDF2}$1$h0OwK52RfKe2A/BZ$5$1a9e66e40e2f175c4fb7ec28c22f6609c3cc7762",
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
        "{hmac-md5}dfd27dee0e92601823773db92250b1f544c4e30bad6c5ddb402d1a347ef8da44",
        "{PLAIN-TRUNC}11-sécret-1", "{PLAIN-TRUNC}-sécret-1",
        // MD5-crypt needs no name, and what follows it does not count.
        "$1$C0ntn4nL$vv.w0pjdnW0Uze9/0jv7d/$more",
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
        ("{SKEY}1 2 3", "SKEY"), ("{SASL}user@realm", "SASL"), ("{SHA.b32}abc", "SHA.B32"),
        ("{RPA}00112233", "RPA"),
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
        "{ARGON2ID}$argon2d$v=19$m=64,t=3,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", "{ARGON2I}", "{ARGON2}$argon2id$",
        "{ARGON2ID}$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "{ARGON2ID}$argon2id$v=18$m=64,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "{ARGON2ID}$argon2id$v=19$m=1,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "{SCRAM-SHA-1}1000,c2FsdA==,YU+HAtMflRQ4qSvc/nDQ/CnX2iQ=,njXCMvbBEkJM4ullyV6sz7DoVg0=", "{SCRAM-SHA-1}4096,,,",
        "{SCRAM-SHA-256}4096,c2FsdA==,YU+HAtMflRQ4qSvc/nDQ/CnX2iQ=,njXCMvbBEkJM4ullyV6sz7DoVg0=",
        "{PBKDF2}$1$salt$0$00",
        "{PBKDF2}$1$salt$x$1a9e66e40e2f175c4fb7ec28c22f6609c3cc7762", "{PBKDF2-SHA256}10$c2FsdA$c2FsdA",
        "{CRAM-MD5}dfd27dee0e92601823773db92250b1f5", "{DIGEST-MD5}44863fcfac7d83ec51bbbe94b084cf33", "{NTLM}00",
        "{LANMAN}zz", "{OTP}sha256 1 seed 07f84f1876d2225d", "{OTP}md5 1 seed 07f8", "{OTP}md5 1", "{PLAIN-TRUNC}x-y",
        "{PLAIN-TRUNC}secret", "{OTP}sha1 999999999 seed 07f84f1876d2225d",
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
        "{ARGON2ID}$argon2id$v=19$m=1048577,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "{ARGON2I}$argon2i$v=19$m=4294967295,t=4294967295,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "{ARGON2}$argon2i$v=19$m=64,t=4294967295,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "{ARGON2ID}$argon2id$v=19$m=65536,t=1,p=4096$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "{SCRAM-SHA-1}2147483647,c2FsdA==,YU+HAtMflRQ4qSvc/nDQ/CnX2iQ=,njXCMvbBEkJM4ullyV6sz7DoVg0=",
        "{PBKDF2}$1$salt$99999999999999999999999$1a9e66e40e2f175c4fb7ec28c22f6609c3cc7762",
    ])
    func `a value that asks for absurd work is refused before any is done`(stored: String) {
        let check = PasswordVerifier().verifySynchronously(password: Self.password, stored: Array(stored.utf8))
        guard case .unsupported(let reason) = check else {
            Issue.record("\(check)")
            return
        }
        #expect(reason.contains("more work"))
    }

    @Test func `a value of Dovecot's that asks for 1 GiB is checked`() {
        let stored = Array(
            "{ARGON2ID}$argon2id$v=19$m=1048576,t=5,p=1$oiCExgJtIDdr/2Vvmjj9lg$er0Y9ENfUYyCDe7oFqH5BG9aFdM9pqkUhgIN2oZnyjI"
                .utf8)
        #expect(PasswordVerifier().verifySynchronously(password: Self.password, stored: stored) == .matches)
        let check = PasswordVerifier(limits: PasswordWorkLimits(argon2Memory: 1 << 29))
            .verifySynchronously(password: Self.password, stored: stored)
        #expect(check == .unsupported("{ARGON2ID}: the value asks for more work than is allowed"))
    }

    @Test(arguments: [
        ("password", "{LANMAN}e52cac67419a9a224a3b108f3fa6cb6d"),
        ("password", "{NTLM}8846f7eaee8fb117ad06bdd830b7586c"),
        ("password", "{NTLM}8846F7EAEE8FB117AD06BDD830B7586C"), ("abc", "{PLAIN-MD4}a448017aaf21d8525fc10ae87aa6729d"),
        ("abc", "{PLAIN-MD4.b64}pEgBeq8h2FJfwQroeqZynQ=="), ("hello123", "{PLAIN-TRUNC}5-hello"),
        ("abc", "{OTP}sha1 1024 5cba8ad65b215a05 07f84f1876d2225d"),
        ("abc", "{OTP}sha1 1024 5CBA8AD65B215A05 07F84F1876D2225D"),
        // RFC 2289 appendix C.
        ("This is a test.", "{OTP}md4 0 TeSt d1854218ebbb0b51"),
        ("This is a test.", "{OTP}md5 0 TeSt 9e876134d90499dd"),
        ("This is a test.", "{OTP}md5 1 TeSt 7965e05436f5029f"),
        ("This is a test.", "{OTP}sha1 0 TeSt bb9e6ae1979d8ff4"),
        ("OTP's are good", "{OTP}sha1 99 correct 4f296a74fe1567ec"),
    ])
    func `values of old systems`(password: String, stored: String) {
        let verifier = PasswordVerifier()
        #expect(
            verifier.verifySynchronously(password: Array(password.utf8), stored: Array(stored.utf8)) == .matches)
        #expect(verifier.verifySynchronously(password: Array("Zx".utf8), stored: Array(stored.utf8)) == .differs)
    }

    @Test func `a truncated password of no length lets nobody in`() {
        for stored in ["{PLAIN-TRUNC}0-", "{PLAIN-TRUNC}-", "{PLAIN-TRUNC}5-"] {
            #expect(
                PasswordVerifier().verifySynchronously(password: Self.password, stored: Array(stored.utf8)) == .differs)
        }
        // The password given may be longer than what is kept, never shorter.
        for wrong in ["hell", "Hello", "jello123"] {
            #expect(
                PasswordVerifier().verifySynchronously(
                    password: Array(wrong.utf8), stored: Array("{PLAIN-TRUNC}5-hello".utf8)) == .differs)
        }
    }

    @Test func `DIGEST-MD5 is of the login, whose realm is behind its last @`() {
        func check(_ login: String, _ stored: String) -> PasswordCheck {
            PasswordVerifier().verifySynchronously(
                password: Array("abc".utf8), stored: Array(stored.utf8), login: Array(login.utf8))
        }
        #expect(check("joe", "{DIGEST-MD5}44863fcfac7d83ec51bbbe94b084cf33") == .matches)
        #expect(check("a@b@c", "{DIGEST-MD5}9c3d151c78f0fdd15a512563fcee41ad") == .matches)
        #expect(check("a@b", "{DIGEST-MD5}9c3d151c78f0fdd15a512563fcee41ad") == .differs)
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
