/// What is wrong with a template, and at which byte of its text.
package struct TemplateSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    package let template: String
    package let offset: Int
    package let reason: String

    package var description: String { "bad template \"\(template)\" at byte \(offset): \(reason)" }
}

extension Template {
    /// Which variables may stand where.
    package enum Place: Hashable, Sendable {
        /// Filters, bases, names to bind as, formats of logins: there is no entry yet.
        case beforeLookup
        /// Fields of no entry: static databases, passwd-files, default and override fields.
        case fields
        /// Fields of an entry.
        case entry
        /// Where mail lies: the home directory is known, the entry no more.
        case mailLocation
    }

    package init(_ text: String, for place: Place) throws(TemplateSyntaxError) {
        var parser = TemplateParser(text, place)
        self.init(text: text, segments: try parser.parse())
    }
}

private struct TemplateParser {
    private let text: String
    private let bytes: [UInt8]
    private let place: Template.Place
    private var index = 0
    /// How many templates this one stands in.
    private var depth = 0

    init(_ text: String, _ place: Template.Place) {
        self.text = text
        self.bytes = Array(text.utf8)
        self.place = place
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private func failure(_ reason: String, at offset: Int? = nil) -> TemplateSyntaxError {
        TemplateSyntaxError(template: text, offset: offset ?? index, reason: reason)
    }

    mutating func parse() throws(TemplateSyntaxError) -> [Template.Segment] {
        var segments: [Template.Segment] = []
        var literal: [UInt8] = []
        while let byte = current {
            index += 1
            guard byte == UInt8(ascii: "%") else {
                literal.append(byte)
                continue
            }
            if current == UInt8(ascii: "%") {
                index += 1
                literal.append(byte)
                continue
            }
            if !literal.isEmpty { segments.append(.literal(literal)) }
            literal = []
            segments.append(try parseVariable())
        }
        if !literal.isEmpty { segments.append(.literal(literal)) }
        return segments
    }

    // variable-reference = "%" [ ["-"] offset "." ] [ ["0"] width ] *modifier ( letter / "$" / "{" long-name "}" )
    private mutating func parseVariable() throws(TemplateSyntaxError) -> Template.Segment {
        let start = index
        let slice = try parseSlice()
        var modifiers: [Template.Modifier] = []
        while let byte = current, let modifier = Template.Modifier(rawValue: byte) {
            modifiers.append(modifier)
            index += 1
        }
        guard let byte = current else { throw failure("a variable is missing behind %", at: start) }
        index += 1
        switch byte {
        case UInt8(ascii: "$"):
            guard place == .entry else {
                throw failure("%$ stands for an attribute's value, and there is none here", at: start)
            }
            return .variable(.mappedValue, modifiers, slice)
        case UInt8(ascii: "{"):
            guard let end = closingBrace() else { throw failure("%{ without }", at: start) }
            let name = String(decoding: bytes[index..<end], as: UTF8.self)
            index = end + 1
            return try parseLongName(name, modifiers, slice, start)
        default:
            if byte == UInt8(ascii: "w") {
                throw failure("%w would put the password into text; bind as the user instead", at: start)
            }
            guard let variable = LoginVariable(letter: byte) else {
                throw failure("no variable or modifier %\(String(decoding: [byte], as: UTF8.self))", at: start)
            }
            try check(variable, start)
            return .variable(.login(variable), modifiers, slice)
        }
    }

    /// The brace that closes the one before `index`; others may be opened and closed between.
    private func closingBrace() -> Int? {
        var depth = 1
        for (offset, byte) in bytes[index...].enumerated() {
            if byte == UInt8(ascii: "{") { depth += 1 }
            if byte == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0 { return index + offset }
        }
        return nil
    }

    private mutating func parseSlice() throws(TemplateSyntaxError) -> Template.Slice {
        var slice = Template.Slice.whole
        let isNegative = current == UInt8(ascii: "-")
        if isNegative { index += 1 }
        slice.padsWithZeros = current == UInt8(ascii: "0")
        guard let first = try parseNumber() else {
            if isNegative { throw failure("digits are missing behind %-") }
            return .whole
        }
        guard current == UInt8(ascii: ".") else {
            // Without an offset the sign says nothing.
            slice.width = first
            return slice
        }
        index += 1
        slice.offset = isNegative ? -first : first
        slice.padsWithZeros = current == UInt8(ascii: "0")
        if slice.padsWithZeros { index += 1 }
        let leavesOut = current == UInt8(ascii: "-")
        if leavesOut { index += 1 }
        slice.width = try parseNumber().map { leavesOut ? -$0 : $0 }
        return slice
    }

    private mutating func parseNumber() throws(TemplateSyntaxError) -> Int? {
        var number: Int?
        while let byte = current, byte >= 0x30, byte <= 0x39 {
            number = (number ?? 0) * 10 + Int(byte - 0x30)
            guard let digits = number, digits <= 1024 else { throw failure("a width over 1024") }
            index += 1
        }
        return number
    }

    /// `if;a;op;b;yes;no`, `sha256;arguments:field`, a variable, and Dovecot 2.4's `name | filter` in its simplest forms.
    private func parseLongName(
        _ name: String, _ modifiers: [Template.Modifier], _ slice: Template.Slice, _ start: Int
    ) throws(TemplateSyntaxError) -> Template.Segment {
        if name.hasPrefix("if;") {
            return .variable(.conditional(try parseConditional(name, start)), modifiers, slice)
        }
        if let hash = try parseHash(name, start) { return .variable(hash, modifiers, slice) }
        var filters = name.split(separator: "|", omittingEmptySubsequences: false).map { trimmed($0) }
        let base = filters.removeFirst()
        var variable = try named(base, start)
        var modifiers = modifiers
        for filter in filters {
            switch (filter, variable) {
            case ("lower", _): modifiers.append(.lowercase)
            case ("upper", _): modifiers.append(.uppercase)
            case ("username", .login(.user)): variable = .login(.username)
            case ("domain", .login(.user)): variable = .login(.domain)
            case ("username", .login(.originalUser)): variable = .login(.originalUsername)
            case ("domain", .login(.originalUser)): variable = .login(.originalDomain)
            default: throw failure("no filter \"\(filter)\" for %{\(base)}", at: start)
            }
        }
        return .variable(variable, modifiers, slice)
    }

    private func named(_ name: String, _ start: Int) throws(TemplateSyntaxError) -> Template.Variable {
        do {
            return try Template.variable(named: name, for: place)
        } catch {
            throw failure(error.reason, at: start)
        }
    }

    private func inner(_ text: String, _ start: Int) throws(TemplateSyntaxError) -> Template {
        guard depth < 8 else { throw failure("more than 8 levels of variables", at: start) }
        var parser = TemplateParser(text, place)
        parser.depth = depth + 1
        do {
            return Template(text: text, segments: try parser.parse())
        } catch {
            throw failure(error.reason, at: start)
        }
    }

    /// "if" 5( ";" operand ), where `\` takes the meaning from what follows it.
    private func parseConditional(
        _ name: String, _ start: Int
    ) throws(TemplateSyntaxError) -> Template.Conditional {
        var parts: [[UInt8]] = [[]]
        var isEscaped = false
        var braces = 0
        for byte in name.utf8.dropFirst(3) {
            if isEscaped {
                parts[parts.count - 1].append(byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: ";"), braces == 0 {
                parts.append([])
            } else {
                if byte == UInt8(ascii: "{") { braces += 1 }
                if byte == UInt8(ascii: "}") { braces -= 1 }
                parts[parts.count - 1].append(byte)
            }
        }
        let texts = parts.map { String(decoding: $0, as: UTF8.self) }
        guard texts.count == 5 else { throw failure("if;value;operator;value;yes;no", at: start) }
        guard let comparison = Template.Conditional.Comparison(rawValue: texts[1]) else {
            throw failure(
                "no operator \"\(texts[1])\"; regular expressions (~) are not followed, * and !* take wildcards",
                at: start)
        }
        return Template.Conditional(
            left: try inner(texts[0], start), comparison: comparison, right: try inner(texts[2], start),
            yes: try inner(texts[3], start), no: try inner(texts[4], start))
    }

    /// digest [ ";" argument *( "," argument ) ] ":" variable. Nil when it is none.
    private func parseHash(_ name: String, _ start: Int) throws(TemplateSyntaxError) -> Template.Variable? {
        guard let end = name.firstIndex(where: { $0 == ";" || $0 == ":" }) else { return nil }
        guard name[..<end] != "pkcs5" else {
            throw failure("%{pkcs5} is not followed: it makes every lookup slow; use %{sha256}", at: start)
        }
        guard let digest = Template.Digest(rawValue: String(name[..<end])),
            let colon = name.lastIndex(of: ":")
        else { return nil }
        var function = Template.HashFunction(digest: digest)
        if name[end] == ";" {
            guard end < colon else { throw failure("%{\(name)} names no variable", at: start) }
            arguments: for argument in name[name.index(after: end)..<colon].split(separator: ",") {
                let pair = argument.split(separator: "=", maxSplits: 1).map { String($0) }
                let value = pair.count == 2 ? pair[1] : ""
                switch pair[0] {
                case "rounds":
                    guard let rounds = Int(value), (1...Template.mostRounds).contains(rounds) else {
                        throw failure("rounds from 1 to \(Template.mostRounds)", at: start)
                    }
                    function.rounds = rounds
                case "truncate":
                    guard let bits = Int(value), (0...512).contains(bits) else {
                        throw failure("truncate to 1 to 512 bits", at: start)
                    }
                    function.truncation = bits
                case "format":
                    // Dovecot 2.3 takes this word, and writes small letters all the same.
                    guard let format = Template.HashFunction.Format(rawValue: value == "hexuc" ? "hex" : value) else {
                        throw failure("format is hex, hexuc or base64", at: start)
                    }
                    function.format = format
                case "salt":
                    function.salt = try inner(value, start)
                    // Dovecot reads nothing behind it.
                    break arguments
                default: throw failure("%{\(digest.rawValue)} has no argument \(pair[0])", at: start)
                }
            }
        }
        return .hash(function, of: try named(String(name[name.index(after: colon)...]), start))
    }

    private func check(_ variable: LoginVariable, _ start: Int) throws(TemplateSyntaxError) {
        guard variable != .home || place == .mailLocation else {
            throw failure("the home directory is not known here", at: start)
        }
    }

    private func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

/// Why a name in braces stands for nothing here.
struct UnknownVariable: Error {
    let reason: String
}

extension Template {
    /// `name`, `ldap:attribute[:default]`, `ldap_ptr:attribute`, `ldap_dn`, `env:NAME`, `passdb:field[:default]`,
    /// `userdb:field[:default]`. In Dovecot 2.4's notation `ldap:dn` is the entry's name, and defaults are filters.
    static func variable(
        named name: String, for place: Place, isCurrent: Bool = false
    ) throws(UnknownVariable) -> Variable {
        let parts = name.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        let fallback = parts.count == 3 ? Array(parts[2].utf8) : []
        switch (parts[0], parts.count) {
        case ("ldap", 2...), ("ldap_ptr", 2), ("ldap_dn", 1), ("ldap_multi", 2...):
            guard place == .entry else {
                throw UnknownVariable(reason: "%{\(name)} reads an entry, and there is none here")
            }
            if parts.count == 1 || isCurrent && parts[0] == "ldap" && parts[1] == "dn" { return .entryName }
            guard !parts[1].isEmpty else { throw UnknownVariable(reason: "%{\(name)} names no attribute") }
            if parts[0] == "ldap_multi" {
                throw UnknownVariable(reason: "%{ldap_multi} joins all values, and fields take the first: use %{ldap}")
            }
            return parts[0] == "ldap_ptr" ? .pointer(parts[1]) : .attribute(parts[1], default: fallback)
        case ("env", 2): return .environment(parts[1])
        case ("passdb", 2...): return .passwordField(parts[1], default: fallback)
        case ("userdb", 2...): return .userField(parts[1], default: fallback)
        case ("password", 1):
            throw UnknownVariable(reason: "%{password} would put the password into text; bind as the user instead")
        default:
            guard let variable = LoginVariable(name: name) else {
                throw UnknownVariable(reason: "no variable %{\(name)}")
            }
            guard variable != .home || place == .mailLocation else {
                throw UnknownVariable(reason: "the home directory is not known here")
            }
            return .login(variable)
        }
    }
}
