package import Directory

/// A table whose pairs are in memory: what `inline:` and `texthash:` become.
package protocol FixedTable: LookupTable {
    /// By folded key; no value is empty.
    var values: [[UInt8]: [UInt8]] { get }
}

extension FixedTable {
    package var isPattern: Bool { false }

    package func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        let value = key.isEmpty || !LookupKey.isText(key) ? nil : values[key]
        let step = TraceStep(
            .lookup(table: name, key: key, result: value.map { .found($0) } ?? .absent), location: location)
        return Answer(value.map { .found($0) } ?? .absent, steps: [step])
    }
}
