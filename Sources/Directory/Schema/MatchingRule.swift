/// A matching rule of RFC 4517 §4.2, or one of those that Active Directory adds.
package struct MatchingRule: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case equality
        case ordering
        case substrings
        /// Equality by an item of a list of definitions: (`objectClasses`, …). Never true for what mail asks.
        case bitAnd
        case bitOr
        /// Active Directory's transitive closure over a DN-valued attribute.
        case inChain
    }

    package let name: String
    package let oid: String
    package let kind: Kind
    let preparation: ValuePreparation
    /// What an assertion must look like.
    let assertionSyntax: AttributeSyntax

    init(_ name: String, _ oid: String, _ kind: Kind, _ preparation: ValuePreparation, _ syntax: AttributeSyntax) {
        self.name = name
        self.oid = oid
        self.kind = kind
        self.preparation = preparation
        self.assertionSyntax = syntax
    }

    /// By name, without regard to case, or by OID. Nil for a rule that is not known: an attribute without a rule makes
    /// the filter items that need it Undefined.
    package static func named(_ name: String) -> MatchingRule? {
        byName[name.lowercased()]
    }

    private static let byName: [String: MatchingRule] = {
        var rules: [String: MatchingRule] = [:]
        for rule in all {
            rules[rule.name.lowercased()] = rule
            rules[rule.oid] = rule
        }
        return rules
    }()

    private static let all: [MatchingRule] = [
        .init("objectIdentifierMatch", "2.5.13.0", .equality, .objectIdentifier, .objectIdentifier),
        .init("distinguishedNameMatch", "2.5.13.1", .equality, .distinguishedName, .distinguishedName),
        .init("caseIgnoreMatch", "2.5.13.2", .equality, .caseIgnore, .directoryString),
        .init("caseIgnoreOrderingMatch", "2.5.13.3", .ordering, .caseIgnore, .directoryString),
        .init("caseIgnoreSubstringsMatch", "2.5.13.4", .substrings, .caseIgnore, .directoryString),
        .init("caseExactMatch", "2.5.13.5", .equality, .caseExact, .directoryString),
        .init("caseExactOrderingMatch", "2.5.13.6", .ordering, .caseExact, .directoryString),
        .init("caseExactSubstringsMatch", "2.5.13.7", .substrings, .caseExact, .directoryString),
        .init("numericStringMatch", "2.5.13.8", .equality, .numericString, .numericString),
        .init("numericStringOrderingMatch", "2.5.13.9", .ordering, .numericString, .numericString),
        .init("numericStringSubstringsMatch", "2.5.13.10", .substrings, .numericString, .numericString),
        .init("caseIgnoreListMatch", "2.5.13.11", .equality, .caseIgnoreList, .postalAddress),
        .init("caseIgnoreListSubstringsMatch", "2.5.13.12", .substrings, .caseIgnoreList, .directoryString),
        .init("booleanMatch", "2.5.13.13", .equality, .octets, .boolean),
        .init("integerMatch", "2.5.13.14", .equality, .integer, .integer),
        .init("integerOrderingMatch", "2.5.13.15", .ordering, .integer, .integer),
        .init("octetStringMatch", "2.5.13.17", .equality, .octets, .octets),
        .init("octetStringOrderingMatch", "2.5.13.18", .ordering, .octets, .octets),
        .init("octetStringSubstringsMatch", "2.5.13.19", .substrings, .octets, .octets),
        .init("telephoneNumberMatch", "2.5.13.20", .equality, .telephoneNumber, .telephoneNumber),
        .init("telephoneNumberSubstringsMatch", "2.5.13.21", .substrings, .telephoneNumber, .telephoneNumber),
        .init("uniqueMemberMatch", "2.5.13.23", .equality, .nameAndOptionalUID, .nameAndOptionalUID),
        .init("generalizedTimeMatch", "2.5.13.27", .equality, .generalizedTime, .generalizedTime),
        .init("generalizedTimeOrderingMatch", "2.5.13.28", .ordering, .generalizedTime, .generalizedTime),
        .init("caseExactIA5Match", "1.3.6.1.4.1.1466.109.114.1", .equality, .caseExactIA5, .ia5String),
        .init("caseIgnoreIA5Match", "1.3.6.1.4.1.1466.109.114.2", .equality, .caseIgnoreIA5, .ia5String),
        .init("caseIgnoreIA5SubstringsMatch", "1.3.6.1.4.1.1466.109.114.3", .substrings, .caseIgnoreIA5, .ia5String),
        .init("caseExactIA5SubstringsMatch", "1.3.6.1.4.1.4203.1.2.1", .substrings, .caseExactIA5, .ia5String),
        .init("UUIDMatch", "1.3.6.1.1.16.2", .equality, .uuid, .uuid),
        .init("UUIDOrderingMatch", "1.3.6.1.1.16.3", .ordering, .uuid, .uuid),
        .init("CSNMatch", "1.3.6.1.4.1.4203.666.11.2.2", .equality, .octets, .octets),
        .init("CSNOrderingMatch", "1.3.6.1.4.1.4203.666.11.2.3", .ordering, .octets, .octets),
        .init("integerBitAndMatch", "1.2.840.113556.1.4.803", .bitAnd, .integer, .integer),
        .init("integerBitOrMatch", "1.2.840.113556.1.4.804", .bitOr, .integer, .integer),
        .init("inChainMatch", "1.2.840.113556.1.4.1941", .inChain, .distinguishedName, .distinguishedName),
    ]

    /// For attributes that no schema describes: text without regard to case, anything else octet by octet.
    static let undescribedEquality = MatchingRule("caseIgnoreOrOctets", "", .equality, .caseIgnoreOrOctets, .octets)
    static let undescribedOrdering = MatchingRule("caseIgnoreOrOctets", "", .ordering, .caseIgnoreOrOctets, .octets)
    static let undescribedSubstrings = MatchingRule("caseIgnoreOrOctets", "", .substrings, .caseIgnoreOrOctets, .octets)
}
