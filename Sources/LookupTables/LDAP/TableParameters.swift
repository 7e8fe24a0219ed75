package import Directory

/// The `name = value` pairs that describe a table, wherever they stand: in a file of the table's own, or in main.cf with
/// the table's name before each (`ldapusers_search_base`).
package struct TableParameters: Hashable, Sendable {
    package struct Parameter: Hashable, Sendable {
        package var value: [UInt8]
        package var location: SourceLocation?

        package init(_ value: [UInt8], at location: SourceLocation? = nil) {
            self.value = value
            self.location = location
        }
    }

    package var values: [String: Parameter]

    package init(_ values: [String: Parameter] = [:]) {
        self.values = values
    }

    /// Reads a file in main.cf syntax: of two lines for one name the later counts, `$` is an ordinary character, values
    /// are never unquoted, and an empty value is a value.
    package init(contents: [UInt8], path: String) throws(TableFaults) {
        var values: [String: Parameter] = [:]
        var faults: [TableFault] = []
        for line in LogicalLines(contents) {
            let place = SourceLocation(file: path, line: line.number)
            guard let (name, value) = ASCIIText.nameAndValue(line.bytes) else {
                // The line is not shown: it may be that of the password.
                faults.append(TableFault("this line is no name = value", at: place))
                continue
            }
            values[ASCIIText.text(name)] = Parameter(value, at: place)
        }
        guard faults.isEmpty else { throw TableFaults(faults) }
        self.values = values
    }

    /// Nil when the parameter isn't set; empty when it is set to nothing.
    package func bytes(_ name: String) -> [UInt8]? { values[name]?.value }

    package func location(_ name: String) -> SourceLocation? { values[name]?.location }

    package func text(_ name: String) -> String? { values[name].map { ASCIIText.text($0.value) } }

    /// The words between commas and white space; nil when the parameter isn't set.
    package func words(_ name: String) -> [String]? {
        values[name].map { $0.value.split { ASCIIText.isSpace($0) || $0 == UInt8(ascii: ",") }.map(ASCIIText.text) }
    }

    /// `yes` or `no` in any case, nothing else.
    package func boolean(_ name: String) throws(TableFault) -> Bool? {
        guard let parameter = values[name] else { return nil }
        switch ASCIIText.text(parameter.value).lowercased() {
        case "yes": return true
        case "no": return false
        case let other: throw TableFault("\(name): \"\(other)\" is neither yes nor no", at: parameter.location)
        }
    }

    /// A decimal number and nothing else.
    package func integer(_ name: String, in range: ClosedRange<Int>) throws(TableFault) -> Int? {
        guard let parameter = values[name] else { return nil }
        let text = ASCIIText.text(parameter.value)
        guard let number = Int(text) else {
            throw TableFault("\(name): \"\(text)\" is no number", at: parameter.location)
        }
        guard range.contains(number) else {
            let bounds =
                number < range.lowerBound ? "at least \(range.lowerBound)" : "at most \(range.upperBound)"
            throw TableFault("\(name): \(number) must be \(bounds)", at: parameter.location)
        }
        return number
    }
}
