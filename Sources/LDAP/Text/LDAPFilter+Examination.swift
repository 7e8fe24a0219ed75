/// A filter as one who examines a directory looks at it: what it names, and what is left of it without the values that a
/// question would bring.
extension LDAPFilter {
    /// The assertions, from left to right: every node that is no AND, OR or NOT.
    package var assertions: [LDAPFilter] {
        switch self {
        case .and(let filters), .or(let filters): filters.flatMap(\.assertions)
        case .not(let filter): filter.assertions
        case .equality, .substrings, .greaterOrEqual, .lessOrEqual, .present, .approximate, .extensible: [self]
        }
    }

    /// The attribute that an assertion names; nil for AND, OR, NOT and a match by rule alone.
    package var attribute: AttributeDescription? {
        switch self {
        case .equality(let attribute, _), .substrings(let attribute, _), .greaterOrEqual(let attribute, _),
            .lessOrEqual(let attribute, _), .present(let attribute), .approximate(let attribute, _):
            attribute
        case .extensible(let match): match.attribute
        case .and, .or, .not: nil
        }
    }

    /// The attributes that the filter names, each once.
    package var attributes: [AttributeDescription] {
        var seen: Set<AttributeDescription> = []
        return assertions.compactMap(\.attribute).filter { seen.insert($0).inserted }
    }

    /// The values of an assertion.
    package var values: [[UInt8]] {
        switch self {
        case .equality(_, let value), .greaterOrEqual(_, let value), .lessOrEqual(_, let value),
            .approximate(_, let value):
            [value]
        case .substrings(_, let parts): [parts.initial].compactMap { $0 } + parts.any + [parts.final].compactMap { $0 }
        case .extensible(let match): [match.value]
        case .present, .and, .or, .not: []
        }
    }

    /// The same filter with every assertion that holds such a value replaced by one that the attribute is there. What a
    /// NOT excludes by such a value is not excluded any more: it depends on the value.
    package func presence(of isVariable: ([UInt8]) -> Bool) -> LDAPFilter {
        switch self {
        case .and(let filters): return .and(filters.map { $0.presence(of: isVariable) })
        case .or(let filters): return .or(filters.map { $0.presence(of: isVariable) })
        case .not(let filter):
            let depends = filter.assertions.contains { $0.values.contains(where: isVariable) }
            return depends ? .present("objectClass") : self
        case .equality, .substrings, .greaterOrEqual, .lessOrEqual, .present, .approximate, .extensible:
            guard values.contains(where: isVariable) else { return self }
            return .present(attribute ?? "objectClass")
        }
    }
}
