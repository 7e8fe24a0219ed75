/// The two ways in which stored digests are written as text. Base 64 (RFC 4648 §4) may lack its padding, as values that
/// passed through shell scripts often do; everything else is strict.
enum DigestEncoding {
    static func encodeBase64(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for byte in group { bits = bits << 8 | UInt32(byte) }
            bits <<= 8 * UInt32(3 - group.count)
            for index in 0...group.count { text.append(alphabet[Int(bits >> (18 - 6 * UInt32(index)) & 0x3F)]) }
            text.append(contentsOf: repeatElement(UInt8(ascii: "="), count: 3 - group.count))
        }
        return text
    }

    static func decodeBase64(_ text: [UInt8]) -> [UInt8]? {
        var characters = text[...]
        while characters.last == UInt8(ascii: "="), text.count - characters.count < 2 { characters.removeLast() }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var width: UInt32 = 0
        for character in characters {
            guard let value = value(of: character) else { return nil }
            bits = bits << 6 | UInt32(value)
            width += 6
            guard width >= 8 else { continue }
            width -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> width))
            bits &= (1 << width) - 1
        }
        // Six bits left over are a lone character; set bits behind the last octet are not canonical (RFC 4648 §3.5).
        guard width < 6, bits == 0 else { return nil }
        return bytes
    }

    /// passlib's base 64: `.` for `+`, and no padding.
    static func encodeAdaptedBase64(_ bytes: [UInt8]) -> [UInt8] {
        encodeBase64(bytes).filter { $0 != UInt8(ascii: "=") }
            .map { $0 == UInt8(ascii: "+") ? UInt8(ascii: ".") : $0 }
    }

    static func decodeAdaptedBase64(_ text: [UInt8]) -> [UInt8]? {
        decodeBase64(text.map { $0 == UInt8(ascii: ".") ? UInt8(ascii: "+") : $0 })
    }

    static func encodeHexadecimal(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0x0F)]] }
    }

    static func decodeHexadecimal(_ text: [UInt8]) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text {
            let digit: UInt8
            switch character {
            case 0x30...0x39: digit = character &- 0x30
            case 0x41...0x46: digit = character &- 0x41 &+ 10
            case 0x61...0x66: digit = character &- 0x61 &+ 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character &- UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character &- UInt8(ascii: "a") &+ 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character &- UInt8(ascii: "0") &+ 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
