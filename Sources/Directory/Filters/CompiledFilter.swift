import LDAP

/// A filter made ready for one generation of entries: names resolved to types, assertion values prepared, everything that
/// can't be evaluated turned into Undefined.
indirect enum CompiledFilter: Sendable {
    case undefined
    case and([CompiledFilter])
    case or([CompiledFilter])
    case not(CompiledFilter)
    case present(AttributeMatcher)
    case equality(AttributeMatcher, MatchingRule, [UInt8])
    case objectClass(AttributeMatcher, String)
    case substrings(AttributeMatcher, MatchingRule, PreparedSubstrings)
    case greaterOrEqual(AttributeMatcher, MatchingRule, [UInt8])
    case lessOrEqual(AttributeMatcher, MatchingRule, [UInt8])
    case bits(AttributeMatcher, Int64, all: Bool)
    case inChain(AttributeMatcher, [UInt8])
    /// Any of several items, or a value in the entry's own name.
    case nameOr(CompiledFilter, ExtensibleName)
}

/// The attributes of the data that a filter item speaks of: the type's own and those derived from it, with at least the
/// options that were asked for.
struct AttributeMatcher: Sendable {
    var type: AttributeType
    /// Places in the table's descriptors; empty when no entry has the attribute.
    var descriptors: [Int]
    /// Whether an option was asked for, so that an index over the type holds more than is wanted.
    var hasOptions: Bool
}

/// What `:dn:` asks (RFC 4511 §4.5.1.7.7): a value among the parts of the entry's name.
struct ExtensibleName: Sendable {
    /// Nil for every type that the rule can be applied to.
    var type: AttributeType?
    var rule: MatchingRule
    var assertion: [UInt8]
}
