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

    /// What each octet stands for in base64; 0xFF for those that stand for nothing.
    private static let base64Values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
        for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(value) }
        return values
    }()

    static func decodeBase64(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        let range = range.clamped(to: 0..<bytes.count)
        // Three octets for four, and two more for a group that is cut off.
        return [UInt8](unsafeUninitializedCapacity: range.count / 4 * 3 + 2) { output, written in
            base64Values.span.withUnsafeBufferPointer { values in
                var group: UInt32 = 0
                var count = 0
                for position in range {
                    let value = values[Int(bytes[position])]
                    guard value != 0xFF else { continue }
                    group = group << 6 | UInt32(value)
                    count += 1
                    guard count == 4 else { continue }
                    output[written] = UInt8(truncatingIfNeeded: group >> 16)
                    output[written + 1] = UInt8(truncatingIfNeeded: group >> 8)
                    output[written + 2] = UInt8(truncatingIfNeeded: group)
                    written += 3
                    group = 0
                    count = 0
                }
                if count == 3 {
                    output[written] = UInt8(truncatingIfNeeded: group >> 10)
                    output[written + 1] = UInt8(truncatingIfNeeded: group >> 2)
                    written += 2
                } else if count == 2 {
                    output[written] = UInt8(truncatingIfNeeded: group >> 4)
                    written += 1
                }
            }
        }
    }

    static func decodeQuotedPrintable(
        _ bytes: Span<UInt8>, _ range: Range<Int>, underscoreIsSpace: Bool
    ) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var position = range.lowerBound
        let end = min(range.upperBound, bytes.count)
        while position < end {
            if !underscoreIsSpace {
                // Most of a text stands for itself.
                let found = ByteScan.firstIndex(of: UInt8(ascii: "="), in: bytes, from: position, below: end) ?? end
                ByteScan.append(position..<found, of: bytes, to: &result)
                position = found
                guard position < end else { break }
            }
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
