package import Directory

/// What is wrong with the text of a table, a list or a parameter, where, and what to do.
package struct TableFault: Error, Hashable, CustomStringConvertible {
    package var location: SourceLocation?
    package var text: String

    package init(_ text: String, at location: SourceLocation? = nil) {
        self.text = text
        self.location = location
    }

    package var description: String { location.map { "\($0): \(text)" } ?? text }
}

/// All that is wrong with one table, together.
package struct TableFaults: Error, Hashable, CustomStringConvertible {
    package var faults: [TableFault]

    package init(_ faults: [TableFault]) {
        self.faults = faults
    }

    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
