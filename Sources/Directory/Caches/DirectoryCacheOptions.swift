package import LDAP

/// What a cache keeps and for how long.
package struct DirectoryCacheOptions: Hashable, Sendable {
    /// For answers with entries; zero keeps none.
    package var foundLifetime: Duration
    /// For answers without any, and for missing bases; zero keeps none. A new user gets mail after at most so long.
    package var emptyLifetime: Duration
    /// How long beyond its lifetime an answer with entries is served while no server answers. Zero never does. An answer
    /// without entries is never served beyond its lifetime.
    package var staleTime: Duration
    /// While no server answers, one question in so long goes to the directory; whoever has a stale answer does not wait.
    package var retryInterval: Duration
    /// The number of answers.
    package var maximumAnswers: Int
    /// Of keys and answers together, estimated. An answer of more than an eighth of it is not kept.
    package var maximumBytes: Int
    /// Refreshes that run at a time.
    package var concurrentRefreshes: Int
    /// Neither an answer with one of these nor an answer to a question that names one is kept.
    package var secretAttributes: Set<AttributeDescription>

    package init(
        foundLifetime: Duration = .seconds(300), emptyLifetime: Duration = .seconds(5),
        staleTime: Duration = .seconds(4 * 3600), retryInterval: Duration = .seconds(5), maximumAnswers: Int = 20_000,
        maximumBytes: Int = 64 << 20, concurrentRefreshes: Int = 4,
        secretAttributes: Set<AttributeDescription> = Self.passwordAttributes
    ) {
        self.foundLifetime = foundLifetime
        self.emptyLifetime = emptyLifetime
        self.staleTime = staleTime
        self.retryInterval = retryInterval
        self.maximumAnswers = max(1, maximumAnswers)
        self.maximumBytes = max(1, maximumBytes)
        self.concurrentRefreshes = max(1, concurrentRefreshes)
        self.secretAttributes = secretAttributes
    }

    /// The attributes in which the usual schemas keep passwords and their hashes; `clearPassword` is Courier's.
    package static let passwordAttributes: Set<AttributeDescription> = [
        "userPassword", "authPassword", "sambaNTPassword", "sambaLMPassword", "unicodePwd", "krbPrincipalKey",
        "clearPassword", "ipaNTHash",
    ]
}

extension SearchRequest {
    /// Whether it asks for one of these attributes by name, or compares with one.
    func names(anyOf secrets: Set<AttributeDescription>) -> Bool {
        attributes.contains { secrets.contains(AttributeDescription(AttributeDescription($0).type)) }
            || filter.attributes.contains { secrets.contains(AttributeDescription($0.type)) }
    }

    /// An estimate in bytes, with what the containers take.
    var cost: Int {
        let attributes = self.attributes.reduce(0) { $0 + $1.utf8.count + 32 }
        return 128 + base.utf8.count + attributes + filter.cost
    }
}

extension LDAPEntry {
    func holds(anyOf secrets: Set<AttributeDescription>) -> Bool {
        attributes.contains { secrets.contains(AttributeDescription($0.description.type)) }
    }

    /// An estimate in bytes, with what the containers take.
    var cost: Int {
        attributes.reduce(64 + name.utf8.count) { sum, attribute in
            attribute.values.reduce(sum + 96 + 2 * attribute.description.spelling.utf8.count) { $0 + 40 + $1.count }
        }
    }
}

extension AttributeDescription {
    fileprivate init(_ type: Substring) {
        self.init(String(type))
    }
}

extension LDAPFilter {
    /// Parsers bound the depth of filters, so that walking one by recursion is safe.
    fileprivate var attributes: [AttributeDescription] {
        switch self {
        case .and(let parts), .or(let parts): parts.flatMap(\.attributes)
        case .not(let part): part.attributes
        case .equality(let attribute, _), .substrings(let attribute, _), .greaterOrEqual(let attribute, _),
            .lessOrEqual(let attribute, _), .present(let attribute), .approximate(let attribute, _):
            [attribute]
        case .extensible(let match): match.attribute.map { [$0] } ?? []
        }
    }

    fileprivate var cost: Int {
        switch self {
        case .and(let parts), .or(let parts): parts.reduce(64) { $0 + $1.cost }
        case .not(let part): 32 + part.cost
        case .equality(let attribute, let value), .greaterOrEqual(let attribute, let value),
            .lessOrEqual(let attribute, let value), .approximate(let attribute, let value):
            96 + attribute.spelling.utf8.count + value.count
        case .present(let attribute): 64 + attribute.spelling.utf8.count
        case .substrings(let attribute, let parts):
            parts.any.reduce(128 + attribute.spelling.utf8.count) { $0 + 40 + $1.count }
                + (parts.initial?.count ?? 0) + (parts.final?.count ?? 0)
        case .extensible(let match): 160 + match.value.count
        }
    }
}
