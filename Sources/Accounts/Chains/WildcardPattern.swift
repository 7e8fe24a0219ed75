/// Patterns of whole texts: `*` is any number of octets, `?` is one.
enum WildcardPattern {
    /// Takes a time of the product of both lengths at most.
    static func matches(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
        var place = 0
        var index = 0
        // Where the last `*` stood, and up to where it has taken the text.
        var star: (pattern: Int, text: Int)?
        while place < text.count {
            if index < pattern.count, pattern[index] == UInt8(ascii: "*") {
                star = (index, place)
                index += 1
            } else if index < pattern.count, pattern[index] == UInt8(ascii: "?") || pattern[index] == text[place] {
                index += 1
                place += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                index = last.pattern + 1
                place = last.text + 1
            } else {
                return false
            }
        }
        return pattern[index...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// Dovecot's `username_filter`: the first pattern that matches decides, one behind `!` refuses. Without a match only a
    /// list of refusals accepts.
    static func accepts(_ text: [UInt8], _ patterns: [String]) -> Bool {
        for pattern in patterns {
            let isRefusal = pattern.hasPrefix("!")
            if matches(text, Array(pattern.utf8.dropFirst(isRefusal ? 1 : 0))) { return !isRefusal }
        }
        return patterns.allSatisfy { $0.hasPrefix("!") }
    }
}
