package import Directory

/// A list that something is in or not: `mydestination`, `relay_domains`, the `domain` of an LDAP table (ldap-tables §7).
///
/// Elements are tried from left to right, the first that fits decides: a name, `!` before an element that shall *not* be
/// in the list, `type:table` that fits whenever the table knows the key. A file (`/etc/postfix/domains`) is replaced by
/// the words in it. A table that can't answer makes the whole question unanswerable.
package struct MatchList: Sendable {
    /// How names and keys are compared.
    package enum Style: Hashable, Sendable {
        /// The whole string only: mydestination, virtual_alias_domains, virtual_mailbox_domains, the `domain` of a table.
        case exact
        /// A domain: `.example.org` fits what is below example.org.
        case domain
        /// A domain: `example.org` fits itself and what is below it (parent_domain_matches_subdomains).
        case domainAndSubdomains
    }

    package struct Element: Sendable {
        package enum Pattern: Sendable {
            case name([UInt8])
            case table(any LookupTable)
        }

        package var isNegated: Bool
        package var pattern: Pattern

        package init(_ pattern: Pattern, isNegated: Bool = false) {
            self.pattern = pattern
            self.isNegated = isNegated
        }
    }

    /// What a list needs to be read: files and tables are opened by the one who knows how.
    package struct Reader: Sendable {
        package var readFile: @Sendable (_ path: String) throws -> [UInt8]
        package var openTable: @Sendable (_ name: String, SourceLocation?) throws -> any LookupTable

        package init(
            readFile: @escaping @Sendable (_ path: String) throws -> [UInt8],
            openTable: @escaping @Sendable (_ name: String, SourceLocation?) throws -> any LookupTable
        ) {
            self.readFile = readFile
            self.openTable = openTable
        }

        /// For lists of names: a file or a table in it is a fault.
        package static let namesOnly = Self(
            readFile: { throw TableFault("\($0): files can't be read here") },
            openTable: { name, place in throw TableFault("\(name): tables can't be used here", at: place) })
    }

    /// The setting's name, for traces: `mydestination`.
    package let name: String
    package let location: SourceLocation?
    package let style: Style
    package let elements: [Element]

    package init(name: String, style: Style = .exact, elements: [Element], location: SourceLocation? = nil) {
        self.name = name
        self.style = style
        self.elements = elements
        self.location = location
    }

    /// Reads the words of a setting's value.
    package init(
        name: String, parsing text: some Sequence<UInt8>, style: Style = .exact, reader: Reader = .namesOnly,
        location: SourceLocation? = nil
    ) throws {
        var elements: [Element] = []
        try Self.parse(Array(text), negated: false, depth: 0, location: location, reader: reader, into: &elements)
        self.init(name: name, style: style, elements: elements, location: location)
    }

    /// Files within files.
    private static let maximumDepth = 10

    private static func parse(
        _ text: [UInt8], negated: Bool, depth: Int, location: SourceLocation?, reader: Reader,
        into elements: inout [Element]
    ) throws {
        guard depth <= maximumDepth else {
            throw TableFault("lists that include each other: nested more than \(maximumDepth) deep", at: location)
        }
        for word in ASCIIText.words(text) {
            let marks = word.prefix { $0 == UInt8(ascii: "!") }.count
            let pattern = Array(word.dropFirst(marks))
            let isNegated = negated != (marks % 2 == 1)
            guard let first = pattern.first else {
                throw TableFault("'!' stands before nothing", at: location)
            }
            if first == UInt8(ascii: "/") {
                let path = ASCIIText.text(pattern)
                for line in LogicalLines(try reader.readFile(path)) {
                    try parse(
                        line.bytes, negated: isNegated, depth: depth + 1,
                        location: SourceLocation(file: path, line: line.number), reader: reader, into: &elements)
                }
            } else if isTableName(pattern) {
                let table = try reader.openTable(ASCIIText.text(pattern), location)
                elements.append(Element(.table(table), isNegated: isNegated))
            } else {
                elements.append(Element(.name(LookupKey.folded(pattern)), isNegated: isNegated))
            }
        }
    }

    /// `type:name`, but not `[2001:db8::1]`.
    private static func isTableName(_ word: [UInt8]) -> Bool {
        guard word.first != UInt8(ascii: "["), let colon = word.firstIndex(of: UInt8(ascii: ":")) else { return false }
        return colon > 0 && word[..<colon].allSatisfy { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "[") }
    }

    /// Whether `string` is in the list; it is folded here. An empty string is in no list.
    package func contains(_ string: [UInt8]) async -> Answer<Bool> {
        let key = LookupKey.folded(string)
        guard !key.isEmpty else { return Answer(.found(false)) }
        var steps: [TraceStep] = []
        for element in elements {
            var fits = false
            switch element.pattern {
            case .name(let name):
                fits = matches(key, name)
            case .table(let table):
                for candidate in keys(key, for: table) {
                    let answer = await table.lookup(candidate)
                    steps += answer.steps
                    if case .unavailable(let reason) = answer.outcome {
                        return Answer(.unavailable(reason), steps: steps)
                    }
                    if case .found = answer.outcome { fits = true }
                    if fits { break }
                }
            }
            if fits { return Answer(.found(!element.isNegated), steps: steps) }
        }
        return Answer(.found(false), steps: steps)
    }

    private func matches(_ key: [UInt8], _ name: [UInt8]) -> Bool {
        if key == name { return true }
        switch style {
        case .exact: return false
        case .domain: return name.first == UInt8(ascii: ".") && key.count > name.count && key.hasSuffix(name)
        case .domainAndSubdomains:
            return key.count > name.count && key[key.count - name.count - 1] == UInt8(ascii: ".") && key.hasSuffix(name)
        }
    }

    /// The domain, then its parents: with their leading dot, or plain. Pattern tables see the whole name only.
    private func keys(_ key: [UInt8], for table: any LookupTable) -> [[UInt8]] {
        guard style != .exact, !table.isPattern, key.first != UInt8(ascii: "[") else { return [key] }
        var keys = [key]
        var rest = key[...]
        while let dot = rest.dropFirst().firstIndex(of: UInt8(ascii: ".")) {
            rest = style == .domain ? rest[dot...] : rest[(dot + 1)...]
            if rest.isEmpty || (style == .domain && rest.count == 1) { break }
            keys.append(Array(rest))
        }
        return keys
    }
}

extension [UInt8] {
    func hasSuffix(_ suffix: [UInt8]) -> Bool {
        count >= suffix.count && self[(count - suffix.count)...].elementsEqual(suffix)
    }
}
