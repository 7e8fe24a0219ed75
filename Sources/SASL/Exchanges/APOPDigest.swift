import Crypto

/// What a client shows that it knows its password by (RFC 1939 §7).
package enum APOPDigest {
    /// Whether `digest`, in hexadecimal digits of either case, is the MD5 of the greeting's timestamp and the password;
    /// takes as long wherever they differ.
    package static func matches(_ digest: [UInt8], timestamp: [UInt8], password: [UInt8]) -> Bool {
        let right = Insecure.MD5.hash(data: timestamp + password).flatMap { [$0 >> 4, $0 & 15] }
        guard digest.count == right.count else { return false }
        var difference: UInt8 = 0
        for (sent, nibble) in zip(digest, right) { difference |= value(of: sent) ^ nibble }
        return difference == 0
    }

    private static func value(of digit: UInt8) -> UInt8 {
        switch digit {
        case 0x30...0x39: digit & 15
        case 0x41...0x46, 0x61...0x66: (digit & 15) &+ 9
        default: 0xFF
        }
    }
}
