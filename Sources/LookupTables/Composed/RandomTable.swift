package import Directory

/// `randmap:{value, …}`: one of the values for every key, by chance.
package struct RandomTable: LookupTable {
    package let name: String
    package let location: SourceLocation?
    package let values: [[UInt8]]

    package var isPattern: Bool { true }

    /// - Parameter text: what follows `randmap:`, braces included.
    package init(_ text: some Sequence<UInt8>, location: SourceLocation? = nil) throws(TableFault) {
        let text = Array(text)
        name = "randmap:" + ASCIIText.text(text)
        self.location = location
        guard let inside = ASCIIText.insideBraces(ASCIIText.trimmed(text)) else {
            throw TableFault("\(name): write randmap:{value, value}, with balanced braces", at: location)
        }
        // A value in braces loses them: that is how one holds blanks.
        values = ASCIIText.words(inside).map { ASCIIText.insideBraces($0) ?? $0 }
        guard !values.isEmpty else { throw TableFault("\(name): holds no value", at: location) }
    }

    package func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        guard LookupKey.isText(key) else { return answer(.absent, to: key) }
        return answer(values.randomElement().map { .found($0) } ?? .absent, to: key)
    }
}
