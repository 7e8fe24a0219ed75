import LDAP

/// The attributes a table asks for, in the order of their classes: terminal, leaf, ordinary, special. An attribute in
/// several lists belongs to the first of them.
struct ResultAttributes: Sendable {
    enum Kind: Hashable, Sendable {
        case terminal
        case leaf
        case ordinary
        case special
    }

    /// As the search asks for them; `["1.1"]` when there is none, since an empty list would ask for all.
    let requested: [String]
    private let attributes: [(description: AttributeDescription, kind: Kind)]

    init(_ options: LDAPTableOptions) {
        let lists: [([String], Kind)] = [
            (options.terminalResultAttributes, .terminal), (options.leafResultAttributes, .leaf),
            (options.resultAttributes, .ordinary), (options.specialResultAttributes, .special),
        ]
        attributes = lists.flatMap { names, kind in names.map { (AttributeDescription($0), kind) } }
        let names = attributes.map(\.description.spelling)
        requested = names.isEmpty ? ["1.1"] : names
    }

    /// What a returned attribute is; `mail;lang-de` is what `mail` is. Nil for one that nobody asked for.
    func kind(of returned: AttributeDescription) -> Kind? {
        attributes.first { $0.description.covers(returned) }?.kind
    }

    /// Whether the entry has a value of an attribute of this kind, by its very name.
    func has(_ kind: Kind, _ entry: LDAPEntry) -> Bool {
        attributes.contains { $0.kind == kind && !entry[$0.description].isEmpty }
    }

    var hasLeaves: Bool { attributes.contains { $0.kind == .leaf } }

    /// Those of the table's attributes that a URL asks for; all when it names none, nil when it names others only.
    func requested(by names: [String]) -> [String]? {
        guard !names.isEmpty, !names.contains("*") else { return requested }
        let wanted = Set(names.map { AttributeDescription($0) })
        let common = attributes.map(\.description).filter(wanted.contains).map(\.spelling)
        return common.isEmpty ? nil : common
    }
}
