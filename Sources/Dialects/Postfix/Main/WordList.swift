import Directory
import SiteConfiguration

/// Postfix's lists: words between commas and white space, where braces keep a text together.
enum WordList {
    /// Blank, tab, CR, LF, VT, FF.
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }

    static func trimmed(_ text: String) -> String {
        let utf8 = text.utf8.drop { isSpace($0) }
        var end = utf8.endIndex
        while end > utf8.startIndex {
            let before = utf8.index(before: end)
            guard isSpace(utf8[before]) else { break }
            end = before
        }
        return String(utf8[..<end]) ?? ""
    }

    /// Where each word begins and ends; nil when a brace is not closed.
    static func ranges(_ bytes: [UInt8]) -> [Range<Int>]? {
        var ranges: [Range<Int>] = []
        var start: Int?
        var depth = 0
        for (index, byte) in bytes.enumerated() {
            if depth == 0, isSpace(byte) || byte == UInt8(ascii: ",") {
                if let begun = start { ranges.append(begun..<index) }
                start = nil
                continue
            }
            if start == nil { start = index }
            if byte == UInt8(ascii: "{") { depth += 1 }
            if byte == UInt8(ascii: "}"), depth > 0 { depth -= 1 }
        }
        if let begun = start { ranges.append(begun..<bytes.count) }
        return depth == 0 ? ranges : nil
    }

    static func words(_ text: String) -> [String]? {
        let bytes = Array(text.utf8)
        return ranges(bytes)?.map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    /// The text between the braces around the whole word; nil when there are none.
    static func insideBraces(_ text: String) -> String? {
        guard text.utf8.first == UInt8(ascii: "{"), text.utf8.last == UInt8(ascii: "}"), text.utf8.count >= 2 else {
            return nil
        }
        var depth = 0
        var left = text.utf8.count
        for byte in text.utf8 {
            left -= 1
            if byte == UInt8(ascii: "{") { depth += 1 }
            if byte == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0, left > 0 { return nil }
        }
        return depth == 0 ? trimmed(String(text.utf8.dropFirst().dropLast()) ?? "") : nil
    }

    /// Without control characters, for messages.
    static func printable(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) })
    }
}
