/// Text from a directory or a client, made safe to show: what could move a cursor or forge a line becomes visible.
package enum VisibleText {
    /// UTF-8 stays as it is; control characters and bytes that are no UTF-8 are written `\xNN`, the C1 range, invisible
    /// characters and bidirectional overrides `\u{N}`, a backslash `\\` (unless
    /// the text has an escaping of its own, as a filter has).
    package static func escaped(_ bytes: some Sequence<UInt8>, backslashes: Bool = true) -> String {
        let bytes = Array(bytes)
        var result = ""
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let end = index + length(of: bytes[index])
            if end <= bytes.count, let text = String(validating: bytes[index..<end], as: UTF8.self) {
                for scalar in text.unicodeScalars { append(scalar, to: &result, backslashes) }
                index = end
            } else {
                result += hexadecimal(bytes[index])
                index += 1
            }
        }
        return result
    }

    package static func escaped(_ text: String, backslashes: Bool = true) -> String {
        escaped(text.utf8, backslashes: backslashes)
    }

    /// Of the UTF-8 sequence that this byte opens (RFC 3629 §4); 1 for a byte that opens none.
    private static func length(of lead: UInt8) -> Int {
        switch lead {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
    }

    private static func append(_ scalar: Unicode.Scalar, to result: inout String, _ backslashes: Bool) {
        switch scalar.value {
        case 0x5C where backslashes: result += "\\\\"
        case 0..<0x20, 0x7F: result += hexadecimal(UInt8(truncatingIfNeeded: scalar.value))
        case 0x80..<0xA0, 0xAD, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF, 0xE0000...0xE007F:
            result += "\\u{\(String(scalar.value, radix: 16))}"
        default: result.unicodeScalars.append(scalar)
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "\\x" + (digits.count < 2 ? "0" : "") + digits
    }
}
