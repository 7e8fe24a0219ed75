/// What RFC 2831 keeps of a password.
enum DigestMD5 {
    /// As Dovecot, the realm is what stands behind the login's last `@`.
    static func digest(login: [UInt8], password: [UInt8]) -> [UInt8] {
        let sign = login.lastIndex(of: UInt8(ascii: "@"))
        let user = login[..<(sign ?? login.endIndex)]
        let realm = sign.map { login[($0 + 1)...] } ?? []
        let colon = [UInt8(ascii: ":")]
        return PasswordDigest.md5.digest(Array(user) + colon + Array(realm) + colon + password, salt: [])
    }
}
