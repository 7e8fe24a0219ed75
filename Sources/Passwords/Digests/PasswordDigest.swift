import Crypto

/// The digest behind a scheme that isn't crypt(3).
enum PasswordDigest: Hashable, Sendable {
    case md5
    case sha1
    case sha256
    case sha384
    case sha512

    var count: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// The digest of the password with the salt behind it.
    func digest(_ password: [UInt8], salt: [UInt8]) -> [UInt8] {
        switch self {
        case .md5: Self.digest(password, salt, with: Insecure.MD5())
        case .sha1: Self.digest(password, salt, with: Insecure.SHA1())
        case .sha256: Self.digest(password, salt, with: SHA256())
        case .sha384: Self.digest(password, salt, with: SHA384())
        case .sha512: Self.digest(password, salt, with: SHA512())
        }
    }

    private static func digest(_ password: [UInt8], _ salt: [UInt8], with function: some HashFunction) -> [UInt8] {
        var function = function
        password.withUnsafeBytes { function.update(bufferPointer: $0) }
        salt.withUnsafeBytes { function.update(bufferPointer: $0) }
        return Array(function.finalize())
    }
}
