import Crypto

/// RFC 8018 §5.2 with HMAC. Takes as long as the rounds ask for: not for an event loop.
enum PBKDF2 {
    static func key(
        _ password: [UInt8], salt: [UInt8], rounds: UInt64, length: Int, digest: PasswordDigest
    ) -> [UInt8] {
        switch digest {
        case .md5: key(password, salt, rounds, length, Insecure.MD5.self)
        case .sha1: key(password, salt, rounds, length, Insecure.SHA1.self)
        case .sha256: key(password, salt, rounds, length, SHA256.self)
        case .sha384: key(password, salt, rounds, length, SHA384.self)
        case .sha512: key(password, salt, rounds, length, SHA512.self)
        }
    }

    private static func key<Function: HashFunction>(
        _ password: [UInt8], _ salt: [UInt8], _ rounds: UInt64, _ length: Int, _: Function.Type
    ) -> [UInt8] {
        // The state behind the key, made once: each round goes on from a copy.
        let keyed = HMAC<Function>(key: SymmetricKey(data: password))
        var key: [UInt8] = []
        var number: UInt32 = 0
        while key.count < length {
            number &+= 1
            var first = keyed
            salt.withUnsafeBytes { first.update(data: $0) }
            withUnsafeBytes(of: number.bigEndian) { first.update(data: $0) }
            var block = Array(first.finalize())
            var result = block
            var round: UInt64 = 1
            while round < rounds {
                var next = keyed
                block.withUnsafeBytes { next.update(data: $0) }
                let code = next.finalize()
                code.withUnsafeBytes { bytes in
                    for (index, byte) in bytes.enumerated() where index < result.count {
                        block[index] = byte
                        result[index] ^= byte
                    }
                }
                round += 1
            }
            key += result
        }
        return Array(key.prefix(length))
    }

    static func authenticationCode(_ data: [UInt8], key: [UInt8], digest: PasswordDigest) -> [UInt8] {
        let key = SymmetricKey(data: key)
        return switch digest {
        case .md5: Array(HMAC<Insecure.MD5>.authenticationCode(for: data, using: key))
        case .sha1: Array(HMAC<Insecure.SHA1>.authenticationCode(for: data, using: key))
        case .sha256: Array(HMAC<SHA256>.authenticationCode(for: data, using: key))
        case .sha384: Array(HMAC<SHA384>.authenticationCode(for: data, using: key))
        case .sha512: Array(HMAC<SHA512>.authenticationCode(for: data, using: key))
        }
    }
}
