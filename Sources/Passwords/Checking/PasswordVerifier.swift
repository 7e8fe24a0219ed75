/// Checks a password against a stored value, on the thread that calls: `PasswordChecker` keeps it off the threads that
/// must not wait.
package struct PasswordVerifier: Sendable {
    package var limits: PasswordWorkLimits

    package init(limits: PasswordWorkLimits = PasswordWorkLimits()) {
        self.limits = limits
    }

    /// Never `matches` for an empty password, whatever is stored. `login` is the name as the client gave it: DIGEST-MD5
    /// can't be checked without.
    package func verifySynchronously(
        password: [UInt8], stored: [UInt8], defaultScheme: PasswordScheme = .crypt, login: [UInt8]? = nil
    ) -> PasswordCheck {
        verify(password, against: StoredPassword(stored, defaultScheme: defaultScheme), login: login)
    }

    func verify(_ password: [UInt8], against stored: StoredPassword, login: [UInt8]?) -> PasswordCheck {
        guard !password.isEmpty else { return .differs }
        guard let scheme = stored.scheme else {
            return .unsupported(
                "{\(stored.schemeName)}: a scheme that can't be checked here; let the directory check by a bind")
        }
        guard let data = stored.decoded else {
            return .unsupported("{\(stored.schemeName)}: the value is not in its encoding")
        }
        if let work = PasswordWork(stored), !work.isAffordable(limits) {
            return .unsupported("{\(stored.schemeName)}: the value asks for more work than is allowed")
        }
        switch scheme {
        case .plain: return plain(password, data)
        case .sha1: return unsalted(.sha1, password, stored, data)
        case .sha256: return unsalted(.sha256, password, stored, data)
        case .sha384: return unsalted(.sha384, password, stored, data)
        case .sha512: return unsalted(.sha512, password, stored, data)
        case .ldapMD5, .plainMD5: return unsalted(.md5, password, stored, data)
        case .ssha: return salted(.sha1, password, stored, data)
        case .ssha256: return salted(.sha256, password, stored, data)
        case .ssha384: return salted(.sha384, password, stored, data)
        case .ssha512: return salted(.sha512, password, stored, data)
        case .smd5: return salted(.md5, password, stored, data)
        case .md5:
            return data.starts(with: "$1$".utf8)
                ? crypt(password, stored, data) : unsalted(.md5, password, stored, data)
        case .crypt, .desCrypt, .md5Crypt, .sha256Crypt, .sha512Crypt, .blowfishCrypt:
            return crypt(password, stored, data)
        case .argon2, .argon2i, .argon2id: return argon2(password, stored, data)
        case .scramSHA1: return check(stored, SCRAMValue(data, digest: .sha1)?.isMade(of: password))
        case .scramSHA256: return check(stored, SCRAMValue(data, digest: .sha256)?.isMade(of: password))
        case .pbkdf2, .pbkdf2SHA1, .pbkdf2SHA256, .pbkdf2SHA512:
            return check(stored, PBKDF2Value(data, scheme: scheme)?.isMade(of: password))
        case .otp: return check(stored, OTPValue(data)?.isMade(of: password))
        case .cramMD5: return compare(MD5State.ofAuthenticationKey(password), stored, data)
        case .plainMD4: return compare(MD4.digest(password), stored, data)
        case .lanman: return compare(WindowsDigests.lanman(password), stored, data)
        case .ntlm:
            let check = compare(WindowsDigests.ntlm(password), stored, data)
            return check == .differs ? compare(WindowsDigests.widenedNTLM(password), stored, data) : check
        case .digestMD5:
            guard let login else { return .unsupported("{DIGEST-MD5}: needs the login name") }
            return compare(DigestMD5.digest(login: login, password: password), stored, data)
        case .plainTrunc: return truncated(password, stored, data)
        }
    }

    private func check(_ stored: StoredPassword, _ isRight: Bool?) -> PasswordCheck {
        switch isRight {
        case true?: .matches
        case false?: .differs
        case nil: malformed(stored)
        }
    }

    private func argon2(_ password: [UInt8], _ stored: StoredPassword, _ data: [UInt8]) -> PasswordCheck {
        guard let value = Argon2Value(data) else { return malformed(stored) }
        // Dovecot too goes by what the value says of itself, not by the name in braces.
        guard let hash = Argon2.hash(password, salt: value.salt, length: value.hash.count, value.parameters) else {
            return .unsupported("{\(stored.schemeName)}: libargon2 refuses the value's parameters, or has no memory")
        }
        return equalInConstantTime(hash, value.hash) ? .matches : .differs
    }

    private func truncated(_ password: [UInt8], _ stored: StoredPassword, _ data: [UInt8]) -> PasswordCheck {
        guard let dash = data.firstIndex(of: UInt8(ascii: "-")),
            let length = dash == 0 ? 0 : DecimalNumber.parse(data[..<dash])
        else { return malformed(stored) }
        let kept = Array(data[(dash + 1)...])
        // An empty beginning would let everybody in.
        guard !kept.isEmpty else { return .differs }
        let isCut = UInt64(kept.count) == length && password.count >= kept.count
        return plain(isCut ? Array(password.prefix(kept.count)) : password, kept)
    }

    /// Compares digests, so that the time tells nothing of the stored password's length.
    private func plain(_ password: [UInt8], _ data: [UInt8]) -> PasswordCheck {
        let same = equalInConstantTime(
            PasswordDigest.sha256.digest(password, salt: []), PasswordDigest.sha256.digest(data, salt: []))
        return same ? .matches : .differs
    }

    private func unsalted(
        _ digest: PasswordDigest, _ password: [UInt8], _ stored: StoredPassword, _ data: [UInt8]
    ) -> PasswordCheck {
        compare(digest.digest(password, salt: []), stored, data)
    }

    private func compare(_ computed: [UInt8], _ stored: StoredPassword, _ data: [UInt8]) -> PasswordCheck {
        // As Dovecot: hexadecimal when the length says so, base 64 otherwise.
        let expected: [UInt8]? =
            if stored.encoding != .usual {
                data
            } else if data.count == 2 * computed.count {
                DigestEncoding.decodeHexadecimal(data)
            } else {
                DigestEncoding.decodeBase64(data)
            }
        guard let expected, expected.count == computed.count else { return malformed(stored) }
        return equalInConstantTime(computed, expected) ? .matches : .differs
    }

    private func salted(
        _ digest: PasswordDigest, _ password: [UInt8], _ stored: StoredPassword, _ data: [UInt8]
    ) -> PasswordCheck {
        let both = stored.encoding == .usual ? DigestEncoding.decodeBase64(data) : data
        guard let both, both.count >= digest.count else { return malformed(stored) }
        let salt = Array(both[digest.count...])
        return equalInConstantTime(digest.digest(password, salt: salt), Array(both[..<digest.count]))
            ? .matches : .differs
    }

    private func crypt(_ password: [UInt8], _ stored: StoredPassword, _ data: [UInt8]) -> PasswordCheck {
        // shadow(5): "!" before the value and "*" in its place lock an account.
        if data.isEmpty || data.first == UInt8(ascii: "!") || data.first == UInt8(ascii: "*") { return .differs }
        guard CryptSetting(data) != nil else { return malformed(stored) }
        guard Crypt.accepts(password) else { return .differs }
        guard let hash = Crypt.hash(password, setting: data) else { return malformed(stored) }
        return equalInConstantTime(hash, data) ? .matches : .differs
    }

    private func malformed(_ stored: StoredPassword) -> PasswordCheck {
        .unsupported("{\(stored.schemeName)}: the value is not of this scheme")
    }
}
