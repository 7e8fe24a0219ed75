/// A distinguished name (RFC 4514), the entry's own RDN first. Compared by type and value octets as written; matching
/// by an attribute's own rule needs a schema and is done where a schema is at hand.
public struct DistinguishedName: Hashable, Sendable {
    public var rdns: [RelativeDistinguishedName]

    public init(_ rdns: [RelativeDistinguishedName] = []) {
        self.rdns = rdns
    }

    public var isRoot: Bool { rdns.isEmpty }

    public var parent: DistinguishedName? {
        rdns.isEmpty ? nil : DistinguishedName(Array(rdns.dropFirst()))
    }
}

/// One or more attribute values joined by `+`.
public struct RelativeDistinguishedName: Hashable, Sendable {
    public struct AttributeTypeAndValue: Hashable, Sendable {
        public var type: AttributeDescription
        public var value: [UInt8]

        public init(_ type: AttributeDescription, _ value: [UInt8]) {
            self.type = type
            self.value = value
        }
    }

    public var assertions: [AttributeTypeAndValue]

    public init(_ assertions: [AttributeTypeAndValue]) {
        self.assertions = assertions
    }
}
