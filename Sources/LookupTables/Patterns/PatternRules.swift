import Directory

/// The rules of a `regexp:` or `pcre:` table, and how a key runs through them.
struct PatternRules<Expression: PatternExpression>: Sendable {
    struct Pattern: Sendable {
        var expression: Expression
        /// False behind an odd number of `!`.
        var wantsMatch: Bool
    }

    enum Operation: Sendable {
        case result(Pattern, second: Pattern?, Substitution)
        case `if`(Pattern)
        case endif
    }

    struct Rule: Sendable {
        var line: Int
        /// How many `if` enclose it; `endif` counts as enclosed.
        var nesting: Int
        var operation: Operation
    }

    private(set) var rules: [Rule] = []
    /// Rules that Postfix passes over with a warning, and so do we.
    private(set) var warnings: [TableFault] = []

    /// - Throws: rules that Postfix would run, but whose time nothing bounds.
    init(contents: [UInt8], file: String) throws(TableFaults) {
        var nesting = 0
        var faults: [TableFault] = []
        for line in LogicalLines(contents) {
            let place = SourceLocation(file: file, line: line.number)
            guard rules.count < PatternBounds.rules else {
                faults.append(TableFault("more than \(PatternBounds.rules) rules: split the table", at: place))
                break
            }
            var warnings: [String] = []
            do throws(PatternFault) {
                let operation = try Self.operation(ASCIIText.trimmed(line.bytes), nesting: nesting, &warnings)
                rules.append(Rule(line: line.number, nesting: nesting, operation: operation))
                switch operation {
                case .if: nesting += 1
                case .endif: nesting -= 1
                case .result: break
                }
            } catch {
                switch error {
                case .malformed(let text): warnings.append("\(text): rule passed over")
                case .unbounded(let text): faults.append(TableFault(text, at: place))
                }
            }
            self.warnings += warnings.map { TableFault($0, at: place) }
        }
        if nesting > 0 { warnings.append(TableFault("more if than endif", at: SourceLocation(file: file))) }
        guard faults.isEmpty else { throw TableFaults(faults) }
    }

    private static func operation(
        _ line: [UInt8], nesting: Int, _ warnings: inout [String]
    ) throws(PatternFault) -> Operation {
        guard let first = line.first else { throw .malformed("no rule") }
        if !RuleText.isAlphanumeric(first) {
            var rest = line[...]
            let pattern = try RuleText.pattern(&rest, stopsAtNegation: Expression.allowsSecondPattern)
            var second: RuleText.Pattern?
            if Expression.allowsSecondPattern, rest.first == UInt8(ascii: "!") {
                second = try RuleText.pattern(&rest, stopsAtNegation: true)
            }
            let result: Substitution
            do throws(Substitution.Fault) {
                result = try Substitution(ASCIIText.trimmed(rest))
            } catch {
                throw .malformed(error.text)
            }
            if ASCIIText.trimmed(rest).isEmpty {
                warnings.append("no result text: a key that matches is refused for now")
            }
            guard result.highestGroup == 0 || pattern.wantsMatch else {
                throw .malformed("a pattern behind '!' matches no groups for the result")
            }
            let compiled = try compile(pattern)
            guard result.highestGroup <= compiled.expression.groupCount else {
                throw .malformed("the pattern has no group \(result.highestGroup)")
            }
            return .result(compiled, second: try compile(second), result)
        }
        if var rest = RuleText.rest(of: line, after: "if") {
            rest = rest.drop(while: ASCIIText.isSpace)
            let pattern = try RuleText.pattern(&rest, stopsAtNegation: Expression.allowsSecondPattern)
            if !ASCIIText.trimmed(rest).isEmpty {
                warnings.append(
                    "text behind if /pattern/ is passed over: lines between if and endif start without blanks")
            }
            return .if(try compile(pattern))
        }
        if let rest = RuleText.rest(of: line, after: "endif") {
            guard nesting > 0 else { throw .malformed("endif without if") }
            if !ASCIIText.trimmed(rest).isEmpty { warnings.append("text behind endif is passed over") }
            return .endif
        }
        throw .malformed("write /pattern/flags result, if /pattern/ or endif")
    }

    private static func compile(_ text: RuleText.Pattern) throws(PatternFault) -> Pattern {
        Pattern(expression: try Expression(text.text, flags: text.flags), wantsMatch: text.wantsMatch)
    }

    private static func compile(_ text: RuleText.Pattern?) throws(PatternFault) -> Pattern? {
        guard let text else { return nil }
        let pattern: Pattern = try compile(text)
        return pattern
    }

    /// What the first rule that fits gives, and its line.
    func result(for key: [UInt8], name: String) async -> (Outcome<[UInt8]>, line: Int?) {
        guard key.count <= Expression.keyLength else {
            let text = "\(name): keys have at most \(Expression.keyLength) bytes"
            return (.unavailable(UnavailableReason(.misconfigured, text)), nil)
        }
        var nesting = 0
        for (index, rule) in rules.enumerated() {
            // A long table lets other tasks have the thread.
            if index % 64 == 63 { await Task.yield() }
            guard nesting >= rule.nesting else { continue }
            do throws(MatchFailure) {
                switch rule.operation {
                case .endif: nesting -= 1
                case .if(let pattern): if try fits(pattern, key) != nil { nesting += 1 }
                case .result(let pattern, let second, let result):
                    guard let groups = try fits(pattern, key) else { continue }
                    if let second, try fits(second, key) == nil { continue }
                    return (.found(result.expanded(key: key, groups: groups)), rule.line)
                }
            } catch {
                let text = "\(name), line \(rule.line): \(error.text): make the pattern simpler"
                return (.unavailable(UnavailableReason(.misconfigured, text)), rule.line)
            }
        }
        return (.absent, nil)
    }

    /// The groups when the key is as the rule wants it; none for a pattern that must not match.
    private func fits(_ pattern: Pattern, _ key: [UInt8]) throws(MatchFailure) -> [Range<Int>?]? {
        switch pattern.expression.match(key) {
        case .groups(let groups): pattern.wantsMatch ? groups : nil
        case .none: pattern.wantsMatch ? nil : []
        case .failed(let text): throw MatchFailure(text: text)
        }
    }
}

/// Outside `PatternRules`: the optimiser of Swift 6.3 crashes over a typed error that depends on a type parameter.
private struct MatchFailure: Error {
    var text: String
}
