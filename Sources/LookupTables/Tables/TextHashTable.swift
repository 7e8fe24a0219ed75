package import Directory

/// `texthash:file`, and the source text of a `hash:`, `btree:`, `lmdb:` or `cdb:` table: one `key whitespace value` per
/// logical line. Keys are folded; of two equal keys the first counts, as `postmap` does it.
package struct TextHashTable: FixedTable {
    package let name: String
    package let location: SourceLocation?
    package let values: [[UInt8]: [UInt8]]
    /// Lines that were passed over, each with its place.
    package let warnings: [TableFault]

    /// - Parameters:
    ///   - contents: the file's bytes.
    ///   - file: its path, for locations.
    ///   - type: the word before the colon in the table's name.
    package init(contents: [UInt8], file: String, type: String = "texthash", location: SourceLocation? = nil) {
        name = "\(type):\(file)"
        self.location = location
        var values: [[UInt8]: [UInt8]] = [:]
        var warnings: [TableFault] = []
        for line in LogicalLines(contents) {
            let place = SourceLocation(file: file, line: line.number)
            guard let keyEnd = Self.endOfKey(line.bytes) else {
                warnings.append(TableFault("unbalanced '\"' in the key: line ignored", at: place))
                continue
            }
            let key = LookupKey.folded(Array(line.bytes[..<keyEnd]))
            let value = ASCIIText.trimmed(line.bytes[keyEnd...])
            if key.isEmpty || value.isEmpty {
                warnings.append(TableFault("expected \"key value\": line ignored", at: place))
            } else if values[key] != nil {
                warnings.append(TableFault("\"\(ASCIIText.text(key))\" stands here again: line ignored", at: place))
            } else {
                if key.last == UInt8(ascii: ":") {
                    warnings.append(
                        TableFault("\"\(ASCIIText.text(key))\" ends in ':': is this an alias file?", at: place))
                }
                values[key] = value
            }
        }
        self.values = values
        self.warnings = warnings
    }

    /// A logical line's two parts, the key as it is written; nil where its quotes don't match.
    static func keyAndValue(_ line: [UInt8]) -> (key: [UInt8], value: [UInt8])? {
        endOfKey(line).map { (Array(line[..<$0]), ASCIIText.trimmed(line[$0...])) }
    }

    /// The key ends at the first white space outside quotes; a backslash takes the next character with it.
    private static func endOfKey(_ line: [UInt8]) -> Int? {
        var inQuotes = false
        var index = 0
        while index < line.count {
            let byte = line[index]
            if byte == UInt8(ascii: "\\") {
                index += 1
            } else if byte == UInt8(ascii: "\"") {
                inQuotes.toggle()
            } else if ASCIIText.isSpace(byte), !inQuotes {
                return index
            }
            index += 1
        }
        return inQuotes ? nil : line.count
    }
}
