/// A string to be found in text whatever its case, in any script, as i;unicode-casemap has it (RFC 5051); search time is
/// linear in the text.
package struct TextPattern: Hashable, Sendable {
    private let pattern: [UInt8]
    /// For each length of a match the length of the longest one that is also its end (Knuth, Morris, Pratt).
    private let fallback: [Int]

    /// `text` in UTF-8.
    package init(_ text: [UInt8]) {
        let folded = UnicodeCasemap.key(text)
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
        UnicodeCasemap.fold(text) { byte in
            while length > 0, pattern[length] != byte { length = fallback[length - 1] }
            if pattern[length] == byte { length += 1 }
            found = length == pattern.count
            return !found
        }
        return found
    }
}
