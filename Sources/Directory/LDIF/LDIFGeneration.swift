import LDAP
import Synchronization

/// The entries of one reading of the file with their indexes. Never changes once made, apart from the indexes that appear
/// when a filter first wants them.
final class LDIFGeneration: Sendable {
    let table: EntryTable
    let schema: DirectorySchema
    private let indexes = Mutex<[ObjectIdentifier: AttributeIndex]>([:])

    init(table: EntryTable, schema: DirectorySchema) {
        self.table = table
        self.schema = schema
    }

    func index(of type: AttributeType) -> AttributeIndex {
        if let index = indexes.withLock({ $0[ObjectIdentifier(type)] }) { return index }
        // Made outside the lock: two searches may both make it, but none waits for the other.
        let index = AttributeIndex(type, table: table, schema: schema)
        return indexes.withLock { indexes in
            if let other = indexes[ObjectIdentifier(type)] { return other }
            indexes[ObjectIdentifier(type)] = index
            return index
        }
    }

    /// Makes the indexes of these attributes now, so that no search has to.
    func makeIndexes(of attributes: some Sequence<String>) {
        for name in attributes {
            if let type = table.attributeType(name, schema: schema) { _ = index(of: type) }
        }
    }

    /// The entries that may satisfy a filter; nil when all may.
    func candidates(_ filter: CompiledFilter) -> ArraySlice<UInt32>? {
        switch filter {
        case .undefined: []
        case .not: nil
        case .present(let matcher): index(of: matcher.type).present[...]
        case .equality(let matcher, let rule, let assertion):
            rule == matcher.type.equality
                ? index(of: matcher.type).equality.candidates(assertion[...]) : presence(matcher)
        case .objectClass(let matcher, let key):
            index(of: matcher.type).equality.candidates(Array(key.utf8)[...])
        case .substrings(let matcher, _, let substrings):
            if let final = substrings.final, let at = final.lastIndex(of: UInt8(ascii: "@")) {
                index(of: matcher.type).afterAt.candidates(final[at...])
            } else {
                index(of: matcher.type).present[...]
            }
        case .greaterOrEqual(let matcher, _, _), .lessOrEqual(let matcher, _, _), .bits(let matcher, _, _),
            .inChain(let matcher, _):
            index(of: matcher.type).present[...]
        case .and(let filters): filters.compactMap(candidates).min { $0.count < $1.count }
        case .or(let filters): union(filters)
        case .nameOr: nil
        }
    }

    private func presence(_ matcher: AttributeMatcher) -> ArraySlice<UInt32>? {
        matcher.hasOptions ? nil : index(of: matcher.type).present[...]
    }

    private func union(_ filters: [CompiledFilter]) -> ArraySlice<UInt32>? {
        var lists: [ArraySlice<UInt32>] = []
        for filter in filters {
            guard let list = candidates(filter) else { return nil }
            if !list.isEmpty { lists.append(list) }
        }
        guard lists.count > 1 else { return lists.first ?? [] }
        var all = Array(lists.joined())
        all.sort()
        var unique: [UInt32] = []
        unique.reserveCapacity(all.count)
        for entry in all where unique.last != entry { unique.append(entry) }
        return unique[...]
    }
}
