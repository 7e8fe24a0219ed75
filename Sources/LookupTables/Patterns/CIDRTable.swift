package import Directory

/// `cidr:file`: the key is an address in text; the first network that holds it gives the value (cidr_table(5)). A key that
/// is no address is absent. A rule, negated or not, never fits an address of the other family.
package struct CIDRTable: LookupTable {
    package let name: String
    package let location: SourceLocation?
    /// Rules that are passed over, as Postfix does it.
    package let warnings: [TableFault]
    package var isPattern: Bool { true }

    private struct Network: Sendable {
        var block: AddressBlock
        var wantsMatch: Bool

        func fits(_ address: [UInt8]) -> Bool {
            address.count == block.address.count && block.contains(address) == wantsMatch
        }
    }

    private enum Operation: Sendable {
        case value(Network, [UInt8])
        case `if`(Network)
        case endif
    }

    private struct Rule: Sendable {
        var line: Int
        var nesting: Int
        var operation: Operation
    }

    private let rules: [Rule]
    private let file: String

    /// - Parameters:
    ///   - contents: the file's bytes.
    ///   - file: its path, for locations.
    package init(contents: [UInt8], file: String, location: SourceLocation? = nil) {
        self.init(contents: contents, name: file, file: file, location: location)
    }

    /// `cidr:{ {rule}, {rule} }`; nil when `name` is a file's.
    package init?(inline name: some Sequence<UInt8>, location: SourceLocation? = nil) {
        let name = Array(name)
        guard let contents = RuleText.inlineContents(name) else { return nil }
        self.init(contents: contents, name: ASCIIText.text(name), file: "cidr:{…}", location: location)
    }

    private init(contents: [UInt8], name: String, file: String, location: SourceLocation?) {
        self.name = "cidr:" + name
        self.file = file
        self.location = location
        var rules: [Rule] = []
        var warnings: [TableFault] = []
        var nesting = 0
        for line in LogicalLines(contents) {
            let place = SourceLocation(file: file, line: line.number)
            do throws(AddressBlock.Fault) {
                let operation = try Self.operation(ASCIIText.trimmed(line.bytes), nesting: nesting)
                rules.append(Rule(line: line.number, nesting: nesting, operation: operation))
                switch operation {
                case .if: nesting += 1
                case .endif: nesting -= 1
                case .value: break
                }
            } catch {
                warnings.append(TableFault("\(error.text): rule passed over", at: place))
            }
        }
        if nesting > 0 { warnings.append(TableFault("more if than endif", at: SourceLocation(file: file))) }
        self.rules = rules
        self.warnings = warnings
    }

    private static func operation(_ line: [UInt8], nesting: Int) throws(AddressBlock.Fault) -> Operation {
        if let first = line.first, !RuleText.isAlphanumeric(first) || !startsWithLetterWord(line) {
            let (network, rest) = try network(line[...])
            let value = ASCIIText.trimmed(rest)
            guard !value.isEmpty else { throw AddressBlock.Fault(text: "no result behind the network") }
            return .value(network, value)
        }
        if let rest = RuleText.rest(of: line, after: "if") {
            return .if(try network(rest.drop(while: ASCIIText.isSpace)).network)
        }
        guard RuleText.rest(of: line, after: "endif") != nil else {
            throw AddressBlock.Fault(text: "write network result, if network or endif")
        }
        guard nesting > 0 else { throw AddressBlock.Fault(text: "endif without if") }
        return .endif
    }

    /// `if` and `endif`, but not `fe80::/10`.
    private static func startsWithLetterWord(_ line: [UInt8]) -> Bool {
        RuleText.rest(of: line, after: "if") != nil || RuleText.rest(of: line, after: "endif") != nil
    }

    private static func network(
        _ text: ArraySlice<UInt8>
    ) throws(AddressBlock.Fault) -> (network: Network, rest: ArraySlice<UInt8>) {
        let marks = text.prefix { $0 == UInt8(ascii: "!") }.count
        let rest = text.dropFirst(marks).drop(while: ASCIIText.isSpace)
        let word = rest.prefix { !ASCIIText.isSpace($0) }
        return (
            Network(block: try AddressBlock(word), wantsMatch: marks % 2 == 0), rest.dropFirst(word.count)
        )
    }

    package func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        guard let address = AddressBlock.address(key) else { return answer(.absent, to: key) }
        var nesting = 0
        for (index, rule) in rules.enumerated() {
            // A long table lets other tasks have the thread.
            if index % 4096 == 4095 { await Task.yield() }
            guard nesting >= rule.nesting else { continue }
            switch rule.operation {
            case .endif: nesting -= 1
            case .if(let network): if network.fits(address) { nesting += 1 }
            case .value(let network, let value):
                if network.fits(address) {
                    return answer(.found(value), to: key, at: SourceLocation(file: file, line: rule.line))
                }
            }
        }
        return answer(.absent, to: key)
    }
}
