/// The part of POSIX regular expressions that scripts use on configuration lines: single characters, brackets, `.`, `*` and
/// the like, `^` and `$`. Groups, alternatives, counts and back-references are declined rather than guessed. Matching takes
/// time proportional to line and pattern, whatever they are.
struct BasicRegularExpression {
    enum Syntax {
        case basic
        /// `sed -E`, `grep -E`
        case extended
    }

    private enum Repetition {
        case once, optional, any, some
    }

    private struct Atom {
        /// By byte value.
        var accepts: [Bool]
        var repetition = Repetition.once
    }

    private var atoms: [Atom] = []
    private var isAnchoredAtStart = false
    private var isAnchoredAtEnd = false

    private static let maximumLength = 1000

    /// - Returns: nil for what is declined.
    init?(_ pattern: [UInt8], syntax: Syntax) {
        guard pattern.count <= Self.maximumLength else { return nil }
        var rest = pattern[...]
        if rest.first == UInt8(ascii: "^") {
            isAnchoredAtStart = true
            rest.removeFirst()
        }
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "$") where rest.isEmpty:
                isAnchoredAtEnd = true
            case UInt8(ascii: "^"), UInt8(ascii: "$"):
                guard syntax == .basic else { return nil }
                append(byte)
            case UInt8(ascii: "."):
                atoms.append(Atom(accepts: Array(repeating: true, count: 256)))
            case UInt8(ascii: "["):
                guard let set = Self.bracket(&rest) else { return nil }
                atoms.append(Atom(accepts: set))
            case UInt8(ascii: "*"):
                if atoms.isEmpty, syntax == .basic { append(byte) } else { guard `repeat`(.any) else { return nil } }
            case UInt8(ascii: "+") where syntax == .extended:
                guard `repeat`(.some) else { return nil }
            case UInt8(ascii: "?") where syntax == .extended:
                guard `repeat`(.optional) else { return nil }
            case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "|"), UInt8(ascii: "{"):
                guard syntax == .basic else { return nil }
                append(byte)
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst(), escape(escaped, syntax) else { return nil }
            default:
                append(byte)
            }
        }
    }

    private mutating func append(_ byte: UInt8) {
        var set = Array(repeating: false, count: 256)
        set[Int(byte)] = true
        atoms.append(Atom(accepts: set))
    }

    private mutating func `repeat`(_ repetition: Repetition) -> Bool {
        guard let last = atoms.indices.last, case .once = atoms[last].repetition else { return false }
        atoms[last].repetition = repetition
        return true
    }

    private mutating func escape(_ byte: UInt8, _ syntax: Syntax) -> Bool {
        switch byte {
        case UInt8(ascii: "s"): atoms.append(Atom(accepts: Self.members(of: "space")))
        case UInt8(ascii: "S"): atoms.append(Atom(accepts: Self.members(of: "space").map { !$0 }))
        case UInt8(ascii: "w"):
            var set = Self.members(of: "alnum")
            set[Int(UInt8(ascii: "_"))] = true
            atoms.append(Atom(accepts: set))
        case UInt8(ascii: "t"): append(0x09)
        case UInt8(ascii: "+") where syntax == .basic: return `repeat`(.some)
        case UInt8(ascii: "?") where syntax == .basic: return `repeat`(.optional)
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "|"):
            guard syntax == .extended else { return false }
            append(byte)
        default:
            let isLetterOrDigit = (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a) || (0x30...0x39).contains(byte)
            guard !isLetterOrDigit, byte != UInt8(ascii: "<"), byte != UInt8(ascii: ">"), byte != UInt8(ascii: "`"),
                byte != UInt8(ascii: "'")
            else { return false }
            append(byte)
        }
        return true
    }

    /// What follows `[`.
    private static func bracket(_ rest: inout ArraySlice<UInt8>) -> [Bool]? {
        var set = Array(repeating: false, count: 256)
        var negated = false
        if rest.first == UInt8(ascii: "^") {
            negated = true
            rest.removeFirst()
        }
        var isFirst = true
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "]"), !isFirst { return negated ? set.map { !$0 } : set }
            isFirst = false
            if byte == UInt8(ascii: "["), let mark = rest.first, ":.=".utf8.contains(mark) {
                guard mark == UInt8(ascii: ":"), let end = rest.firstRange(of: Array(":]".utf8)) else { return nil }
                let name = String(
                    decoding: rest[rest.index(after: rest.startIndex)..<max(end.lowerBound, rest.startIndex + 1)],
                    as: UTF8.self)
                let members = members(of: name)
                guard members.contains(true) else { return nil }
                for index in 0..<256 where members[index] { set[index] = true }
                rest = rest[end.upperBound...]
                continue
            }
            if rest.first == UInt8(ascii: "-"), let last = rest.dropFirst().first, last != UInt8(ascii: "]") {
                guard byte <= last else { return nil }
                for member in byte...last { set[Int(member)] = true }
                rest = rest.dropFirst(2)
            } else {
                set[Int(byte)] = true
            }
        }
        return nil
    }

    /// A character class of the C locale; all false for an unknown name.
    private static func members(of name: String) -> [Bool] {
        (0..<256).map { value -> Bool in
            let isLower = (0x61...0x7a).contains(value)
            let isUpper = (0x41...0x5a).contains(value)
            let isDigit = (0x30...0x39).contains(value)
            return switch name {
            case "space": value == 0x20 || (0x09...0x0d).contains(value)
            case "blank": value == 0x20 || value == 0x09
            case "digit": isDigit
            case "lower": isLower
            case "upper": isUpper
            case "alpha": isLower || isUpper
            case "alnum": isLower || isUpper || isDigit
            case "punct": (0x21...0x7e).contains(value) && !isLower && !isUpper && !isDigit
            default: false
            }
        }
    }

    // MARK: Matching

    /// The leftmost and there the longest match at or after `start`.
    func firstMatch(in line: [UInt8], from start: Int = 0) -> Range<Int>? {
        guard start <= line.count else { return nil }
        let last = isAnchoredAtStart ? 0 : line.count
        guard start <= last else { return nil }
        for position in start...last {
            if let end = longestMatch(in: line, at: position) { return position..<end }
        }
        return nil
    }

    private func longestMatch(in line: [UInt8], at start: Int) -> Int? {
        var states = Array(repeating: false, count: atoms.count + 1)
        states[0] = true
        var position = start
        var end: Int?
        while true {
            close(&states)
            if states[atoms.count], !isAnchoredAtEnd || position == line.count { end = position }
            guard position < line.count else { return end }
            var next = Array(repeating: false, count: atoms.count + 1)
            var isAlive = false
            for (index, atom) in atoms.enumerated() where states[index] && atom.accepts[Int(line[position])] {
                isAlive = true
                switch atom.repetition {
                case .once, .optional: next[index + 1] = true
                case .any: next[index] = true
                case .some:
                    next[index] = true
                    next[index + 1] = true
                }
            }
            guard isAlive else { return end }
            states = next
            position += 1
        }
    }

    /// Adds the states that are reached by reading nothing.
    private func close(_ states: inout [Bool]) {
        for (index, atom) in atoms.enumerated() where states[index] {
            switch atom.repetition {
            case .optional, .any: states[index + 1] = true
            case .once, .some: break
            }
        }
    }
}
