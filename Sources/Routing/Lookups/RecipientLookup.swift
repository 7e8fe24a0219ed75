package import Directory
package import LookupTables
package import MailModel

extension AddressLookup {
    /// Finds an address in tables; `isLocal` says whether its domain is `myorigin` or in `mydestination`.
    package static func find(
        _ address: EmailAddress, in tables: [any LookupTable], delimiter: RecipientDelimiter,
        spelling: Spelling = .quotedThenBare, isLocal: Bool
    ) async -> Answer<Hit> {
        await AddressLookup(
            tables: tables, delimiters: delimiter.delimiters(for: address.localPart), spelling: spelling,
            isLocalDomain: { _ in Answer(.found(isLocal)) }
        ).find(localPart: address.localPart, domain: address.domain.bytes)
    }
}
