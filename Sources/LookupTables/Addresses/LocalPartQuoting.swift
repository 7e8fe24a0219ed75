/// The RFC 5321 form of a local part, which is what Postfix asks its tables for.
package enum LocalPartQuoting {
    /// The local part as it is, or between quotes when it is no dot-string (RFC 5321 §4.1.2).
    package static func quoted(_ localPart: [UInt8]) -> [UInt8] {
        guard !isDotString(localPart) else { return localPart }
        var result: [UInt8] = [UInt8(ascii: "\"")]
        for byte in localPart {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { result.append(UInt8(ascii: "\\")) }
            result.append(byte)
        }
        result.append(UInt8(ascii: "\""))
        return result
    }

    // Dot-string = Atom *("." Atom)
    private static func isDotString(_ bytes: [UInt8]) -> Bool {
        var previous = UInt8(ascii: ".")
        for byte in bytes {
            if byte == UInt8(ascii: ".") {
                if previous == byte { return false }
            } else if !isAtomText(byte) {
                return false
            }
            previous = byte
        }
        return previous != UInt8(ascii: ".")
    }

    // atext, RFC 5322 §3.2.3, with the octets of RFC 6531 §3.3
    private static func isAtomText(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...0xFF: true
        default: atomSpecials.contains(byte)
        }
    }

    private static let atomSpecials = Array("!#$%&'*+-/=?^_`{|}~".utf8)
}
