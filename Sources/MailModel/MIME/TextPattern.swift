/// A string to be found in text whatever its case, in any script; search time is linear in the text.
package struct TextPattern: Hashable, Sendable {
    private let pattern: [UInt8]
    /// For each length of a match the length of the longest one that is also its end (Knuth, Morris, Pratt).
    private let fallback: [Int]

    /// `text` in UTF-8.
    package init(_ text: [UInt8]) {
        var folded: [UInt8] = []
        var folding = CaseFolding()
        folding.fold(text.span) {
            folded.append($0)
            return true
        }
        pattern = folded
        var fallback = [Int](repeating: 0, count: folded.count)
        var length = 0
        for index in folded.indices.dropFirst() {
            while length > 0, folded[index] != folded[length] { length = fallback[length - 1] }
            if folded[index] == folded[length] { length += 1 }
            fallback[index] = length
        }
        self.fallback = fallback
    }

    package var isEmpty: Bool { pattern.isEmpty }

    /// Whether UTF-8 `text` (or text of an unknown set, byte by byte) has the pattern in it.
    package func matches(_ text: Span<UInt8>) -> Bool {
        guard !pattern.isEmpty else { return true }
        var length = 0
        var found = false
        var folding = CaseFolding()
        folding.fold(text) { byte in
            while length > 0, pattern[length] != byte { length = fallback[length - 1] }
            if pattern[length] == byte { length += 1 }
            found = length == pattern.count
            return !found
        }
        return found
    }
}

/// Upper and lower case, and the two forms of sigma, made one. ASCII costs a comparison.
private struct CaseFolding {
    /// Gives the folded bytes to `take` until it returns false.
    mutating func fold(_ text: Span<UInt8>, _ take: (UInt8) -> Bool) {
        var position = 0
        while position < text.count {
            let byte = text[position]
            if byte < 0x80 {
                guard take(ASCII.lowercased(byte)) else { return }
                position += 1
                continue
            }
            guard let (scalar, length) = Self.scalar(at: position, text) else {
                guard take(byte) else { return }
                position += 1
                continue
            }
            for upper in scalar.properties.uppercaseMapping.unicodeScalars {
                for folded in upper.properties.lowercaseMapping.utf8 {
                    guard take(folded) else { return }
                }
            }
            position += length
        }
    }

    private static func scalar(at position: Int, _ text: Span<UInt8>) -> (Unicode.Scalar, Int)? {
        let first = text[position]
        let length: Int
        var value: UInt32
        switch first {
        case 0xC2...0xDF: (length, value) = (2, UInt32(first & 0x1F))
        case 0xE0...0xEF: (length, value) = (3, UInt32(first & 0x0F))
        case 0xF0...0xF4: (length, value) = (4, UInt32(first & 0x07))
        default: return nil
        }
        guard position + length <= text.count else { return nil }
        for offset in 1..<length {
            let byte = text[position + offset]
            guard byte & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        let smallest: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000
        guard value >= smallest, let scalar = Unicode.Scalar(value) else { return nil }
        return (scalar, length)
    }
}
