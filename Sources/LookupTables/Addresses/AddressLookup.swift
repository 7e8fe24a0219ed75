package import Directory

/// Asks tables for an address in Postfix's `mail_addr_find` order (ldap-tables §7):
///
/// 1. `user+extension@domain`
/// 2. `user@domain`, when the local part has an extension
/// 3. `user+extension`, then `user`: only when the domain is local
/// 4. `@domain`
///
/// The first key that a table knows wins; for each key the tables are asked in order. A table that can't answer ends the
/// lookup: a later key must not answer for one that may exist. Pattern tables see the first key only.
package struct AddressLookup: Sendable {
    /// Which spellings of a local part that needs quotes are asked, in this order.
    package enum Spelling: Hashable, Sendable {
        /// Alias expansion: `"ops(24x7)"@d` only.
        case quoted
        /// Recipient checks and mailbox tables: the quoted form, then the bare one.
        case quotedThenBare
    }

    package struct Hit: Hashable, Sendable {
        package var value: [UInt8]
        /// The key that was found: `info@example.org`, `info`, `@example.org`.
        package var key: [UInt8]
        /// Which step found it.
        package var match: Match
        /// The table that answered.
        package var table: String
        /// The extension that the key didn't hold, with its delimiter (`+sales`): what is to be carried over to the
        /// result when unmatched extensions are propagated. A match of `@domain` leaves none, as in Postfix.
        package var unmatchedExtension: [UInt8]?
        /// The same values by the entries that gave them.
        package var entries: [EntryValues]

        package init(
            value: [UInt8], entries: [EntryValues]? = nil, key: [UInt8], match: Match, table: String,
            unmatchedExtension: [UInt8]? = nil
        ) {
            self.value = value
            self.entries = entries ?? [EntryValues(entry: nil, values: [value])]
            self.key = key
            self.match = match
            self.table = table
            self.unmatchedExtension = unmatchedExtension
        }
    }

    package enum Match: Hashable, Sendable {
        case fullAddress
        case addressWithoutExtension
        case localPart
        case localPartWithoutExtension
        case domain
    }

    package var tables: [any LookupTable]
    /// The characters of `recipient_delimiter`; empty when subaddresses are not used.
    package var delimiters: [UInt8]
    package var spelling: Spelling
    /// Whether the bare user name stands for an address of this domain: `$myorigin`, `$mydestination`, `[ip]` of ours.
    /// Asked with the domain in lower case.
    package var isLocalDomain: @Sendable ([UInt8]) async -> Answer<Bool>

    package init(
        tables: [any LookupTable], delimiters: [UInt8] = [], spelling: Spelling = .quotedThenBare,
        isLocalDomain: @escaping @Sendable ([UInt8]) async -> Answer<Bool>
    ) {
        self.tables = tables
        self.delimiters = delimiters
        self.spelling = spelling
        self.isLocalDomain = isLocalDomain
    }

    /// The local part without quotes, as the envelope means it; both are folded here.
    package func find(localPart: [UInt8], domain: [UInt8]) async -> Answer<Hit> {
        let local = LookupKey.folded(localPart)
        let atDomain = [UInt8(ascii: "@")] + LookupKey.folded(domain)
        // The extension that is handed on keeps the case in which it was sent.
        let split = AddressExtension.split(localPart, delimiters: delimiters)
        let user = split.map { LookupKey.folded(Array($0.user)) }
        let unmatched = split.map { [$0.delimiter] + $0.extension }

        var search = KeySearch(tables: tables)
        // Pattern tables see the address as it was sent: a rule may mind the case, and hand it on in `$1`.
        let sent = forms(localPart).map { $0 + [UInt8(ascii: "@")] + domain }
        for (form, sent) in zip(forms(local), sent) {
            if let end = await search.ask(form + atDomain, .fullAddress, patternKey: sent) { return end }
        }
        if let user {
            for form in forms(user) {
                if let end = await search.ask(form + atDomain, .addressWithoutExtension, unmatched) { return end }
            }
        }
        guard search.hasFixedTables else { return Answer(.absent, steps: search.steps) }
        let isLocal = await isLocalDomain(Array(atDomain.dropFirst()))
        search.steps += isLocal.steps
        switch isLocal.outcome {
        case .unavailable(let reason): return Answer(.unavailable(reason), steps: search.steps)
        case .found(true):
            for form in forms(local) {
                if let end = await search.ask(form, .localPart) { return end }
            }
            if let user {
                for form in forms(user) {
                    if let end = await search.ask(form, .localPartWithoutExtension, unmatched) { return end }
                }
            }
        case .found(false), .absent: break
        }
        if let end = await search.ask(atDomain, .domain) { return end }
        return Answer(.absent, steps: search.steps)
    }

    private func forms(_ localPart: [UInt8]) -> [[UInt8]] {
        let quoted = LocalPartQuoting.quoted(localPart)
        return spelling == .quoted || quoted == localPart ? [quoted] : [quoted, localPart]
    }
}

/// The lookups of one address, with the steps they left.
private struct KeySearch {
    let tables: [any LookupTable]
    var steps: [TraceStep] = []

    var hasFixedTables: Bool { tables.contains { !$0.isPattern } }

    /// Nil when no table knows the key, so that the next key is to be asked.
    mutating func ask(
        _ key: [UInt8], _ match: AddressLookup.Match, _ unmatched: [UInt8]? = nil,
        patternKey: [UInt8]? = nil
    ) async -> Answer<AddressLookup.Hit>? {
        for table in tables where match == .fullAddress || !table.isPattern {
            let key = table.isPattern ? patternKey ?? key : key
            let answer = await table.lookupValues(key)
            steps += answer.steps
            switch answer.outcome {
            case .found(let entries):
                let hit = AddressLookup.Hit(
                    value: entries.joined, entries: entries, key: key, match: match, table: table.name,
                    unmatchedExtension: unmatched)
                return Answer(.found(hit), steps: steps)
            case .absent: continue
            case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
            }
        }
        return nil
    }
}
