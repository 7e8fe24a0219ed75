import LDAP

/// What is wrong with an LDIF file, and where.
package struct LDIFFault: Error, Hashable, CustomStringConvertible {
    package var location: SourceLocation
    package var text: String

    package init(_ text: String, at location: SourceLocation) {
        self.text = text
        self.location = location
    }

    package var description: String { "\(location): \(text)" }
}

/// All that is wrong with a file, together; the first twenty if there is more.
package struct LDIFFaults: Error, Hashable, CustomStringConvertible {
    package var faults: [LDIFFault]

    package init(_ faults: [LDIFFault]) {
        self.faults = faults
    }

    package var description: String { faults.map(\.description).joined(separator: "\n") }
}

extension LDIFError {
    /// The error without its place, which a fault names itself.
    var reasonText: String {
        let place = "\(file):\(line): "
        return description.hasPrefix(place) ? String(description.dropFirst(place.count)) : description
    }
}
