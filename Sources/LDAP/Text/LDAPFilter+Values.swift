extension LDAPFilter {
    /// The same filter with every assertion value replaced. The shape can't change: what `transform` returns is a
    /// value again, whatever bytes it holds. Values that become empty parts of a substring filter are left out of it, and
    /// a substring filter without parts becomes a presence filter.
    public func mapValues<Failure: Error>(
        _ transform: ([UInt8]) throws(Failure) -> [UInt8]
    ) throws(Failure) -> LDAPFilter {
        switch self {
        case .and(let filters): return .and(try Self.mapValues(of: filters, transform))
        case .or(let filters): return .or(try Self.mapValues(of: filters, transform))
        case .not(let filter): return .not(try filter.mapValues(transform))
        case .equality(let attribute, let value): return .equality(attribute, try transform(value))
        case .greaterOrEqual(let attribute, let value): return .greaterOrEqual(attribute, try transform(value))
        case .lessOrEqual(let attribute, let value): return .lessOrEqual(attribute, try transform(value))
        case .approximate(let attribute, let value): return .approximate(attribute, try transform(value))
        case .present: return self
        case .substrings(let attribute, let substrings):
            var mapped = LDAPSubstrings()
            if let initial = substrings.initial { mapped.initial = try transform(initial).nilIfEmpty }
            for part in substrings.any {
                if let part = try transform(part).nilIfEmpty { mapped.any.append(part) }
            }
            if let final = substrings.final { mapped.final = try transform(final).nilIfEmpty }
            return mapped.isEmpty ? .present(attribute) : .substrings(attribute, mapped)
        case .extensible(var match):
            match.value = try transform(match.value)
            return .extensible(match)
        }
    }

    private static func mapValues<Failure: Error>(
        of filters: [LDAPFilter], _ transform: ([UInt8]) throws(Failure) -> [UInt8]
    ) throws(Failure) -> [LDAPFilter] {
        var mapped: [LDAPFilter] = []
        mapped.reserveCapacity(filters.count)
        for filter in filters { mapped.append(try filter.mapValues(transform)) }
        return mapped
    }
}

extension LDAPSubstrings {
    /// Without any part, which no server accepts.
    var isEmpty: Bool { initial == nil && any.isEmpty && final == nil }
}

extension [UInt8] {
    fileprivate var nilIfEmpty: [UInt8]? { isEmpty ? nil : self }
}
