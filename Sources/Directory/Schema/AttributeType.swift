/// An attribute type with the rules that hold for it, those of its supertypes included.
package final class AttributeType: Sendable {
    /// The first name, or the OID of a type without one.
    package let name: String
    /// All names and the OID, folded.
    package let spellings: [String]
    package let superior: AttributeType?
    package let equality: MatchingRule?
    package let ordering: MatchingRule?
    package let substrings: MatchingRule?
    package let syntax: AttributeSyntax
    /// Not returned unless asked for by name or with `+`.
    package let isOperational: Bool
    /// Whether only the data knows the attribute, no schema.
    package let isUndescribed: Bool

    init(_ definition: AttributeTypeDefinition, superior: AttributeType?) {
        name = definition.names.first ?? definition.oid
        spellings = definition.names.map { $0.lowercased() } + [definition.oid]
        self.superior = superior
        equality = definition.equality.map(MatchingRule.named) ?? superior?.equality
        ordering = definition.ordering.map(MatchingRule.named) ?? superior?.ordering
        substrings = definition.substrings.map(MatchingRule.named) ?? superior?.substrings
        syntax = definition.syntax.map { AttributeSyntax(oid: $0) } ?? superior?.syntax ?? .octets
        isOperational = definition.isOperational
        isUndescribed = false
    }

    /// For an attribute that stands in the data but in no schema: text without regard to case, with order and
    /// substrings. That is what a site's own mail attributes nearly always are.
    init(undescribed name: String) {
        self.name = name
        spellings = [name.lowercased()]
        superior = nil
        equality = .undescribedEquality
        ordering = .undescribedOrdering
        substrings = .undescribedSubstrings
        syntax = .octets
        isOperational = false
        isUndescribed = true
    }

    /// Whether this is `type` or derived from it: `cn` is a kind of `name`.
    package func isKind(of type: AttributeType) -> Bool {
        var candidate: AttributeType? = self
        while let current = candidate {
            if current === type { return true }
            candidate = current.superior
        }
        return false
    }
}
