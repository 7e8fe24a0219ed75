package import Directory

/// `static:value`, `static:{ value with blanks }`: the same value for every key, bare domains included.
package struct StaticTable: LookupTable {
    package let name: String
    package let location: SourceLocation?
    package let value: [UInt8]

    package var isPattern: Bool { false }

    /// - Parameter text: what follows `static:`.
    package init(_ text: some Sequence<UInt8>, location: SourceLocation? = nil) throws(TableFault) {
        let text = Array(text)
        name = "static:" + ASCIIText.text(text)
        self.location = location
        value = ASCIIText.insideBraces(text) ?? text
        guard !value.isEmpty else { throw TableFault("static: has no value: write static:value", at: location) }
    }

    package func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        answer(LookupKey.isText(key) ? .found(value) : .absent, to: key)
    }
}
