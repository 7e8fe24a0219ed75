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
            guard let end = bytes[index...].firstIndex(of: UInt8(ascii: "}")) else {
                throw failure("%{ without }", at: start)
            }
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
            // "%-3n" are the last three.
            slice.offset = isNegative ? -first : 0
            slice.width = first
            return slice
        }
        index += 1
        slice.offset = isNegative ? -first : first
        slice.padsWithZeros = current == UInt8(ascii: "0")
        slice.width = try parseNumber()
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

    /// `name`, `ldap:attribute[:default]`, `ldap_ptr:attribute`, `ldap_dn`, and Dovecot 2.4's `name | filter`.
    private func parseLongName(
        _ name: String, _ modifiers: [Template.Modifier], _ slice: Template.Slice, _ start: Int
    ) throws(TemplateSyntaxError) -> Template.Segment {
        var filters = name.split(separator: "|", omittingEmptySubsequences: false).map { trimmed($0) }
        let base = filters.removeFirst()
        var variable = try parseBase(base, start)
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

    private func parseBase(_ base: String, _ start: Int) throws(TemplateSyntaxError) -> Template.Variable {
        let parts = base.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count) {
        case ("ldap", 2...), ("ldap_ptr", 2), ("ldap_dn", 1):
            guard place == .entry else {
                throw failure("%{\(base)} reads an entry, and there is none here", at: start)
            }
            if parts.count == 1 { return .entryName }
            guard !parts[1].isEmpty else { throw failure("%{\(base)} names no attribute", at: start) }
            if parts[0] == "ldap_ptr" { return .pointer(parts[1]) }
            return .attribute(parts[1], default: parts.count == 3 ? Array(parts[2].utf8) : [])
        default:
            guard let variable = LoginVariable(name: base) else { throw failure("no variable %{\(base)}", at: start) }
            try check(variable, start)
            return .login(variable)
        }
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
