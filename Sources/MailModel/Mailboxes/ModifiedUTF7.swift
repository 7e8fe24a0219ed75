/// Modified UTF-7, how IMAP and Maildir++ write mailbox names (RFC 3501 §5.1.3).
package enum ModifiedUTF7 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,".utf8)

    /// To UTF-8. Strict: no eight-bit octets, no encoded printable ASCII, no needless shifts, no bits left over.
    package static func decode(_ wire: [UInt8]) -> [UInt8]? {
        var result: [UInt8] = []
        var position = 0
        var justShifted = false
        while position < wire.count {
            let byte = wire[position]
            position += 1
            guard byte >= 0x20, byte < 0x7F else { return nil }
            guard byte == UInt8(ascii: "&") else {
                result.append(byte)
                justShifted = false
                continue
            }
            guard let end = wire[position...].firstIndex(of: UInt8(ascii: "-")) else { return nil }
            if end == position {
                result.append(UInt8(ascii: "&"))
                position += 1
                justShifted = false
                continue
            }
            // Two runs of base 64 side by side would be one.
            guard !justShifted, let text = decodeShifted(wire[position..<end]) else { return nil }
            result += text
            position = end + 1
            justShifted = true
        }
        return result
    }

    private static func decodeShifted(_ run: ArraySlice<UInt8>) -> [UInt8]? {
        var units: [UInt16] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in run {
            guard let value = alphabet.firstIndex(of: byte) else { return nil }
            bits = (bits << 6 | UInt32(value)) & 0x3F_FFFF
            count += 6
            if count >= 16 {
                count -= 16
                units.append(UInt16(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        guard count < 6, bits & ((1 << UInt32(count)) - 1) == 0 else { return nil }
        var result: [UInt8] = []
        var decoder = UTF16()
        var iterator = units.makeIterator()
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar):
                guard scalar.value >= 0x7F || scalar.value < 0x20 else { return nil }
                guard let encoded = UTF8.encode(scalar) else { return nil }
                result += encoded
            case .emptyInput: return result
            case .error: return nil
            }
        }
    }

    /// Nil for bytes that are no UTF-8.
    package static func encode(_ bytes: [UInt8]) -> [UInt8]? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var result: [UInt8] = []
        var units: [UInt16] = []
        func flush() {
            guard !units.isEmpty else { return }
            result.append(UInt8(ascii: "&"))
            var bits: UInt32 = 0
            var count = 0
            for unit in units {
                bits = bits << 16 | UInt32(unit)
                count += 16
                while count >= 6 {
                    count -= 6
                    result.append(alphabet[Int(bits >> UInt32(count)) & 0x3F])
                }
                bits &= (1 << UInt32(count)) - 1
            }
            if count > 0 { result.append(alphabet[Int(bits << UInt32(6 - count)) & 0x3F]) }
            result.append(UInt8(ascii: "-"))
            units = []
        }
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x26:
                flush()
                result += Array("&-".utf8)
            case 0x20..<0x7F:
                flush()
                result.append(UInt8(truncatingIfNeeded: scalar.value))
            default: units += Array(UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter)
            }
        }
        flush()
        return result
    }
}
