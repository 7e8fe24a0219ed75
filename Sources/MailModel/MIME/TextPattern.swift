/// A string to be found in text whatever its case, in any script, as i;unicode-casemap has it (RFC 5051); search time is
/// linear in the text.
package struct TextPattern: Hashable, Sendable {
    private let pattern: [UInt8]
    /// For each length of a match the length of the longest one that is also its end (Knuth, Morris, Pratt).
    private let fallback: [Int]
    private let start: PatternStart

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
        start = PatternStart(folded)
    }

    package var isEmpty: Bool { pattern.isEmpty }

    /// Whether UTF-8 `text` (or text of an unknown set, byte by byte) has the pattern in it.
    package func matches(_ text: Span<UInt8>) -> Bool {
        guard !pattern.isEmpty else { return true }
        var length = 0
        var position = 0
        while position < text.count {
            if length == 0 {
                // Most text can't begin a match, which is seen eight octets at a time.
                position = start.next(in: text, from: position)
                guard position < text.count else { return false }
            }
            let byte = text[position]
            if byte < 0x80 {
                position += 1
                if advance(&length, ASCII.uppercased(byte)) { return true }
                continue
            }
            var found = false
            position += UnicodeCasemap.foldCharacter(at: position, text) { octet in
                found = advance(&length, octet)
                return !found
            }
            if found { return true }
        }
        return false
    }

    /// Whether the match is whole.
    private func advance(_ length: inout Int, _ byte: UInt8) -> Bool {
        while length > 0, pattern[length] != byte { length = fallback[length - 1] }
        if pattern[length] == byte { length += 1 }
        return length == pattern.count
    }
}

/// Where in a text a pattern may begin: at its first two octets in either case, and wherever there is more than ASCII, which
/// may turn into anything once it is folded.
private struct PatternStart: Hashable, Sendable {
    // Eight times the same octet; what it must be under a mask that takes the case off letters.
    private let first: UInt64
    private let firstMask: UInt64
    private let second: UInt64
    private let secondMask: UInt64

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    init(_ folded: [UInt8]) {
        (first, firstMask) = Self.letter(folded.first ?? 0)
        // Under the empty mask every octet is a second one.
        (second, secondMask) = folded.count > 1 ? Self.letter(folded[1]) : (0, 0)
    }

    private static func letter(_ byte: UInt8) -> (UInt64, UInt64) {
        (UInt64(byte) &* ones, byte >= 0x41 && byte <= 0x5A ? 0xDF &* ones : .max)
    }

    /// The high bit of every octet that is zero. Octets above such a one may have it too: these are looked at in vain.
    private static func zeros(_ word: UInt64) -> UInt64 {
        (word &- ones) & ~word & highBits
    }

    /// The first position at or behind `position` where a match may begin; the text's end when there is none.
    func next(in text: Span<UInt8>, from position: Int) -> Int {
        text.withUnsafeBytes { bytes in
            var position = position
            // Eight octets at a time, and the one behind them.
            while position + 9 <= bytes.count {
                let here = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                let behind = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 1, as: UInt64.self))
                let begins = Self.zeros(here & firstMask ^ first)
                let goesOn = Self.zeros(behind & secondMask ^ second) | behind & Self.highBits
                let hits = begins & goesOn | here & Self.highBits
                if hits != 0 { return position + hits.trailingZeroBitCount / 8 }
                position += 8
            }
            let byte = (first: UInt8(truncatingIfNeeded: first), mask: UInt8(truncatingIfNeeded: firstMask))
            while position < bytes.count {
                if bytes[position] >= 0x80 || bytes[position] & byte.mask == byte.first { return position }
                position += 1
            }
            return position
        }
    }
}
