/// Base 64 as SASL profiles use it (RFC 4648 §4): the standard alphabet, padded, on one line.
package enum Base64 {
    package static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count / 3 + 1) * 4)
        var group: UInt32 = 0
        var filled = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            filled += 1
            if filled == 3 {
                append(group, characters: 4, to: &text)
                group = 0
                filled = 0
            }
        }
        if filled > 0 {
            append(group << (8 * UInt32(3 - filled)), characters: filled + 1, to: &text)
            text.append(contentsOf: repeatElement(padding, count: 3 - filled))
        }
        return text
    }

    /// Nil for anything but canonical base 64: a length that is no multiple of four, a byte outside the alphabet (white
    /// space and line ends included), padding anywhere but at the end, bits set behind the last octet (RFC 4648 §3.5), or
    /// more than `limit` octets in the result.
    package static func decode(_ text: some Collection<UInt8>, limit: Int = .max) -> [UInt8]? {
        guard text.count.isMultiple(of: 4), text.count / 4 * 3 - 2 <= limit else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        var filled = 0
        var paddings = 0
        for character in text {
            if character == padding {
                guard filled >= 2 else { return nil }
                paddings += 1
            } else {
                guard paddings == 0, let value = value(of: character) else { return nil }
                group |= UInt32(value) << (18 - 6 * UInt32(filled))
            }
            filled += 1
            guard filled == 4 else { continue }
            // The octets that padding stands for must be zero.
            guard paddings < 3, group & ((1 << (8 * UInt32(paddings))) - 1) == 0 else { return nil }
            for index in 0..<(3 - paddings) {
                bytes.append(UInt8(truncatingIfNeeded: group >> (16 - 8 * UInt32(index))))
            }
            // Padding ends the text: the guard above refuses whatever follows.
            group = 0
            filled = 0
        }
        return bytes.count <= limit ? bytes : nil
    }

    private static let padding = UInt8(ascii: "=")
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func append(_ group: UInt32, characters: Int, to text: inout [UInt8]) {
        for index in 0..<characters {
            text.append(alphabet[Int(group >> (18 - 6 * UInt32(index)) & 0x3F)])
        }
    }

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
