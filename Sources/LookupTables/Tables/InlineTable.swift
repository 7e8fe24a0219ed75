package import Directory

/// `inline:{ {key = value}, {key2 = value2} }` or `inline:{key=value, key2=value2}`: the pairs stand in the configuration
/// itself. Keys are folded; of two equal keys the later counts.
package struct InlineTable: FixedTable {
    package let name: String
    package let location: SourceLocation?
    package let values: [[UInt8]: [UInt8]]

    /// - Parameter text: what follows `inline:`, braces included.
    package init(_ text: some Sequence<UInt8>, location: SourceLocation? = nil) throws(TableFault) {
        let text = Array(text)
        name = "inline:" + ASCIIText.text(text)
        self.location = location
        guard let body = ASCIIText.insideBraces(ASCIIText.trimmed(text)) else {
            throw TableFault("\(name): write inline:{ {key = value}, … }, with balanced braces", at: location)
        }
        var values: [[UInt8]: [UInt8]] = [:]
        for word in ASCIIText.words(body) {
            var pair = word
            if word.first == UInt8(ascii: "{") {
                guard let inside = ASCIIText.insideBraces(word) else {
                    throw TableFault("\(name): unbalanced braces in \(ASCIIText.text(word))", at: location)
                }
                pair = inside
            }
            guard let (key, value) = ASCIIText.nameAndValue(pair), !value.isEmpty else {
                throw TableFault("\(name): \"\(ASCIIText.text(pair))\" is no key = value", at: location)
            }
            values[LookupKey.folded(key)] = value
        }
        guard !values.isEmpty else { throw TableFault("\(name): the table is empty", at: location) }
        self.values = values
    }
}
