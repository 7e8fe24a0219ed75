/// One change of a modify request (RFC 4511 §4.6).
public struct LDAPModification: Hashable, Sendable {
    public enum Operation: Int, Hashable, Sendable, CaseIterable {
        case add = 0
        case delete = 1
        case replace = 2
        /// RFC 4525.
        case increment = 3
    }

    public var operation: Operation
    /// With no values, `delete` removes the attribute and `replace` too, if it is there.
    public var attribute: LDAPAttribute

    public init(_ operation: Operation, _ attribute: LDAPAttribute) {
        self.operation = operation
        self.attribute = attribute
    }

    public init(_ operation: Operation, _ attribute: AttributeDescription, _ values: [[UInt8]] = []) {
        self.init(operation, LDAPAttribute(attribute, values))
    }
}

/// A modify DN request (RFC 4511 §4.9): another RDN, another place, or both.
public struct LDAPRename: Hashable, Sendable {
    public var newRDN: String
    public var deletesOldRDN: Bool
    /// The name of the new parent entry; nil keeps the parent.
    public var newSuperior: String?

    public init(newRDN: String, deletesOldRDN: Bool, newSuperior: String? = nil) {
        self.newRDN = newRDN
        self.deletesOldRDN = deletesOldRDN
        self.newSuperior = newSuperior
    }
}
