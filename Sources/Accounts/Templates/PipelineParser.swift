extension Template {
    /// Parses the notation of Dovecot 2.4: `%{user | domain}`, `%{ldap:quota | default('10M')}`. A `%` without a brace is
    /// itself; `%%{` is a literal `%{`.
    package init(current text: String, for place: Place) throws(TemplateSyntaxError) {
        var parser = PipelineParser(text, place)
        self.init(text: text, segments: try parser.parse())
    }
}

/// template = *( "%%{" / "%{" operand *( "|" filter ) "}" / octet )
/// operand = name [ ":" name ] / call / string / number
/// filter = name [ "(" [ argument *( "," argument ) ] ")" ]
/// argument = [ name "=" ] operand
private struct PipelineParser {
    private let text: String
    private let bytes: [UInt8]
    private let place: Template.Place
    private var index = 0

    init(_ text: String, _ place: Template.Place) {
        self.text = text
        self.bytes = Array(text.utf8)
        self.place = place
    }

    private var current: UInt8? { bytes.indices.contains(index) ? bytes[index] : nil }

    private func failure(_ reason: String) -> TemplateSyntaxError {
        TemplateSyntaxError(template: text, offset: index, reason: reason)
    }

    mutating func parse() throws(TemplateSyntaxError) -> [Template.Segment] {
        var segments: [Template.Segment] = []
        var literal: [UInt8] = []
        while let byte = current {
            let rest = bytes[index...]
            if rest.starts(with: "%%{".utf8) {
                literal += "%{".utf8
                index += 3
            } else if rest.starts(with: "%{".utf8) {
                index += 2
                if !literal.isEmpty { segments.append(.literal(literal)) }
                literal = []
                segments.append(.variable(try pipeline(), [], .whole))
            } else {
                literal.append(byte)
                index += 1
            }
        }
        if !literal.isEmpty { segments.append(.literal(literal)) }
        return segments
    }

    private mutating func pipeline() throws(TemplateSyntaxError) -> Template.Variable {
        var (source, filters) = try first()
        while true {
            blanks()
            switch current {
            case UInt8(ascii: "}"):
                index += 1
                if filters.isEmpty, case .variable(let variable) = source { return variable }
                return .pipeline(Template.Pipeline(source: source, filters: filters))
            case UInt8(ascii: "|"):
                index += 1
                guard filters.count < 16 else { throw failure("more than 16 filters") }
                filters.append(try filter())
            default: throw failure("| or } is missing")
            }
        }
    }

    /// `concat('a', user)` and `literal('x')` stand without a source.
    private mutating func first() throws(TemplateSyntaxError) -> (Template.Operand, [Template.Filter]) {
        let start = index
        blanks()
        let name = word()
        guard current == UInt8(ascii: "("), !name.isEmpty else {
            index = start
            return (try operand(), [])
        }
        index += 1
        let arguments = try self.arguments()
        switch name {
        case "concat": return (.literal([]), [.concat(arguments.map(\.value))])
        case "literal", "text":
            guard arguments.count == 1 else { throw failure("\(name) takes one argument") }
            return (arguments[0].value, [])
        case "if":
            guard arguments.count == 5 else { throw failure("if takes five arguments") }
            return (
                arguments[0].value,
                [
                    .condition(
                        try comparison(arguments[1].value), arguments[2].value, yes: arguments[3].value,
                        no: arguments[4].value)
                ]
            )
        default: throw failure("no function \(name)")
        }
    }

    private mutating func operand() throws(TemplateSyntaxError) -> Template.Operand {
        blanks()
        switch current {
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return .literal(try string())
        case .some(0x30...0x39), UInt8(ascii: "-"): return .literal(Array(word().utf8))
        default: break
        }
        var name = word()
        guard !name.isEmpty else { throw failure("a variable is missing") }
        if current == UInt8(ascii: ":") {
            index += 1
            name += ":" + word()
        }
        do {
            return .variable(try Template.variable(named: name, for: place, isCurrent: true))
        } catch {
            throw failure(error.reason)
        }
    }

    private mutating func filter() throws(TemplateSyntaxError) -> Template.Filter {
        blanks()
        let name = word()
        var arguments: [Argument] = []
        if current == UInt8(ascii: "(") {
            index += 1
            arguments = try self.arguments()
        }
        let plain = arguments.filter { $0.name == nil }.map(\.value)
        func named(_ name: String) -> Template.Operand? { arguments.first { $0.name == name }?.value }
        if let simple = Self.simple[name] {
            guard arguments.isEmpty else { throw failure("\(name) takes no arguments") }
            return simple
        }
        let digest = name == "hash" ? plain.first.map { Self.text($0) } : name
        if let digest, let digest = Template.Digest(rawValue: digest) {
            let rounds = try named("rounds").map { (operand) throws(TemplateSyntaxError) in try number(operand) } ?? 1
            guard (1...Template.mostRounds).contains(rounds) else {
                throw failure("rounds from 1 to \(Template.mostRounds)")
            }
            return .digest(digest, rounds: rounds, salt: named("salt"))
        }
        switch (name, plain.count) {
        case ("substr", 1): return .substr(try number(plain[0]), length: nil)
        case ("substr", 2): return .substr(try number(plain[0]), length: try number(plain[1]))
        case ("default", 0): return .fallback(.literal([]))
        case ("default", 1): return .fallback(plain[0])
        case ("concat", 1...): return .concat(plain)
        case ("truncate", 1): return .truncate(max(try number(plain[0]), 0))
        case ("lfill", 1...2), ("rfill", 1...2):
            let byte = plain.count == 2 ? Self.text(plain[1]).utf8.first : nil
            return .fill(toLeft: name == "lfill", width: try number(plain[0]), with: byte ?? UInt8(ascii: "0"))
        case ("if", 4):
            return .condition(try comparison(plain[0]), plain[1], yes: plain[2], no: plain[3])
        default: throw failure("no filter \"\(name)\" with \(plain.count) arguments")
        }
    }

    private static let simple: [String: Template.Filter] = [
        "lower": .lower, "upper": .upper, "username": .username, "domain": .domain, "reverse": .reverse,
        "hexlify": .hexlify, "unhexlify": .unhexlify, "base64": .base64, "ldap_dn": .ldapDN,
        "ldap_escape": .ldapEscape, "safe": .identity, "text": .identity,
    ]

    private struct Argument {
        var name: String?
        var value: Template.Operand
    }

    private mutating func arguments() throws(TemplateSyntaxError) -> [Argument] {
        var arguments: [Argument] = []
        blanks()
        if current == UInt8(ascii: ")") {
            index += 1
            return []
        }
        while arguments.count < 16 {
            blanks()
            let start = index
            let name = word()
            blanks()
            if current == UInt8(ascii: "="), !name.isEmpty {
                index += 1
                arguments.append(Argument(name: name, value: try operand()))
            } else {
                index = start
                arguments.append(Argument(value: try operand()))
            }
            blanks()
            switch current {
            case UInt8(ascii: ","): index += 1
            case UInt8(ascii: ")"):
                index += 1
                return arguments
            default: throw failure(", or ) is missing")
            }
        }
        throw failure("more than 16 arguments")
    }

    private func number(_ operand: Template.Operand) throws(TemplateSyntaxError) -> Int {
        guard let number = Int(Self.text(operand)), (-1024...Template.mostRounds).contains(number) else {
            throw failure("a number is wanted")
        }
        return number
    }

    private func comparison(
        _ operand: Template.Operand
    ) throws(TemplateSyntaxError) -> Template.Conditional.Comparison {
        guard let comparison = Template.Conditional.Comparison(rawValue: Self.text(operand)) else {
            throw failure("no comparison \"\(Self.text(operand))\"; regular expressions are not followed")
        }
        return comparison
    }

    private static func text(_ operand: Template.Operand) -> String {
        guard case .literal(let bytes) = operand else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func string() throws(TemplateSyntaxError) -> [UInt8] {
        let quote = current
        index += 1
        var result: [UInt8] = []
        while let byte = current {
            index += 1
            if byte == quote { return result }
            guard byte == UInt8(ascii: "\\"), let escaped = current else {
                result.append(byte)
                continue
            }
            index += 1
            switch escaped {
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            default: result.append(escaped)
            }
        }
        throw failure("a string without its end")
    }

    private mutating func word() -> String {
        let start = index
        while let byte = current {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: break
            default:
                guard "_-.;@/".utf8.contains(byte) else { return String(decoding: bytes[start..<index], as: UTF8.self) }
            }
            index += 1
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func blanks() {
        while current == 0x20 || current == 0x09 { index += 1 }
    }
}
