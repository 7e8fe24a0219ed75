import MailModel

/// A LIST pattern on the names as they are on the wire: `*` stands for anything, `%` for anything within one part
/// (RFC 3501 §6.3.8). Takes time in proportion to pattern times name, whatever the pattern.
struct ListPattern: Sendable {
    private let pattern: [UInt8]
    private let separator: UInt8

    init(_ pattern: [UInt8], separator: UInt8) {
        var collapsed: [UInt8] = []
        for byte in pattern.prefix(4096) {
            let isWildcard = byte == UInt8(ascii: "*") || byte == UInt8(ascii: "%")
            if isWildcard, collapsed.last == UInt8(ascii: "*") { continue }
            if byte == UInt8(ascii: "%"), collapsed.last == byte { continue }
            if byte == UInt8(ascii: "*") { while collapsed.last == UInt8(ascii: "%") { collapsed.removeLast() } }
            collapsed.append(byte)
        }
        // Nor does the part that stands for it above other names.
        let first = collapsed.prefix { $0 != separator }
        if ASCII.equalIgnoringCase(first, "INBOX".utf8) { collapsed.replaceSubrange(0..<5, with: Array("INBOX".utf8)) }
        self.pattern = collapsed
        self.separator = separator
    }

    func matches(_ name: [UInt8]) -> Bool {
        // INBOX knows no case (RFC 3501 §5.1), nor does a pattern for it.
        let isInbox = ASCII.equalIgnoringCase(name, "INBOX".utf8)
        // The places in the pattern that can have been reached with the name so far.
        var reached = [Bool](repeating: false, count: pattern.count + 1)
        reached[0] = true
        passWildcards(&reached)
        for byte in name {
            var next = [Bool](repeating: false, count: pattern.count + 1)
            var isAlive = false
            for place in pattern.indices where reached[place] {
                switch pattern[place] {
                case UInt8(ascii: "*"): next[place] = true
                // The character before it may have led here as well.
                case UInt8(ascii: "%"): next[place] = next[place] || byte != separator
                case let wanted:
                    let isSame = wanted == byte || isInbox && ASCII.lowercased(wanted) == ASCII.lowercased(byte)
                    next[place + 1] = next[place + 1] || isSame
                }
                isAlive = isAlive || next[place] || next[place + 1]
            }
            guard isAlive else { return false }
            passWildcards(&next)
            reached = next
        }
        return reached[pattern.count]
    }

    private func passWildcards(_ reached: inout [Bool]) {
        for place in pattern.indices
        where reached[place] && (pattern[place] == UInt8(ascii: "*") || pattern[place] == UInt8(ascii: "%")) {
            reached[place + 1] = true
        }
    }
}
