package import Directory

/// `cdb:file` from its compiled file: 256 pairs of position and length of the hash tables, the records, the hash tables
/// (cr.yp.to/cdb/cdb.txt). All records are read at once; of two equal keys the first counts.
package struct CDBTable: FixedTable {
    /// Octets of a compiled file.
    package static let maximumSize = 256 << 20

    package let name: String
    package let location: SourceLocation?
    package let values: [[UInt8]: [UInt8]]

    /// - Parameters:
    ///   - compiled: the bytes of `file` + `.cdb`.
    ///   - file: the table's name, without `.cdb`.
    /// - Throws: that the file is damaged or too large.
    package init(compiled: [UInt8], file: String, location: SourceLocation? = nil) throws(TableFault) {
        name = "cdb:\(file)"
        self.location = location
        let place = SourceLocation(file: file + ".cdb")
        guard compiled.count <= Self.maximumSize else {
            throw TableFault("larger than \(Self.maximumSize) bytes: write its text beside it", at: place)
        }
        func number(_ index: Int) throws(TableFault) -> Int {
            guard index >= 0, index + 4 <= compiled.count else {
                throw TableFault("the file is damaged: make it again with postmap cdb:\(file)", at: place)
            }
            return (0..<4).reduce(0) { $0 | Int(compiled[index + $1]) << (8 * $1) }
        }
        // The records end where the first hash table begins.
        var end = compiled.count
        for slot in 0..<256 { end = min(end, try number(slot * 8)) }
        var values: [[UInt8]: [UInt8]] = [:]
        var index = 2048
        while index < end {
            let (keyLength, valueLength) = (try number(index), try number(index + 4))
            let key = index + 8
            let value = key + keyLength
            guard value + valueLength <= end else {
                throw TableFault("the file is damaged: make it again with postmap cdb:\(file)", at: place)
            }
            let name = Self.withoutNUL(compiled[key..<value])
            if values[name] == nil { values[name] = Self.withoutNUL(compiled[value..<(value + valueLength)]) }
            index = value + valueLength
        }
        self.values = values.filter { !$0.key.isEmpty && !$0.value.isEmpty }
    }

    /// Some writers count the end of a C string.
    private static func withoutNUL(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        Array(bytes.last == 0 ? bytes.dropLast() : bytes)
    }
}
