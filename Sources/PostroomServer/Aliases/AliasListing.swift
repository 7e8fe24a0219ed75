import LookupTables
import Routing

/// The aliases of a file, in its order.
package struct AliasListing: Sendable {
    package let file: String
    let entries: [TextHashFile.Entry]

    /// Those of an address, or of all addresses of an `@domain`.
    func of(_ wanted: String) -> AliasListing {
        let key = LookupKey.folded(Array(wanted.utf8))
        return AliasListing(
            file: file,
            entries: entries.filter { entry in
                let own = LookupKey.folded(entry.key)
                return own == key || (key.first == UInt8(ascii: "@") && own.suffix(key.count) == key[...])
            })
    }

    /// A line for each.
    package var text: String {
        entries.map { entry in
            VisibleText.escaped(entry.key) + " " + entry.targets.map { VisibleText.escaped($0) }.joined(separator: ", ")
                + "\n"
        }.joined()
    }

    package var json: String {
        let list = entries.map { entry in
            JSONText.object([("address", .bytes(entry.key)), ("targets", .array(entry.targets.map { .bytes($0) }))])
        }
        return JSONText.object([("file", .string(file)), ("aliases", .array(list))]).serialized()
    }
}
