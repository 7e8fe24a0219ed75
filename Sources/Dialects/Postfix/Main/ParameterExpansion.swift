import Directory
import SiteConfiguration

/// A text whose parts come from several settings.
struct ExpandedText: Sendable {
    private(set) var bytes: [UInt8] = []
    private var pieces: [(end: Int, location: SourceLocation)] = []

    mutating func append(_ more: some Collection<UInt8>, at location: SourceLocation) {
        guard !more.isEmpty else { return }
        bytes += more
        if let last = pieces.indices.last, pieces[last].location == location {
            pieces[last].end = bytes.count
        } else {
            pieces.append((bytes.count, location))
        }
    }

    func location(at offset: Int) -> SourceLocation {
        pieces.first { offset < $0.end }?.location ?? .builtIn
    }

    /// The first place that is no built-in default.
    var writtenLocation: SourceLocation? {
        pieces.first { $0.location != .builtIn }?.location
    }
}

/// What keeps a value from being expanded.
struct ExpansionFault: Error, Hashable {
    var text: String
}

/// `$name`, `${name}`, `$(name)`, `${name?text}`, `${name:text}`, `${name?{text}:{text}}`,
/// `${{text} == {text} ? {text} : {text}}` and `$$` in the values of main.cf (postconf(5)).
struct ParameterExpansion {
    /// A setting's text before expansion.
    struct Raw {
        var value: [UInt8]
        var location: SourceLocation
    }

    let lookup: (_ name: String) -> Raw?
    /// Every name that was looked up.
    private(set) var names: [String] = []
    private var result = ExpandedText()
    private var steps = 0

    /// Macros within macros: Postfix's own bound.
    private static let maximumDepth = 100
    /// Of one value; and of the pieces it is made from.
    private static let maximumSize = 1 << 20
    private static let maximumSteps = 100_000

    init(_ lookup: @escaping (_ name: String) -> Raw?) {
        self.lookup = lookup
    }

    mutating func expand(_ value: [UInt8], at location: SourceLocation) throws(ExpansionFault) -> ExpandedText {
        result = ExpandedText()
        try parse(value[...], at: location, depth: 0)
        return result
    }

    private mutating func append(_ bytes: some Collection<UInt8>, at location: SourceLocation) throws(ExpansionFault) {
        guard result.bytes.count + bytes.count <= Self.maximumSize else {
            throw ExpansionFault(text: "grows beyond \(Self.maximumSize) octets when it is expanded")
        }
        result.append(bytes, at: location)
    }

    private mutating func parse(
        _ text: ArraySlice<UInt8>, at location: SourceLocation, depth: Int
    ) throws(ExpansionFault) {
        var rest = text
        while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
            try append(rest[..<dollar], at: location)
            rest = rest[(dollar + 1)...]
            guard let next = rest.first else { throw Self.emptyName(text) }
            if next == UInt8(ascii: "$") {
                try append([next], at: location)
                rest = rest.dropFirst()
            } else if next == UInt8(ascii: "{") || next == UInt8(ascii: "(") {
                let close = next == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: ")")
                guard let end = Self.closing(rest, open: next, close: close) else {
                    throw ExpansionFault(
                        text: "\"\(Self.text(rest))\" lacks its closing \(next == UInt8(ascii: "{") ? "}" : ")")")
                }
                let inside = rest[(rest.startIndex + 1)..<end]
                guard !inside.isEmpty else { throw Self.emptyName(text) }
                try evaluate(inside, at: location, depth: depth + 1)
                rest = rest[(end + 1)...]
            } else {
                let name = rest.prefix { Self.isNameCharacter($0) }
                guard !name.isEmpty else { throw Self.emptyName(text) }
                try evaluate(name, at: location, depth: depth + 1)
                rest = rest[name.endIndex...]
            }
        }
        try append(rest, at: location)
    }

    /// What stands behind a `$`, without its parentheses.
    private mutating func evaluate(
        _ expression: ArraySlice<UInt8>, at location: SourceLocation, depth: Int
    ) throws(ExpansionFault) {
        steps += 1
        guard depth <= Self.maximumDepth, steps <= Self.maximumSteps else {
            throw ExpansionFault(text: "\"$\(Self.text(expression))\" leads to itself, or is nested too deep")
        }
        var rest = Self.withoutLeadingSpace(expression)
        var raw: Raw?
        let holds: Bool
        if rest.first == UInt8(ascii: "{") {
            holds = try comparison(&rest, at: location, depth: depth)
            raw = Raw(value: holds ? Array("true".utf8) : [], location: location)
            if let next = rest.first, next != UInt8(ascii: "?"), next != UInt8(ascii: ":") {
                throw ExpansionFault(text: "\"?\" or \":\" expected before \"\(Self.text(rest))\"")
            }
        } else {
            let name = rest.prefix { Self.isNameCharacter($0) }
            rest = Self.withoutLeadingSpace(rest[name.endIndex...])
            if let next = rest.first, next != UInt8(ascii: "?"), next != UInt8(ascii: ":") {
                throw ExpansionFault(text: "\"\(Self.text(expression))\" is no parameter's name")
            }
            let text = Self.text(name)
            names.append(text)
            raw = lookup(text)
            holds = raw.map { !$0.value.isEmpty } ?? false
        }
        switch rest.first {
        case nil:
            if let raw { try parse(raw.value[...], at: raw.location, depth: depth) }
        case UInt8(ascii: "?"):
            rest = rest.dropFirst()
            let then = try operand(&rest)
            if holds { try parse(then, at: location, depth: depth) }
            guard let next = rest.first else { return }
            guard next == UInt8(ascii: ":") else {
                throw ExpansionFault(text: "\":\" expected before \"\(Self.text(rest))\"")
            }
            try alternative(rest.dropFirst(), unless: holds, at: location, depth: depth)
        default:
            try alternative(rest.dropFirst(), unless: holds, at: location, depth: depth)
        }
    }

    private mutating func alternative(
        _ text: ArraySlice<UInt8>, unless holds: Bool, at location: SourceLocation, depth: Int
    ) throws(ExpansionFault) {
        var rest = text
        let otherwise = try operand(&rest)
        if !holds { try parse(otherwise, at: location, depth: depth) }
        guard rest.isEmpty else { throw ExpansionFault(text: "unexpected \"\(Self.text(rest))\"") }
    }

    /// `{text}` with white space around it, or all that is left.
    private func operand(_ rest: inout ArraySlice<UInt8>) throws(ExpansionFault) -> ArraySlice<UInt8> {
        let trimmed = Self.withoutLeadingSpace(rest)
        guard trimmed.first == UInt8(ascii: "{") else {
            defer { rest = rest[rest.endIndex...] }
            return rest
        }
        rest = trimmed
        return try braced(&rest)
    }

    private func braced(_ rest: inout ArraySlice<UInt8>) throws(ExpansionFault) -> ArraySlice<UInt8> {
        guard let end = Self.closing(rest, open: UInt8(ascii: "{"), close: UInt8(ascii: "}")) else {
            throw ExpansionFault(text: "\"\(Self.text(rest))\" lacks its closing }")
        }
        defer { rest = Self.withoutLeadingSpace(rest[(end + 1)...]) }
        return rest[(rest.startIndex + 1)..<end]
    }

    /// `{left} operator {right}`
    private mutating func comparison(
        _ rest: inout ArraySlice<UInt8>, at location: SourceLocation, depth: Int
    ) throws(ExpansionFault) -> Bool {
        let left = try braced(&rest)
        // `==level`: the operator and its suffix stand together.
        let sign = rest.prefix { byte in "<>!=?+-*/~&|%".utf8.contains(byte) }
        let suffix = rest[sign.endIndex...].prefix { Self.isNameCharacter($0) }
        guard let comparison = Comparison(Self.text(sign)), suffix.isEmpty || Self.text(suffix) == "level" else {
            throw ExpansionFault(text: "==, !=, <, <=, >= or > expected before \"\(Self.text(rest))\"")
        }
        rest = Self.withoutLeadingSpace(rest[suffix.endIndex...])
        guard rest.first == UInt8(ascii: "{") else {
            throw ExpansionFault(text: "\"{text}\" expected before \"\(Self.text(rest))\"")
        }
        let right = try braced(&rest)
        let values = (try expanded(left, at: location, depth: depth), try expanded(right, at: location, depth: depth))
        return suffix.isEmpty
            ? try comparison.compares(values.0, values.1) : try comparison.comparesLevels(values.0, values.1)
    }

    private mutating func expanded(
        _ text: ArraySlice<UInt8>, at location: SourceLocation, depth: Int
    ) throws(ExpansionFault) -> [UInt8] {
        let outer = result
        result = ExpandedText()
        defer { result = outer }
        try parse(text, at: location, depth: depth)
        return result.bytes
    }

    // MARK: Characters

    /// Where the bracket that opens `text` is closed.
    private static func closing(_ text: ArraySlice<UInt8>, open: UInt8, close: UInt8) -> Int? {
        var depth = 0
        for index in text.indices {
            if text[index] == open { depth += 1 }
            if text[index] == close {
                depth -= 1
                if depth == 0 { return index }
            }
        }
        return nil
    }

    private static func withoutLeadingSpace(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        text.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
    }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.prefix(60), as: UTF8.self)
    }

    private static func emptyName(_ text: ArraySlice<UInt8>) -> ExpansionFault {
        ExpansionFault(text: "a \"$\" in \"\(Self.text(text))\" stands before no name; a dollar sign itself is $$")
    }
}

/// A comparison of two texts: as numbers when both are, else octet by octet; or as compatibility levels.
private enum Comparison: String {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case atMost = "<="
    case atLeast = ">="
    case more = ">"

    init?(_ sign: String) {
        self.init(rawValue: sign)
    }

    func compares(_ left: [UInt8], _ right: [UInt8]) throws(ExpansionFault) -> Bool {
        if let leftNumber = try Self.number(left), let rightNumber = try Self.number(right) {
            return holds(leftNumber, rightNumber)
        }
        if left == right { return self == .equal || self == .atMost || self == .atLeast }
        return left.lexicographicallyPrecedes(right)
            ? self == .notEqual || self == .less || self == .atMost
            : self == .notEqual || self == .more || self == .atLeast
    }

    func comparesLevels(_ left: [UInt8], _ right: [UInt8]) throws(ExpansionFault) -> Bool {
        holds(try Self.level(left), try Self.level(right))
    }

    private func holds(_ left: UInt64, _ right: UInt64) -> Bool {
        switch self {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left < right
        case .atMost: left <= right
        case .atLeast: left >= right
        case .more: left > right
        }
    }

    private static func number(_ text: [UInt8]) throws(ExpansionFault) -> UInt64? {
        guard !text.isEmpty, text.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        guard let number = Int64(String(decoding: text, as: UTF8.self)) else {
            throw ExpansionFault(text: "\"\(String(decoding: text.prefix(40), as: UTF8.self))\" is too large a number")
        }
        return UInt64(number)
    }

    /// `major`, `major.minor` or `major.minor.patch` (compatibility_level).
    private static func level(_ text: [UInt8]) throws(ExpansionFault) -> UInt64 {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        var level: UInt64 = 0
        for index in 0..<3 {
            var part: UInt64 = 0
            if index < parts.count {
                guard parts[index].allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
                    let number = UInt64(String(decoding: parts[index], as: UTF8.self)), number < 1 << 16
                else { throw malformedLevel(text) }
                part = number
            }
            level = level << 16 | part
        }
        guard parts.count <= 3 else { throw malformedLevel(text) }
        return level
    }

    private static func malformedLevel(_ text: [UInt8]) -> ExpansionFault {
        ExpansionFault(
            text: "\"\(String(decoding: text.prefix(40), as: UTF8.self))\" is no compatibility level such as 3.6")
    }
}
