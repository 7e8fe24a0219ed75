/// A search filter as RFC 4511 §4.5.1.7 defines it. Values are octets: whatever came from outside enters a filter as a
/// value of one of these nodes, never as filter text, so it can't change the filter's shape.
public indirect enum LDAPFilter: Hashable, Sendable {
    case and([LDAPFilter])
    case or([LDAPFilter])
    case not(LDAPFilter)
    case equality(AttributeDescription, [UInt8])
    case substrings(AttributeDescription, LDAPSubstrings)
    case greaterOrEqual(AttributeDescription, [UInt8])
    case lessOrEqual(AttributeDescription, [UInt8])
    case present(AttributeDescription)
    case approximate(AttributeDescription, [UInt8])
    case extensible(LDAPExtensibleMatch)
}

/// `initial*any*any*final` (RFC 4511 §4.5.1.7.2); at least one part is there.
public struct LDAPSubstrings: Hashable, Sendable {
    public var initial: [UInt8]?
    public var any: [[UInt8]]
    public var final: [UInt8]?

    public init(initial: [UInt8]? = nil, any: [[UInt8]] = [], final: [UInt8]? = nil) {
        self.initial = initial
        self.any = any
        self.final = final
    }
}

/// RFC 4511 §4.5.1.7.7.
public struct LDAPExtensibleMatch: Hashable, Sendable {
    public var matchingRule: String?
    public var attribute: AttributeDescription?
    public var value: [UInt8]
    public var matchesDNAttributes: Bool

    public init(
        matchingRule: String? = nil, attribute: AttributeDescription?, value: [UInt8], matchesDNAttributes: Bool = false
    ) {
        self.matchingRule = matchingRule
        self.attribute = attribute
        self.value = value
        self.matchesDNAttributes = matchesDNAttributes
    }
}
