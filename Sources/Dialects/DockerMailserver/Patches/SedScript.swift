import Directory
import SiteConfiguration

/// The commands of sed(1) that scripts use on configuration files.
struct SedScript {
    private enum Address {
        case every
        case line(Int)
        case last
        case matching(BasicRegularExpression)
    }

    private enum Action {
        case delete
        case substitute(BasicRegularExpression, [Part], everywhere: Bool)
        case append(String)
        case insert(String)
        case change(String)
    }

    private enum Part {
        case bytes([UInt8])
        case match
    }

    private var commands: [(address: Address, isNegated: Bool, action: Action)] = []

    private static let maximumCommands = 100

    /// - Returns: nil when there is anything in it that is not known for certain.
    init?(_ expressions: [String], syntax: BasicRegularExpression.Syntax) {
        for expression in expressions {
            var rest = Array(expression.utf8)[...]
            while true {
                rest = rest.drop { SourceText.Line.isBlank($0) || $0 == UInt8(ascii: ";") }
                guard !rest.isEmpty else { break }
                guard commands.count < Self.maximumCommands, let command = Self.command(&rest, syntax) else {
                    return nil
                }
                commands.append(command)
            }
        }
        guard !commands.isEmpty else { return nil }
    }

    private static func command(
        _ rest: inout ArraySlice<UInt8>, _ syntax: BasicRegularExpression.Syntax
    ) -> (address: Address, isNegated: Bool, action: Action)? {
        guard let address = address(&rest, syntax) else { return nil }
        rest = rest.drop(while: SourceText.Line.isBlank)
        var isNegated = false
        if rest.first == UInt8(ascii: "!") {
            isNegated = true
            rest = rest.dropFirst().drop(while: SourceText.Line.isBlank)
        }
        guard let letter = rest.popFirst() else { return nil }
        switch letter {
        case UInt8(ascii: "d"):
            rest = rest.drop(while: SourceText.Line.isBlank)
            guard rest.isEmpty || rest.first == UInt8(ascii: ";") else { return nil }
            return (address, isNegated, .delete)
        case UInt8(ascii: "s"):
            guard let action = substitution(&rest, syntax) else { return nil }
            return (address, isNegated, action)
        case UInt8(ascii: "a"), UInt8(ascii: "i"), UInt8(ascii: "c"):
            guard let text = text(&rest) else { return nil }
            let action: Action =
                letter == UInt8(ascii: "a")
                ? .append(text) : letter == UInt8(ascii: "i") ? .insert(text) : .change(text)
            return (address, isNegated, action)
        default:
            return nil
        }
    }

    private static func address(
        _ rest: inout ArraySlice<UInt8>, _ syntax: BasicRegularExpression.Syntax
    ) -> Address? {
        guard let first = rest.first else { return nil }
        var address = Address.every
        if first == UInt8(ascii: "/") || first == UInt8(ascii: "\\") {
            rest.removeFirst()
            if first == UInt8(ascii: "\\") { guard rest.first != nil else { return nil } }
            let delimiter = first == UInt8(ascii: "\\") ? rest.removeFirst() : first
            guard let pattern = delimited(&rest, by: delimiter), !pattern.isEmpty,
                let expression = BasicRegularExpression(pattern, syntax: syntax)
            else { return nil }
            address = .matching(expression)
        } else if first == UInt8(ascii: "$") {
            rest.removeFirst()
            address = .last
        } else if (0x30...0x39).contains(first) {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest.dropFirst(digits.count)
            guard let number = Int(String(decoding: digits, as: UTF8.self)), number > 0 else { return nil }
            address = .line(number)
        }
        // Ranges and flags of addresses are not followed.
        if let next = rest.first, ",I~M".utf8.contains(next) { return nil }
        return address
    }

    /// Up to the delimiter, which a backslash before it makes a plain character.
    private static func delimited(_ rest: inout ArraySlice<UInt8>, by delimiter: UInt8) -> [UInt8]? {
        var bytes: [UInt8] = []
        var isInBracket = false
        while let byte = rest.popFirst() {
            if byte == delimiter, !isInBracket { return bytes }
            if byte == UInt8(ascii: "\n") { return nil }
            if byte == UInt8(ascii: "\\"), let next = rest.first {
                rest.removeFirst()
                bytes += next == delimiter ? [next] : [byte, next]
                continue
            }
            if byte == UInt8(ascii: "[") { isInBracket = true }
            if byte == UInt8(ascii: "]") { isInBracket = false }
            bytes.append(byte)
        }
        return nil
    }

    private static func substitution(
        _ rest: inout ArraySlice<UInt8>, _ syntax: BasicRegularExpression.Syntax
    ) -> Action? {
        guard let delimiter = rest.popFirst(), delimiter != UInt8(ascii: "\\"), delimiter != UInt8(ascii: "\n"),
            let pattern = delimited(&rest, by: delimiter), !pattern.isEmpty,
            let expression = BasicRegularExpression(pattern, syntax: syntax),
            let written = delimited(&rest, by: delimiter), let parts = replacement(written, delimiter)
        else { return nil }
        var everywhere = false
        while let flag = rest.first, flag != UInt8(ascii: ";"), !SourceText.Line.isBlank(flag) {
            guard flag == UInt8(ascii: "g"), !everywhere else { return nil }
            everywhere = true
            rest.removeFirst()
        }
        rest = rest.drop(while: SourceText.Line.isBlank)
        guard rest.isEmpty || rest.first == UInt8(ascii: ";") else { return nil }
        return .substitute(expression, parts, everywhere: everywhere)
    }

    private static func replacement(_ bytes: [UInt8], _ delimiter: UInt8) -> [Part]? {
        var parts: [Part] = []
        var plain: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "&"), delimiter != byte {
                parts.append(.bytes(plain))
                parts.append(.match)
                plain = []
            } else if byte == UInt8(ascii: "\\") {
                guard let next = rest.popFirst() else { return nil }
                let isLetterOrDigit = (next | 0x20 >= 0x61 && next | 0x20 <= 0x7a) || (0x30...0x39).contains(next)
                if next == UInt8(ascii: "n") {
                    plain.append(UInt8(ascii: "\n"))
                } else if next == UInt8(ascii: "t") {
                    plain.append(0x09)
                } else if isLetterOrDigit {
                    return nil
                } else {
                    plain.append(next)
                }
            } else {
                plain.append(byte)
            }
        }
        parts.append(.bytes(plain))
        return parts
    }

    /// The text of `a`, `i` and `c`: the rest, in GNU's form on one line or after `\`.
    private static func text(_ rest: inout ArraySlice<UInt8>) -> String? {
        rest = rest.drop(while: SourceText.Line.isBlank)
        if rest.first == UInt8(ascii: "\\") {
            rest.removeFirst()
            rest = rest.drop(while: SourceText.Line.isBlank)
        }
        let text = rest
        rest = rest[rest.endIndex...]
        guard !text.isEmpty, !text.contains(UInt8(ascii: "\\")), !text.contains(UInt8(ascii: "\n")) else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    // MARK: Running

    func run(on text: inout SourceText, at location: SourceLocation) {
        var result: [SourceText.Line] = []
        let count = text.lines.count
        for (index, line) in text.lines.enumerated() {
            var line = line
            var after: [SourceText.Line] = []
            var isDeleted = false
            for command in commands {
                guard applies(command.address, to: line, index + 1, of: count) != command.isNegated else { continue }
                switch command.action {
                case .delete: isDeleted = true
                case .substitute(let expression, let parts, let everywhere):
                    if let bytes = Self.substituted(line.bytes, expression, parts, everywhere) {
                        line = SourceText.Line(bytes, at: location)
                    }
                case .append(let text): after.append(SourceText.Line(text, at: location))
                case .insert(let text): result.append(SourceText.Line(text, at: location))
                case .change(let text):
                    result.append(SourceText.Line(text, at: location))
                    isDeleted = true
                }
                if isDeleted { break }
            }
            if !isDeleted {
                let pieces = line.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                result += pieces.map { SourceText.Line(Array($0), at: line.location) }
            }
            result += after
        }
        text.lines = result
        text.hostPath = nil
    }

    private func applies(_ address: Address, to line: SourceText.Line, _ number: Int, of count: Int) -> Bool {
        switch address {
        case .every: true
        case .line(let wanted): wanted == number
        case .last: number == count
        case .matching(let expression): expression.firstMatch(in: line.bytes) != nil
        }
    }

    /// nil when nothing matches.
    private static func substituted(
        _ line: [UInt8], _ expression: BasicRegularExpression, _ parts: [Part], _ everywhere: Bool
    ) -> [UInt8]? {
        var result: [UInt8] = []
        var position = 0
        var hasMatched = false
        while position <= line.count, let match = expression.firstMatch(in: line, from: position) {
            hasMatched = true
            result += line[position..<match.lowerBound]
            for part in parts {
                switch part {
                case .bytes(let bytes): result += bytes
                case .match: result += line[match]
                }
            }
            position = match.upperBound
            if match.isEmpty {
                if position < line.count { result.append(line[position]) }
                position += 1
            }
            if !everywhere { break }
        }
        guard hasMatched else { return nil }
        if position < line.count { result += line[position...] }
        return result
    }
}
