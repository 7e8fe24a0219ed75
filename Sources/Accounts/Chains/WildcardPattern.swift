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

    /// Dovecot's `username_filter`: what a pattern behind `!` matches is refused; else one of the others must match, if
    /// there are any.
    static func accepts(_ text: [UInt8], _ patterns: [String]) -> Bool {
        var isIncluded = patterns.allSatisfy { $0.hasPrefix("!") }
        for pattern in patterns {
            let bytes = Array(pattern.utf8)
            if bytes.first == UInt8(ascii: "!") {
                if matches(text, Array(bytes.dropFirst())) { return false }
            } else if matches(text, bytes) {
                isIncluded = true
            }
        }
        return isIncluded
    }
}
