/// How the lines of pattern tables are read.
enum RuleText {
    struct Pattern {
        var text: [UInt8]
        var flags: ArraySlice<UInt8>
        var wantsMatch: Bool
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    /// `!/pattern/flags` at the start of `rest`, which is left at what follows.
    static func pattern(
        _ rest: inout ArraySlice<UInt8>, stopsAtNegation: Bool
    ) throws(PatternFault) -> Pattern {
        let marks = rest.prefix { $0 == UInt8(ascii: "!") }.count
        rest = rest.dropFirst(marks).drop(while: ASCIIText.isSpace)
        guard let delimiter = rest.popFirst() else { throw .malformed("no pattern") }
        var end = rest.startIndex
        while end < rest.endIndex, rest[end] != delimiter {
            // A backslash takes the next character with it, the delimiter included.
            end += rest[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard end < rest.endIndex else {
            throw .malformed("the pattern has no closing '\(ASCIIText.text([delimiter]))'")
        }
        let text = Array(rest[..<end])
        rest = rest[(end + 1)...]
        let flags = rest.prefix { !ASCIIText.isSpace($0) && !(stopsAtNegation && $0 == UInt8(ascii: "!")) }
        rest = rest.dropFirst(flags.count)
        return Pattern(text: text, flags: flags, wantsMatch: marks % 2 == 0)
    }

    /// What follows `word`, in either case, when no letter or digit does.
    static func rest(of line: [UInt8], after word: String) -> ArraySlice<UInt8>? {
        let count = word.utf8.count
        guard line.count >= count, LookupKey.folded(Array(line[..<count])).elementsEqual(word.utf8) else { return nil }
        let rest = line[count...]
        if let next = rest.first, isAlphanumeric(next) { return nil }
        return rest
    }

    /// The lines of a table that stands in the parameter itself: `regexp:{ {rule}, {rule} }` (INLINE SPECIFICATION); nil
    /// when the name is a file's.
    static func inlineContents(_ name: [UInt8]) -> [UInt8]? {
        guard let inside = ASCIIText.insideBraces(name) else { return nil }
        var lines: [UInt8] = []
        for word in ASCIIText.words(inside) {
            lines += ASCIIText.insideBraces(word) ?? word
            lines.append(UInt8(ascii: "\n"))
        }
        return lines
    }
}
