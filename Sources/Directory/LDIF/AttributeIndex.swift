/// What is known beforehand about one attribute type and everything derived from it.
final class AttributeIndex: Sendable {
    /// By prepared value; for objectClass by every class the value's class derives from.
    let equality: HashedIndex
    /// By what follows the last `@` of a prepared value, the `@` included: answers `(mail=*@example.org)`.
    let afterAt: HashedIndex
    /// The entries that have the attribute, in ascending order.
    let present: [UInt32]

    init(_ type: AttributeType, table: EntryTable, schema: DirectorySchema) {
        let isWanted = table.descriptors.map { $0.type.isKind(of: type) }
        let isObjectClass = type.name == "objectClass"
        let preparation = type.equality?.preparation
        let hasSubstrings = type.substrings != nil
        var equality = HashedIndex.Builder()
        var afterAt = HashedIndex.Builder()
        var present: [UInt32] = []
        for number in table.entries.indices {
            let entry = UInt32(truncatingIfNeeded: number)
            for attribute in table.attributes[table.entries[number].attributes] where isWanted[attribute.descriptor] {
                if present.last != entry { present.append(entry) }
                guard let preparation else { continue }
                for value in table.values[attribute.values] {
                    if isObjectClass {
                        for key in Self.classKeys(table[value], schema) { equality.insert(key[...], entry: entry) }
                        continue
                    }
                    guard let prepared = preparation.prepare(table[value], schema: schema) else { continue }
                    equality.insert(prepared[...], entry: entry)
                    if hasSubstrings, let at = prepared.lastIndex(of: UInt8(ascii: "@")) {
                        afterAt.insert(prepared[at...], entry: entry)
                    }
                }
            }
        }
        self.equality = HashedIndex(equality)
        self.afterAt = HashedIndex(afterAt)
        self.present = present
    }

    private static func classKeys(_ value: ArraySlice<UInt8>, _ schema: DirectorySchema) -> [[UInt8]] {
        let name = String(decoding: value, as: UTF8.self).lowercased()
        // Its own spelling too, which may be an OID: a rule that was named compares that.
        return (schema.objectClass(name)?.ancestors ?? []).union([name]).map { Array($0.utf8) }
    }
}
