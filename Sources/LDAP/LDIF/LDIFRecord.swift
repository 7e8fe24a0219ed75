/// One record of an LDIF file (RFC 2849).
public enum LDIFRecord: Hashable, Sendable {
    case entry(LDIFEntry)
    case change(LDIFChange)

    /// The DN as it is written.
    public var name: String {
        switch self {
        case .entry(let entry): entry.name
        case .change(let change): change.name
        }
    }

    /// The line of its `dn:`; 1 is the first of the file.
    public var line: Int {
        switch self {
        case .entry(let entry): entry.line
        case .change(let change): change.line
        }
    }
}

/// An entry, its values in the order of the file.
public struct LDIFEntry: Hashable, Sendable {
    public struct Value: Hashable, Sendable {
        public var attribute: AttributeDescription
        public var value: [UInt8]
        /// The line it begins at; 0 for values that come from no file.
        public var line: Int

        public init(_ attribute: AttributeDescription, _ value: [UInt8], line: Int = 0) {
            self.attribute = attribute
            self.value = value
            self.line = line
        }
    }

    public var name: String
    public var values: [Value]
    public var line: Int

    public init(name: String, values: [Value] = [], line: Int = 0) {
        self.name = name
        self.values = values
        self.line = line
    }

    /// The entry as a server keeps it: all values of an attribute together, where its first one stands.
    public var entry: LDAPEntry {
        var positions: [AttributeDescription: Int] = [:]
        var attributes: [LDAPAttribute] = []
        for value in values {
            if let position = positions[value.attribute] {
                attributes[position].values.append(value.value)
            } else {
                positions[value.attribute] = attributes.count
                attributes.append(LDAPAttribute(value.attribute, [value.value]))
            }
        }
        return LDAPEntry(name: name, attributes: attributes)
    }
}

/// A change record: what `ldapmodify` would send.
public struct LDIFChange: Hashable, Sendable {
    public enum Operation: Hashable, Sendable {
        case add(LDIFEntry)
        case delete
        case modify([LDAPModification])
        case rename(LDAPRename)
    }

    public var name: String
    public var controls: [LDAPControl]
    public var operation: Operation
    public var line: Int

    public init(name: String, controls: [LDAPControl] = [], operation: Operation, line: Int = 0) {
        self.name = name
        self.controls = controls
        self.operation = operation
        self.line = line
    }
}
