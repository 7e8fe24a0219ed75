/// What Postfix's readers of names, lists and tables share.
enum ASCIIText {
    /// Postfix's ISSPACE: blank, tab, CR, LF, VT, FF.
    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (byte >= 0x09 && byte <= 0x0D)
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39
    }

    static func trimmed(_ bytes: some BidirectionalCollection<UInt8>) -> [UInt8] {
        guard let first = bytes.firstIndex(where: { !isSpace($0) }),
            let last = bytes.lastIndex(where: { !isSpace($0) })
        else { return [] }
        return Array(bytes[first...last])
    }

    static func lowercased(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
    }

    static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: Array(bytes), as: UTF8.self)
    }

    /// The words between commas and white space; what stands in braces is one word, braces included.
    static func words(_ bytes: [UInt8]) -> [[UInt8]] {
        var words: [[UInt8]] = []
        var word: [UInt8] = []
        var depth = 0
        for byte in bytes {
            if depth == 0, isSpace(byte) || byte == UInt8(ascii: ",") {
                if !word.isEmpty { words.append(word) }
                word = []
                continue
            }
            if byte == UInt8(ascii: "{") { depth += 1 }
            if byte == UInt8(ascii: "}"), depth > 0 { depth -= 1 }
            word.append(byte)
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    /// What stands between the braces that open and close `bytes`, trimmed; nil when they don't.
    static func insideBraces(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}"), bytes.count >= 2 else { return nil }
        var depth = 0
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "{") { depth += 1 }
            if byte == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0, index < bytes.count - 1 { return nil }
        }
        return depth == 0 ? trimmed(bytes[1..<(bytes.count - 1)]) : nil
    }

    /// `name = value` with white space around either; nil without `=` or without a name.
    static func nameAndValue(_ bytes: [UInt8]) -> (name: [UInt8], value: [UInt8])? {
        let start = bytes.firstIndex { !isSpace($0) } ?? bytes.endIndex
        let nameEnd = bytes[start...].firstIndex { isSpace($0) || $0 == UInt8(ascii: "=") } ?? bytes.endIndex
        let equals = bytes[nameEnd...].firstIndex { !isSpace($0) } ?? bytes.endIndex
        guard nameEnd > start, equals < bytes.endIndex, bytes[equals] == UInt8(ascii: "=") else { return nil }
        return (Array(bytes[start..<nameEnd]), trimmed(bytes[(equals + 1)...]))
    }
}
