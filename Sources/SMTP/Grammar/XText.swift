/// xtext, RFC 3461 §4: how a parameter of MAIL or RCPT carries what its grammar would not let through.
///
///     xtext   = *( xchar / hexchar )
///     xchar   = any ASCII CHAR between "!" (33) and "~" (126) inclusive, except for "+" and "="
///     hexchar = ASCII "+" immediately followed by two upper case hexadecimal digits
package enum XText {
    /// Nil for anything else, and for an escape that stands for NUL, CR or LF: those could only do harm behind it.
    ///
    /// - Parameter allowsUTF8: whether octets above 127 stand for themselves (RFC 6533 §3); the result is then valid UTF-8.
    package static func decode(_ text: some Collection<UInt8>, allowsUTF8: Bool = false) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"):
                guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                    return nil
                }
                let value = high << 4 | low
                guard value != 0, value != 0x0D, value != 0x0A else { return nil }
                bytes.append(value)
            case UInt8(ascii: "="): return nil
            case 0x21...0x7E: bytes.append(byte)
            case 0x80...0xFF where allowsUTF8: bytes.append(byte)
            default: return nil
            }
        }
        return bytes
    }

    package static func encode(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        for byte in bytes {
            if (0x21...0x7E).contains(byte), byte != UInt8(ascii: "+"), byte != UInt8(ascii: "=") {
                text.append(byte)
            } else {
                text += [UInt8(ascii: "+"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return text
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }
}
