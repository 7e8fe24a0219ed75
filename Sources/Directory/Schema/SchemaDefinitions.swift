/// An attribute type as a schema file defines it (RFC 4512 §4.1.2).
package struct AttributeTypeDefinition: Hashable, Sendable {
    package var oid: String
    package var names: [String] = []
    package var superior: String?
    package var equality: String?
    package var ordering: String?
    package var substrings: String?
    package var syntax: String?
    package var isOperational = false

    package init(oid: String) {
        self.oid = oid
    }
}

/// An object class as a schema file defines it (RFC 4512 §4.1.1), as far as matching needs it.
package struct ObjectClassDefinition: Hashable, Sendable {
    package var oid: String
    package var names: [String] = []
    package var superiors: [String] = []

    package init(oid: String) {
        self.oid = oid
    }
}

/// What is wrong with a schema, and where.
package struct SchemaFault: Error, Hashable, CustomStringConvertible {
    package var location: SourceLocation?
    package var text: String

    package init(_ text: String, at location: SourceLocation? = nil) {
        self.text = text
        self.location = location
    }

    package var description: String { location.map { "\($0): \(text)" } ?? text }
}
