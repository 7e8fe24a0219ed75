/// What the fields of all templates of a table together ask of a key, so that a key which can't fill them is not looked up.
struct KeyRequirements: Hashable, Sendable {
    /// `%u`, `%U`: something before the `@`, if there is one.
    var user = false
    /// `%d`, `%D`, `%1` …: something behind an `@`.
    var domain = false
    /// The highest number among `%1` … `%9`.
    var labels = 0

    /// - Parameters:
    ///   - query: the templates of search base and filter.
    ///   - result: the template of values, where only upper case and digits speak of the key.
    init(query: [TableTemplate], result: TableTemplate) {
        for field in query.flatMap(\.fields) {
            switch field {
            case .user: user = true
            case .domain: domain = true
            default: require(field)
            }
        }
        for field in result.fields { require(field) }
    }

    private mutating func require(_ field: TemplateField) {
        switch field {
        case .keyUser: user = true
        case .keyDomain: domain = true
        case .keyLabel(let number):
            domain = true
            labels = max(labels, number)
        case .whole, .user, .domain, .keyWhole: break
        }
    }
}

/// A key taken apart at its last `@`.
struct KeyParts: Sendable {
    let key: [UInt8]
    private let user: ArraySlice<UInt8>
    private let domain: ArraySlice<UInt8>
    private let labels: [ArraySlice<UInt8>]

    /// Nil when the key lacks what the templates need: no such key can be found.
    init?(_ key: [UInt8], _ requirements: KeyRequirements) {
        guard !key.isEmpty else { return nil }
        self.key = key
        if let at = key.lastIndex(of: UInt8(ascii: "@")) {
            user = key[..<at]
            domain = key[(at + 1)...]
            if requirements.user, user.isEmpty { return nil }
        } else {
            user = key[...]
            domain = []
        }
        if requirements.domain, domain.isEmpty { return nil }
        guard requirements.labels > 0 else {
            labels = []
            return
        }
        // Postfix takes dots in a row for one, and does without those at the ends.
        labels = domain.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: true)
        guard labels.count >= requirements.labels else { return nil }
    }

    /// What stands for a field of a query template.
    func query(_ field: TemplateField) -> ArraySlice<UInt8> {
        switch field {
        case .whole, .keyWhole: key[...]
        case .user, .keyUser: user
        case .domain, .keyDomain: domain
        case .keyLabel(let number): number <= labels.count ? labels[labels.count - number] : []
        }
    }
}

/// Makes a table's values out of a directory's.
struct ResultFormat: Sendable {
    let template: TableTemplate
    private let needsUser: Bool
    private let needsDomain: Bool

    init(_ template: TableTemplate) {
        self.template = template
        needsUser = template.fields.contains(.user)
        needsDomain = template.fields.contains(.domain)
    }

    /// Nil for a value that is passed over: an empty one, one without the part that the format needs, and one with a NUL,
    /// which no address or path can hold.
    func format(_ value: [UInt8], key: KeyParts) -> [UInt8]? {
        guard !value.isEmpty, !value.contains(0) else { return nil }
        var user = value[...]
        var domain: ArraySlice<UInt8> = []
        if let at = value.lastIndex(of: UInt8(ascii: "@")) {
            user = value[..<at]
            domain = value[(at + 1)...]
        }
        if needsDomain, domain.isEmpty { return nil }
        if needsUser, user.isEmpty { return nil }
        return template.expanded { field in
            switch field {
            case .whole: value[...]
            case .user: user
            case .domain: domain
            case .keyWhole, .keyUser, .keyDomain, .keyLabel: key.query(field)
            }
        }
    }
}
