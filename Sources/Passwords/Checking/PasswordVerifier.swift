/// Checks a password against a stored value, on the thread that calls: `PasswordChecker` keeps it off the threads that
/// must not wait.
package struct PasswordVerifier: Sendable {
    package var limits: CryptLimits

    package init(limits: CryptLimits = CryptLimits()) {
        self.limits = limits
    }

    /// Never `matches` for an empty password, whatever is stored.
    package func verifySynchronously(
        password: [UInt8], stored: [UInt8], defaultScheme: PasswordScheme = .crypt
    ) -> PasswordCheck {
        verify(password, against: StoredPassword(stored, defaultScheme: defaultScheme))
    }

    func verify(_ password: [UInt8], against stored: StoredPassword) -> PasswordCheck {
        guard !password.isEmpty else { return .differs }
        guard let scheme = stored.scheme else {
            return .unsupported(
                "{\(stored.schemeName)}: a scheme that can't be checked here; let the directory check by a bind")
        }
        guard let data = stored.decoded else {
            return .unsupported("{\(stored.schemeName)}: the value is not in its encoding")
        }
        switch scheme {
        case .plain: return plain(password, data)
        case .sha1: return unsalted(.sha1, password, stored, data)
        case .sha256: return unsalted(.sha256, password, stored, data)
        case .sha512: return unsalted(.sha512, password, stored, data)
        case .ldapMD5, .plainMD5: return unsalted(.md5, password, stored, data)
        case .ssha: return salted(.sha1, password, stored, data)
        case .ssha256: return salted(.sha256, password, stored, data)
        case .ssha512: return salted(.sha512, password, stored, data)
        case .smd5: return salted(.md5, password, stored, data)
        case .md5:
            return data.starts(with: "$1$".utf8)
                ? crypt(password, stored, data) : unsalted(.md5, password, stored, data)
        case .crypt, .desCrypt, .md5Crypt, .sha256Crypt, .sha512Crypt, .blowfishCrypt:
            return crypt(password, stored, data)
        }
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
        // As Dovecot: hexadecimal when the length says so, base 64 otherwise.
        let expected: [UInt8]? =
            if stored.encoding != .usual {
                data
            } else if data.count == 2 * digest.count {
                DigestEncoding.decodeHexadecimal(data)
            } else {
                DigestEncoding.decodeBase64(data)
            }
        guard let expected, expected.count == digest.count else { return malformed(stored) }
        return equalInConstantTime(digest.digest(password, salt: []), expected) ? .matches : .differs
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
        guard let setting = CryptSetting(data) else { return malformed(stored) }
        guard setting.isAffordable(limits) else {
            return .unsupported("{\(stored.schemeName)}: the value asks for more work than is allowed")
        }
        guard Crypt.accepts(password) else { return .differs }
        guard let hash = Crypt.hash(password, setting: data) else { return malformed(stored) }
        return equalInConstantTime(hash, data) ? .matches : .differs
    }

    private func malformed(_ stored: StoredPassword) -> PasswordCheck {
        .unsupported("{\(stored.schemeName)}: the value is not of this scheme")
    }
}
