package import LDAP

/// The entry that a template reads attributes of, and the value that `%$` stands for.
package struct EntryValues: Sendable {
    package var entry: LDAPEntry?
    package var mappedValue: [UInt8]

    package static let none = EntryValues(nil)

    package init(_ entry: LDAPEntry?, mappedValue: [UInt8] = []) {
        self.entry = entry
        self.mappedValue = mappedValue
    }

    var name: String { entry?.name ?? "" }

    /// The first value in the server's order; nil when the entry lacks the attribute or has it without values.
    func first(_ attribute: String) -> [UInt8]? {
        entry?[AttributeDescription(attribute)].first
    }
}
