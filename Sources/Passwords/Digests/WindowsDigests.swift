/// The two digests of Windows networks: weak, and kept by Samba's and by old Dovecot's directories.
enum WindowsDigests {
    /// LANMAN: of the first fourteen octets in upper case, seven at a time.
    static func lanman(_ password: [UInt8]) -> [UInt8] {
        let upper = password.prefix(14).map { 0x61...0x7A ~= $0 ? $0 & ~0x20 : $0 }
        let key = upper + Array(repeating: 0, count: 14 - upper.count)
        let constant = Array("KGS!@#$%".utf8)
        return DES.encrypt(constant, key: Array(key[..<7])) + DES.encrypt(constant, key: Array(key[7...]))
    }

    /// NTLM: MD4 of the password in UTF-16.
    static func ntlm(_ password: [UInt8]) -> [UInt8] {
        MD4.digest(
            String(decoding: password, as: UTF8.self).utf16.flatMap {
                [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)]
            })
    }

    /// NTLM as Dovecot made it: each octet widened, which differs outside of ASCII.
    static func widenedNTLM(_ password: [UInt8]) -> [UInt8] {
        MD4.digest(password.flatMap { [$0, 0] })
    }
}
