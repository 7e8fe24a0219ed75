import LDAP

/// What one entry of a directory gave to a lookup.
package struct EntryValues: Hashable, Sendable {
    /// The DN of an entry that the table's search found, as the server wrote it; what was followed from there counts as
    /// its own. Nil for a table that knows no entries.
    package var entry: String?
    /// In the order of the answer, never empty.
    package var values: [[UInt8]]

    package init(entry: String?, values: [[UInt8]]) {
        self.entry = entry
        self.values = values
    }
}

extension [EntryValues] {
    /// The values of all as tables join them.
    package var joined: [UInt8] {
        Array<UInt8>(flatMap(\.values).joined(separator: [UInt8(ascii: ",")]))
    }
}

extension EntryValues {
    /// Whether another table's answer came from the same entry. Servers write a name in one way; two servers of one
    /// directory may differ in case and blanks.
    package func isOf(_ other: EntryValues) -> Bool {
        guard let entry, let otherEntry = other.entry else { return false }
        return entry == otherEntry || Self.folded(entry) == Self.folded(otherEntry)
    }

    private static func folded(_ name: String) -> [UInt8] {
        let text = (try? DistinguishedName(parsing: name))?.description ?? name
        return LookupKey.folded(Array(text.utf8))
    }
}
