extension LDAPFilter {
    /// Parses the string form of a filter (RFC 4515, with the absolute true and false of RFC 4526).
    public init(parsing text: String, syntax: LDAPFilterSyntax = .libldap) throws(LDAPFilterSyntaxError) {
        try self.init(parsing: text.utf8, syntax: syntax)
    }

    /// Parses the string form of a filter. Bytes that are no UTF-8 are taken into values as they are.
    public init(
        parsing bytes: some Sequence<UInt8>, syntax: LDAPFilterSyntax = .libldap
    ) throws(LDAPFilterSyntaxError) {
        var parser = LDAPFilterParser(Array(bytes), syntax: syntax)
        self = try parser.parse()
    }
}

private struct LDAPFilterParser {
    private var scanner: TextScanner
    private let syntax: LDAPFilterSyntax

    init(_ bytes: [UInt8], syntax: LDAPFilterSyntax) {
        self.scanner = TextScanner(bytes)
        self.syntax = syntax
    }

    private func failure(_ reason: LDAPFilterSyntaxError.Reason, at offset: Int? = nil) -> LDAPFilterSyntaxError {
        LDAPFilterSyntaxError(reason, offset: offset ?? scanner.index)
    }

    private mutating func skipBlanks() {
        if syntax.acceptsLegacyForms { scanner.skip(while: \.isBlank) }
    }

    mutating func parse() throws(LDAPFilterSyntaxError) -> LDAPFilter {
        guard scanner.bytes.count <= syntax.maximumLength else {
            throw failure(.tooLong(maximum: syntax.maximumLength), at: syntax.maximumLength)
        }
        skipBlanks()
        guard let first = scanner.current else { throw failure(.empty) }
        guard first == UInt8(ascii: "(") else {
            guard syntax.acceptsLegacyForms else { throw failure(.missingOpeningParenthesis) }
            let filter = try parseItem()
            guard scanner.isAtEnd else { throw failure(.trailingText) }
            return filter
        }
        let filter = try parseFilter(depth: 1)
        skipBlanks()
        guard scanner.isAtEnd else { throw failure(.trailingText) }
        return filter
    }

    /// filter = LPAREN filtercomp RPAREN
    /// filtercomp = and / or / not / item
    private mutating func parseFilter(depth: Int) throws(LDAPFilterSyntaxError) -> LDAPFilter {
        guard depth <= syntax.maximumDepth else { throw failure(.tooDeep(maximum: syntax.maximumDepth)) }
        guard scanner.skip(UInt8(ascii: "(")) else { throw failure(.missingOpeningParenthesis) }
        skipBlanks()
        let filter: LDAPFilter
        switch scanner.current {
        case UInt8(ascii: "&"):
            scanner.advance()
            filter = .and(try parseList(depth: depth))
        case UInt8(ascii: "|"):
            scanner.advance()
            filter = .or(try parseList(depth: depth))
        case UInt8(ascii: "!"):
            scanner.advance()
            skipBlanks()
            filter = .not(try parseFilter(depth: depth + 1))
            skipBlanks()
        default:
            filter = try parseItem()
        }
        guard scanner.skip(UInt8(ascii: ")")) else { throw failure(.missingClosingParenthesis) }
        return filter
    }

    /// filterlist = *filter                ; RFC 4526 §2
    private mutating func parseList(depth: Int) throws(LDAPFilterSyntaxError) -> [LDAPFilter] {
        var filters: [LDAPFilter] = []
        skipBlanks()
        while scanner.current == UInt8(ascii: "(") {
            filters.append(try parseFilter(depth: depth + 1))
            skipBlanks()
        }
        return filters
    }

    /// item = simple / present / substring / extensible
    private mutating func parseItem() throws(LDAPFilterSyntaxError) -> LDAPFilter {
        let start = scanner.index
        let name = scanner.take { !"=<>~:()*\\".utf8.contains($0) && $0 != 0 }
        if scanner.current == UInt8(ascii: ":") {
            return try parseExtensible(name, start: start)
        }
        guard let mark = scanner.current, "=<>~".utf8.contains(mark) else {
            throw name.isEmpty ? failure(.badAttribute) : failure(.missingOperator)
        }
        guard AttributeDescription.isWellFormed(name) else { throw failure(.badAttribute, at: start) }
        let attribute = AttributeDescription(String(decoding: name, as: UTF8.self))
        scanner.advance()
        if mark == UInt8(ascii: "=") { return try parseEquality(attribute) }
        guard scanner.skip(UInt8(ascii: "=")) else { throw failure(.missingOperator) }
        let value = try parseWholeValue()
        switch mark {
        case UInt8(ascii: ">"): return .greaterOrEqual(attribute, value)
        case UInt8(ascii: "<"): return .lessOrEqual(attribute, value)
        default: return .approximate(attribute, value)
        }
    }

    /// present = attr EQUALS ASTERISK
    /// substring = attr EQUALS [initial] any [final]
    /// any = ASTERISK *(assertionvalue ASTERISK)
    private mutating func parseEquality(
        _ attribute: AttributeDescription
    ) throws(LDAPFilterSyntaxError) -> LDAPFilter {
        var parts = [try parseValue()]
        while scanner.skip(UInt8(ascii: "*")) {
            parts.append(try parseValue())
        }
        try requireEndOfValue()
        guard parts.count > 1, let initial = parts.first, let final = parts.last else {
            return .equality(attribute, parts.first ?? [])
        }
        // An empty part between two stars matches everywhere; servers refuse it, so it is left out.
        let substrings = LDAPSubstrings(
            initial: initial.isEmpty ? nil : initial,
            any: parts[1..<(parts.count - 1)].filter { !$0.isEmpty },
            final: final.isEmpty ? nil : final)
        return substrings.isEmpty ? .present(attribute) : .substrings(attribute, substrings)
    }

    /// extensible = ( attr [dnattrs] [matchingrule] COLON EQUALS assertionvalue )
    ///            / ( [dnattrs] matchingrule COLON EQUALS assertionvalue )
    /// dnattrs = COLON "dn"
    /// matchingrule = COLON oid
    private mutating func parseExtensible(
        _ name: ArraySlice<UInt8>, start: Int
    ) throws(LDAPFilterSyntaxError) -> LDAPFilter {
        guard name.isEmpty || AttributeDescription.isWellFormed(name) else {
            throw failure(.badAttribute, at: start)
        }
        var matchesDNAttributes = false
        var matchingRule: String?
        while scanner.skip(UInt8(ascii: ":")) {
            if scanner.skip(UInt8(ascii: "=")) {
                guard !name.isEmpty || matchingRule != nil else { throw failure(.badMatchingRule) }
                return .extensible(
                    LDAPExtensibleMatch(
                        matchingRule: matchingRule,
                        attribute: name.isEmpty ? nil : AttributeDescription(String(decoding: name, as: UTF8.self)),
                        value: try parseWholeValue(), matchesDNAttributes: matchesDNAttributes))
            }
            let ruleStart = scanner.index
            let rule = scanner.take { $0.isKeyCharacter || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") }
            let isDN = rule.count == 2 && rule.map { $0 | 0x20 } == Array("dn".utf8)
            if isDN, !matchesDNAttributes, matchingRule == nil {
                matchesDNAttributes = true
            } else {
                guard matchingRule == nil, AttributeDescription.isType(rule) else {
                    throw failure(.badMatchingRule, at: ruleStart)
                }
                matchingRule = String(decoding: rule, as: UTF8.self)
            }
        }
        throw failure(.missingOperator)
    }

    /// A value in which no star may stand.
    private mutating func parseWholeValue() throws(LDAPFilterSyntaxError) -> [UInt8] {
        let value = try parseValue()
        try requireEndOfValue()
        return value
    }

    private func requireEndOfValue() throws(LDAPFilterSyntaxError) {
        guard let byte = scanner.current else { return }
        guard byte == UInt8(ascii: ")") else { throw failure(.unescaped(byte)) }
    }

    /// assertionvalue = valueencoding
    /// valueencoding = 0*(normal / escaped)
    /// escaped = ESC HEX HEX
    ///
    /// Ends at the first byte that can't be part of a value unescaped: a parenthesis, a star, NUL.
    private mutating func parseValue() throws(LDAPFilterSyntaxError) -> [UInt8] {
        var value: [UInt8] = []
        while let byte = scanner.current {
            switch byte {
            case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), 0:
                return value
            case UInt8(ascii: "\\"):
                let start = scanner.index
                scanner.advance()
                if let octet = scanner.takeHexPair() {
                    value.append(octet)
                } else if syntax.acceptsLegacyForms, let escaped = scanner.current, "()*\\".utf8.contains(escaped) {
                    value.append(escaped)
                    scanner.advance()
                } else {
                    throw failure(.badEscape, at: start)
                }
            default:
                value.append(byte)
                scanner.advance()
            }
        }
        return value
    }
}
