/// What glibc would make of a pattern, before it makes it: regcomp(3) and regexec(3) know no limits of their own.
///
/// Counted repetitions are written out (`(a{99}){99}` has 9801 states), `a+` becomes `aa*`, so that each further `+`
/// doubles it again, groups are parsed by recursion, and a back-reference costs time exponential in the key.
enum POSIXPatternCost {
    static let maximumDepth = 100
    /// Of counted repetitions and of `+` around them or another `+`, all of a pattern's together: measured at a tenth of a
    /// second for the worst key.
    static let maximumStates = 500

    private struct Level {
        var states = 0
        var last = 0
        /// Whether an atom before the last one, or the last one, is written out more than once.
        var isCopied = false
        var isLastCopied = false

        mutating func append(_ count: Int) {
            states += last
            last = count
            isCopied = holdsCopies
            isLastCopied = false
        }

        var total: Int { states + last }
        var holdsCopies: Bool { isCopied || isLastCopied }
    }

    static func check(_ pattern: [UInt8], isExtended: Bool) throws(PatternFault) {
        guard pattern.count <= PatternBounds.patternLength else {
            throw .unbounded("the pattern is longer than \(PatternBounds.patternLength) bytes")
        }
        var outer: [Level] = []
        var level = Level()
        var index = 0
        var repeated = 0
        while index < pattern.count {
            var byte = pattern[index]
            index += 1
            var isOperator = isExtended
            var isEscaped = false
            if byte == UInt8(ascii: "\\"), index < pattern.count {
                byte = pattern[index]
                index += 1
                isOperator = !isExtended
                isEscaped = true
                if byte >= UInt8(ascii: "1"), byte <= UInt8(ascii: "9") {
                    throw .unbounded(
                        "back-references are not evaluated in regexp: tables: no limit bounds their time. Write the rule for pcre:"
                    )
                }
            } else if byte == UInt8(ascii: "[") {
                skipBracket(pattern, &index)
                level.append(1)
                continue
            }
            switch byte {
            case UInt8(ascii: "(") where isOperator:
                guard outer.count < maximumDepth else {
                    throw .unbounded("groups are nested more than \(maximumDepth) deep")
                }
                level.append(0)
                outer.append(level)
                level = Level()
            case UInt8(ascii: ")") where isOperator:
                let inside = level
                guard let parent = outer.popLast() else { continue }
                level = parent
                level.last = inside.total + 1
                level.isLastCopied = inside.holdsCopies
            case UInt8(ascii: "{") where isOperator:
                // Neither factor is above a few times the pattern's length or the bound: nothing overflows.
                let count = copies(pattern, &index)
                level.last = max(level.last, 1) * max(count, 1)
                if count > 1 {
                    repeated += level.last
                    level.isLastCopied = true
                }
            case UInt8(ascii: "+") where isOperator:
                level.last = max(level.last, 1) * 2
                // The first at most doubles the pattern.
                if level.isLastCopied { repeated += level.last }
                level.isLastCopied = true
            // A further repetition may follow these: it is the same atom's.
            case UInt8(ascii: "*") where !isEscaped: break
            case UInt8(ascii: "?") where isOperator: break
            default: level.append(1)
            }
            guard repeated <= maximumStates else {
                throw .unbounded(
                    "the pattern's repetitions come to more than \(maximumStates) states. Write the rule for pcre:"
                )
            }
        }
        // Groups that were never closed are regcomp's to refuse.
    }

    /// Behind the `[`: to the closing bracket, past `[:alpha:]` and its like.
    private static func skipBracket(_ pattern: [UInt8], _ index: inout Int) {
        if index < pattern.count, pattern[index] == UInt8(ascii: "^") { index += 1 }
        if index < pattern.count, pattern[index] == UInt8(ascii: "]") { index += 1 }
        while index < pattern.count {
            let byte = pattern[index]
            index += 1
            if byte == UInt8(ascii: "]") { return }
            guard byte == UInt8(ascii: "["), index < pattern.count,
                [UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "=")].contains(pattern[index])
            else { continue }
            let kind = pattern[index]
            var end = index + 1
            while end + 1 < pattern.count, !(pattern[end] == kind && pattern[end + 1] == UInt8(ascii: "]")) { end += 1 }
            if end + 1 < pattern.count { index = end + 2 }
        }
    }

    /// Behind the `{`: how often the atom is written out, which is the higher of its one or two numbers, and once more
    /// for the `*` that ends `{n,}`. Leaves `index` at what follows them.
    private static func copies(_ pattern: [UInt8], _ index: inout Int) -> Int {
        var highest = 0
        var number = 0
        var isOpen = false
        while index < pattern.count, ASCIIText.isDigit(pattern[index]) || pattern[index] == UInt8(ascii: ",") {
            number =
                pattern[index] == UInt8(ascii: ",")
                ? 0 : min(number * 10 + Int(pattern[index] - UInt8(ascii: "0")), maximumStates + 1)
            highest = max(highest, number)
            isOpen = pattern[index] == UInt8(ascii: ",")
            index += 1
        }
        if index < pattern.count, pattern[index] == UInt8(ascii: "\\") { index += 1 }
        if index < pattern.count, pattern[index] == UInt8(ascii: "}") { index += 1 }
        return isOpen && highest > 0 ? highest + 1 : highest
    }
}
