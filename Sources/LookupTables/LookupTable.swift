package import Directory

/// A table that maps a key to a value, with Postfix's three answers: a result, not found, a temporary error.
///
/// The caller folds the key (Postfix's FOLD_FIX): `LookupKey.folded` for addresses and domains.
package protocol LookupTable: Sendable {
    /// `ldap:/etc/postfix/virtual.cf`, `inline:{…}`, `texthash:/etc/postfix/virtual`: as the configuration names it.
    var name: String { get }
    /// Where the configuration names it.
    var location: SourceLocation? { get }
    /// Pattern tables (regexp, pcre, cidr, tcp, socketmap) are asked for whole keys only, never for partial ones such as
    /// `user` or `@domain` (ldap-tables §7).
    var isPattern: Bool { get }

    /// The value is never empty when found; several values are joined by `,` as Postfix does.
    func lookup(_ key: [UInt8]) async -> Answer<[UInt8]>

    /// The same answer with the values of each entry apart, for those to whom two entries are two answers. A table that
    /// knows no entries gives its value as that of one nameless entry.
    func lookupValues(_ key: [UInt8]) async -> Answer<[EntryValues]>
}

extension LookupTable {
    package func lookupValues(_ key: [UInt8]) async -> Answer<[EntryValues]> {
        let answer = await lookup(key)
        return Answer(answer.outcome.map { [EntryValues(entry: nil, values: [$0])] }, steps: answer.steps)
    }
}
