/// The values that a DN may carry as `#` and the hexadecimal digits of their BER encoding (RFC 4514 §2.4).
enum BEREncodedValue {
    /// The LDAP-specific encoding (RFC 4517 §3.3) of a BER encoded string, number or boolean; nil for anything else.
    static func stringForm(of encoding: [UInt8]) -> [UInt8]? {
        guard encoding.count >= 2, let content = content(of: encoding) else { return nil }
        switch encoding[0] {
        // OCTET STRING, UTF8String, NumericString, PrintableString, TeletexString, IA5String, VisibleString
        case 4, 12, 18, 19, 20, 22, 26: return Array(content)
        case 1: return content.count == 1 ? Array((content.first == 0 ? "FALSE" : "TRUE").utf8) : nil
        case 2, 10: return integer(content).map { Array(String($0).utf8) }
        case 28: return scalars(content, width: 4)
        case 30: return utf16(content)
        default: return nil
        }
    }

    /// What stands behind a tag and a definite length that reaches exactly to the end.
    private static func content(of encoding: [UInt8]) -> ArraySlice<UInt8>? {
        let first = Int(encoding[1])
        guard first >= 0x80 else {
            return first == encoding.count - 2 ? encoding[2...] : nil
        }
        let octets = first & 0x7F
        guard octets >= 1, octets <= 4, encoding.count >= 2 + octets else { return nil }
        let length = encoding[2..<(2 + octets)].reduce(0) { $0 << 8 | Int($1) }
        return length == encoding.count - 2 - octets ? encoding[(2 + octets)...] : nil
    }

    private static func integer(_ content: ArraySlice<UInt8>) -> Int64? {
        guard let first = content.first, content.count <= 8 else { return nil }
        return content.reduce(first >= 0x80 ? -1 : 0) { $0 << 8 | Int64($1) }
    }

    private static func scalars(_ content: ArraySlice<UInt8>, width: Int) -> [UInt8]? {
        guard content.count % width == 0 else { return nil }
        var text = ""
        var rest = content
        while !rest.isEmpty {
            let value = rest.prefix(width).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            guard let scalar = Unicode.Scalar(value) else { return nil }
            text.unicodeScalars.append(scalar)
            rest = rest.dropFirst(width)
        }
        return Array(text.utf8)
    }

    private static func utf16(_ content: ArraySlice<UInt8>) -> [UInt8]? {
        guard content.count % 2 == 0 else { return nil }
        var units: [UInt16] = []
        var rest = content
        while let high = rest.popFirst(), let low = rest.popFirst() {
            units.append(UInt16(high) << 8 | UInt16(low))
        }
        return String(validating: units, as: UTF16.self).map { Array($0.utf8) }
    }
}
