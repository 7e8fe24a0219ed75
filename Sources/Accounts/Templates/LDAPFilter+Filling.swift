import LDAP

extension LDAPFilter {
    /// Every value for which `fill` gives another, replaced by it. What comes out empty matches nobody: a part of a
    /// substring filter that vanished would match everybody. So of alternatives that one falls away, and all else makes
    /// the whole nil.
    func filled(_ fill: ([UInt8]) -> [UInt8]?) -> LDAPFilter? {
        switch self {
        case .and(let filters):
            let parts = filters.compactMap { $0.filled(fill) }
            return parts.count == filters.count ? .and(parts) : nil
        case .or(let filters):
            let parts = filters.compactMap { $0.filled(fill) }
            return parts.isEmpty && !filters.isEmpty ? nil : .or(parts)
        case .not(let filter): return filter.filled(fill).map { .not($0) }
        case .equality, .substrings, .greaterOrEqual, .lessOrEqual, .present, .approximate, .extensible:
            return try? mapValues { (value: [UInt8]) throws(EmptyValue) -> [UInt8] in
                guard let rendered = fill(value) else { return value }
                guard !rendered.isEmpty else { throw EmptyValue() }
                return rendered
            }
        }
    }
}
