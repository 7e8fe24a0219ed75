import LDAP

/// What the attributes of an entry say of its members.
struct MemberAttributes: Sendable {
    enum Kind: Hashable, Sendable {
        case name
        case uid
        case address
        case url
        case filter
    }

    private let kinds: [(description: AttributeDescription, kind: Kind)]

    init(_ options: GroupTableOptions) {
        let lists: [([String], Kind)] = [
            (options.nameAttributes, .name), (options.uidAttributes, .uid), (options.addressAttributes, .address),
            (options.urlAttributes, .url), (options.filterAttributes, .filter),
        ]
        kinds = lists.flatMap { names, kind in names.map { (AttributeDescription($0), kind) } }
    }

    /// All that is asked of an entry, each once; never an empty list, which would ask for everything.
    func requested(addresses: [String]) -> [String] {
        var seen: Set<AttributeDescription> = []
        return (kinds.map(\.description) + addresses.map { AttributeDescription($0) }).filter {
            seen.insert($0).inserted
        }.map(\.spelling)
    }

    /// The attributes of an entry that name members; empty for a person.
    func members(of entry: LDAPEntry) -> [(attribute: LDAPAttribute, kind: Kind)] {
        entry.attributes.compactMap { attribute in
            guard !attribute.values.isEmpty,
                let kind = kinds.first(where: { $0.description.covers(attribute.description) })?.kind
            else { return nil }
            return (attribute, kind)
        }
    }

    /// For notes: `member, uniqueMember, …`.
    var list: String { kinds.map(\.description.spelling).joined(separator: ", ") }
}
