package import LDAP

/// A DN for comparing without the schema: blanks around separators, escapes and ASCII case don't count (RFC 4517 §4.2.15
/// leaves the rest to each attribute's own rule).
package struct EntryNameKey: Hashable, Sendable {
    private let rdns: [String]

    package init(_ name: DistinguishedName) {
        rdns = name.rdns.map { rdn in
            let words = DistinguishedName([rdn]).description.lowercased().split(separator: " ")
            return words.joined(separator: " ")
        }
    }

    /// Nil for what is no DN.
    package init?(_ value: [UInt8]) {
        guard let name = try? DistinguishedName(parsing: value) else { return nil }
        self.init(name)
    }

    package func isWithin(_ base: EntryNameKey) -> Bool {
        rdns.suffix(base.rdns.count) == base.rdns[...]
    }
}
