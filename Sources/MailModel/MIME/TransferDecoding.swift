/// Content-Transfer-Encoding undone (RFC 2045 §6), leniently: what is not of the encoding is passed over.
package enum TransferDecoding: Hashable, Sendable {
    case identity
    case base64
    case quotedPrintable

    package init(_ name: [UInt8]?) {
        guard let name else {
            self = .identity
            return
        }
        if ASCII.equalIgnoringCase(name, "base64".utf8) {
            self = .base64
        } else if ASCII.equalIgnoringCase(name, "quoted-printable".utf8) {
            self = .quotedPrintable
        } else {
            self = .identity
        }
    }

    package func decode(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        switch self {
        case .identity: ByteScan.copy(range, of: bytes)
        case .base64: Self.decodeBase64(bytes, range)
        case .quotedPrintable: Self.decodeQuotedPrintable(bytes, range, underscoreIsSpace: false)
        }
    }

    static func decodeBase64(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count / 4 * 3)
        var group: UInt32 = 0
        var count = 0
        for position in range {
            let value: UInt32
            switch bytes[position] {
            case 0x41...0x5A: value = UInt32(bytes[position] - 0x41)
            case 0x61...0x7A: value = UInt32(bytes[position] - 0x61) + 26
            case 0x30...0x39: value = UInt32(bytes[position] - 0x30) + 52
            case 0x2B: value = 62
            case 0x2F: value = 63
            default: continue
            }
            group = group << 6 | value
            count += 1
            if count == 4 {
                result.append(UInt8(truncatingIfNeeded: group >> 16))
                result.append(UInt8(truncatingIfNeeded: group >> 8))
                result.append(UInt8(truncatingIfNeeded: group))
                group = 0
                count = 0
            }
        }
        if count == 3 {
            result.append(UInt8(truncatingIfNeeded: group >> 10))
            result.append(UInt8(truncatingIfNeeded: group >> 2))
        } else if count == 2 {
            result.append(UInt8(truncatingIfNeeded: group >> 4))
        }
        return result
    }

    static func decodeQuotedPrintable(
        _ bytes: Span<UInt8>, _ range: Range<Int>, underscoreIsSpace: Bool
    ) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var position = range.lowerBound
        let end = range.upperBound
        while position < end {
            let byte = bytes[position]
            position += 1
            guard byte == UInt8(ascii: "=") else {
                result.append(underscoreIsSpace && byte == UInt8(ascii: "_") ? 0x20 : byte)
                continue
            }
            if position + 1 < end, let high = hexadecimal(bytes[position]), let low = hexadecimal(bytes[position + 1]) {
                result.append(high << 4 | low)
                position += 2
                continue
            }
            // A soft line break: "=" *WSP CRLF
            var probe = position
            while probe < end, bytes[probe] == 0x20 || bytes[probe] == 0x09 || bytes[probe] == 0x0D { probe += 1 }
            if probe < end, bytes[probe] == 0x0A {
                position = probe + 1
            } else if probe < end {
                result.append(byte)
                for skipped in position..<probe { result.append(bytes[skipped]) }
                position = probe
            } else {
                position = end
            }
        }
        return result
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
