/// One entry: its DN as the server wrote it and its attributes in the order the server sent them.
public struct LDAPEntry: Hashable, Sendable {
    public var name: String
    public var attributes: [LDAPAttribute]

    public init(name: String, attributes: [LDAPAttribute] = []) {
        self.name = name
        self.attributes = attributes
    }

    /// The values of the attribute with exactly this description; empty when the entry has none.
    public subscript(_ attribute: AttributeDescription) -> [[UInt8]] {
        attributes.first { $0.description == attribute }?.values ?? []
    }
}

public struct LDAPAttribute: Hashable, Sendable {
    public var description: AttributeDescription
    public var values: [[UInt8]]

    public init(_ description: AttributeDescription, _ values: [[UInt8]]) {
        self.description = description
        self.values = values
    }
}
