/// Modified UTF-7 (RFC 3501 §5.1.3), which Maildir folders' names are written in on disk.
enum ModifiedUTF7 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,".utf8)

    /// Nil for bytes that are not UTF-8.
    static func encode(_ utf8: [UInt8]) -> [UInt8]? {
        guard let text = String(validating: utf8, as: UTF8.self) else { return nil }
        var output: [UInt8] = []
        var shifted: [UInt16] = []
        func flush() {
            guard !shifted.isEmpty else { return }
            output.append(UInt8(ascii: "&"))
            output += base64(shifted.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] })
            output.append(UInt8(ascii: "-"))
            shifted = []
        }
        for scalar in text.unicodeScalars {
            if scalar.value >= 0x20, scalar.value <= 0x7E {
                flush()
                output.append(UInt8(scalar.value))
                if scalar == "&" { output.append(UInt8(ascii: "-")) }
            } else {
                shifted += UTF16.encode(scalar).map(Array.init) ?? []
            }
        }
        flush()
        return output
    }

    /// Nil for what is not modified UTF-7, or not as `encode` writes it: such a name could not be found again.
    static func decode(_ bytes: [UInt8]) -> [UInt8]? {
        var output = ""
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            guard byte >= 0x20, byte <= 0x7E else { return nil }
            index += 1
            guard byte == UInt8(ascii: "&") else {
                output.unicodeScalars.append(Unicode.Scalar(byte))
                continue
            }
            guard let end = bytes[index...].firstIndex(of: UInt8(ascii: "-")) else { return nil }
            if end == index {
                output.append("&")
            } else {
                guard let units = units(bytes[index..<end]), let text = String(validating: units, as: UTF16.self) else {
                    return nil
                }
                output += text
            }
            index = end + 1
        }
        let decoded = Array(output.utf8)
        return encode(decoded) == bytes ? decoded : nil
    }

    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                output.append(alphabet[Int(bits >> UInt32(count) & 0x3F)])
            }
        }
        if count > 0 { output.append(alphabet[Int(bits << UInt32(6 - count) & 0x3F)]) }
        return output
    }

    private static func units(_ bytes: ArraySlice<UInt8>) -> [UInt16]? {
        var units: [UInt16] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            guard let value = alphabet.firstIndex(of: byte) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            guard count >= 16 else { continue }
            count -= 16
            units.append(UInt16(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return units
    }
}
