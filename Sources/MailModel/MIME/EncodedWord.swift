/// Encoded words of header fields (RFC 2047) to UTF-8.
package enum EncodedWord {
    /// `=?charset?B|Q?text?=` replaced by what it stands for; white space between two of them goes (§6.2). What is no
    /// encoded word stays.
    package static func decode(_ value: [UInt8]) -> [UInt8] {
        guard value.contains(UInt8(ascii: "?")) else { return value }
        let bytes = value.span
        var result: [UInt8] = []
        var position = 0
        /// Where `result` ended behind the last encoded word, while only white space has followed.
        var endOfWord: Int?
        while position < value.count {
            if value[position] == UInt8(ascii: "="), let word = word(at: position, bytes) {
                if let endOfWord { result.removeSubrange(endOfWord...) }
                result += word.text
                endOfWord = result.count
                position = word.end
                continue
            }
            let byte = value[position]
            if byte != 0x20, byte != 0x09, byte != 0x0A, byte != 0x0D { endOfWord = nil }
            result.append(byte)
            position += 1
        }
        return result
    }

    /// encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?="
    private static func word(at start: Int, _ bytes: Span<UInt8>) -> (text: [UInt8], end: Int)? {
        // A word is at most 75 octets by the letter (§2); longer ones exist.
        let limit = min(bytes.count, start + 4096)
        guard start + 1 < limit, bytes[start + 1] == UInt8(ascii: "?") else { return nil }
        guard let charsetEnd = field(from: start + 2, limit, bytes), charsetEnd + 2 < limit,
            bytes[charsetEnd + 2] == UInt8(ascii: "?")
        else { return nil }
        let textStart = charsetEnd + 3
        guard let textEnd = field(from: textStart, limit, bytes), textEnd + 1 < limit,
            bytes[textEnd + 1] == UInt8(ascii: "=")
        else { return nil }
        let decoded: [UInt8]
        switch bytes[charsetEnd + 1] {
        case UInt8(ascii: "B"), UInt8(ascii: "b"):
            decoded = TransferDecoding.decodeBase64(bytes, textStart..<textEnd)
        case UInt8(ascii: "Q"), UInt8(ascii: "q"):
            decoded = TransferDecoding.decodeQuotedPrintable(bytes, textStart..<textEnd, underscoreIsSpace: true)
        default: return nil
        }
        var charset = ByteScan.copy(start + 2..<charsetEnd, of: bytes)
        if let star = charset.firstIndex(of: UInt8(ascii: "*")) { charset.removeSubrange(star...) }
        return (TextCharset(charset).utf8(decoded), textEnd + 2)
    }

    /// The place of the "?" that ends a field of an encoded word, which holds no white space.
    private static func field(from start: Int, _ limit: Int, _ bytes: Span<UInt8>) -> Int? {
        var position = start
        while position < limit {
            if bytes[position] == UInt8(ascii: "?") { return position }
            if bytes[position] <= 0x20 { return nil }
            position += 1
        }
        return nil
    }
}
