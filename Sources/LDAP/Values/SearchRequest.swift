/// RFC 4511 §4.5.1.
public enum SearchScope: Int, Hashable, Sendable, CaseIterable {
    case base = 0
    case one = 1
    case sub = 2
}

public enum DereferencePolicy: Int, Hashable, Sendable {
    case never = 0
    case searching = 1
    case finding = 2
    case always = 3
}

/// What a search asks; the base is a DN in text form, as the protocol carries it.
public struct SearchRequest: Hashable, Sendable {
    public var base: String
    public var scope: SearchScope
    public var filter: LDAPFilter
    /// Empty asks for all user attributes; `["1.1"]` for none (RFC 4511 §4.5.1.8).
    public var attributes: [String]
    /// Entries; 0 is no limit on the client's part.
    public var sizeLimit: Int
    /// Seconds; 0 is no limit on the client's part.
    public var timeLimit: Int
    public var typesOnly: Bool
    public var dereference: DereferencePolicy

    public init(
        base: String, scope: SearchScope = .sub, filter: LDAPFilter, attributes: [String] = [], sizeLimit: Int = 0,
        timeLimit: Int = 0, typesOnly: Bool = false, dereference: DereferencePolicy = .never
    ) {
        self.base = base
        self.scope = scope
        self.filter = filter
        self.attributes = attributes
        self.sizeLimit = sizeLimit
        self.timeLimit = timeLimit
        self.typesOnly = typesOnly
        self.dereference = dereference
    }
}
