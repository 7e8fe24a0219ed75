package import Directory

/// `regexp:file`: a key is matched against POSIX regular expressions (regexp_table(5)).
package typealias RegexpTable = PatternTable<POSIXExpression>

/// `pcre:file`: a key is matched against Perl-compatible regular expressions (pcre_table(5)).
package typealias PCRETable = PatternTable<PCREExpression>

/// A key is matched against patterns, in order; the first that fits gives the result.
///
/// A pattern that hits a bound of time or memory makes the answer `unavailable`.
package struct PatternTable<Expression: PatternExpression>: LookupTable {
    package let name: String
    package let location: SourceLocation?
    /// Rules that are passed over, as Postfix does it.
    package let warnings: [TableFault]
    package var isPattern: Bool { true }

    private let rules: PatternRules<Expression>
    private let file: String

    /// - Parameters:
    ///   - contents: the file's bytes.
    ///   - file: its path, for locations.
    /// - Throws: rules that can't be run within bounds.
    package init(contents: [UInt8], file: String, location: SourceLocation? = nil) throws(TableFaults) {
        try self.init(contents: contents, name: file, file: file, location: location)
    }

    /// `regexp:{ {rule}, {rule} }`; nil when `name` is a file's.
    package init?(inline name: some Sequence<UInt8>, location: SourceLocation? = nil) throws(TableFaults) {
        let name = Array(name)
        guard let contents = RuleText.inlineContents(name) else { return nil }
        try self.init(
            contents: contents, name: ASCIIText.text(name), file: "\(Expression.type):{…}", location: location)
    }

    private init(contents: [UInt8], name: String, file: String, location: SourceLocation?) throws(TableFaults) {
        self.name = "\(Expression.type):\(name)"
        self.file = file
        self.location = location
        rules = try PatternRules(contents: contents, file: file)
        warnings = rules.warnings
    }

    package func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        guard LookupKey.isText(key) else { return answer(.absent, to: key) }
        let (outcome, line) = await rules.result(for: key, name: name)
        return answer(outcome, to: key, at: line.map { SourceLocation(file: file, line: $0) })
    }
}
