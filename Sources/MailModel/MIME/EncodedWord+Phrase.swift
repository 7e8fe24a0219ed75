extension EncodedWord {
    /// A name as it may stand before an address (`phrase`, RFC 5322 §3.2.5): as it is, quoted, or as encoded words
    /// (RFC 2047 §5).
    package static func phrase(_ name: String) -> String {
        let text = String(String.UnicodeScalarView(name.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
        guard text.utf8.contains(where: { $0 >= 0x80 }) else {
            guard !text.utf8.allSatisfy({ $0 == 0x20 || EmailAddress.isAtomText($0) }) else { return text }
            let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            return "\"\(escaped)\""
        }
        // 75 octets a word at most, each of whole characters: 45 octets of text make 60 of base 64.
        var words: [[UInt8]] = [[]]
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if let last = words.last, last.count + bytes.count > 45 { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?utf-8?B?\(base64($0))?=" }.joined(separator: " ")
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func base64(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var number: UInt32 = 0
            for place in 0..<3 { number = number << 8 | UInt32(place < group.count ? group[start + place] : 0) }
            for place in 0..<4 {
                let isPadding = place > group.count
                result.append(isPadding ? UInt8(ascii: "=") : alphabet[Int(number >> UInt32(18 - 6 * place)) & 63])
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
