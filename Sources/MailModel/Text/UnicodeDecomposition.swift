/// What a character is made of: its decomposition, canonical or of compatibility, followed to its end.
enum UnicodeDecomposition {
    private struct Table: Sendable {
        /// In ascending order.
        var codes: [UInt32] = []
        /// Where the parts of each begin in `parts`; one more than codes.
        var starts: [Int] = [0]
        var parts: [Unicode.Scalar] = []
    }

    private static let table: Table = {
        var table = Table()
        table.codes.reserveCapacity(6_000)
        table.starts.reserveCapacity(6_000)
        table.parts.reserveCapacity(10_000)
        var number: UInt32 = 0
        data.withUTF8Buffer { bytes in
            for byte in bytes {
                switch byte {
                case 0x30...0x39: number = number << 4 | UInt32(byte - 0x30)
                case 0x41...0x46: number = number << 4 | UInt32(byte - 0x41 + 10)
                case UInt8(ascii: ":"):
                    table.codes.append(number)
                    number = 0
                default: end(of: &number, in: &table, isLast: byte != UInt8(ascii: "+"))
                }
            }
        }
        end(of: &number, in: &table, isLast: true)
        return table
    }()

    /// White space behind white space ends nothing.
    private static func end(of number: inout UInt32, in table: inout Table, isLast: Bool) {
        if number > 0, let scalar = Unicode.Scalar(number) { table.parts.append(scalar) }
        number = 0
        if isLast, table.starts.count <= table.codes.count { table.starts.append(table.parts.count) }
    }

    /// Nil for a character that has none.
    static func parts(of scalar: Unicode.Scalar) -> ArraySlice<Unicode.Scalar>? {
        let value = scalar.value
        if value >= 0xAC00, value <= 0xD7A3 { return hangul(value)[...] }
        guard value >= 0xA0 else { return nil }
        let table = table
        var low = 0
        var high = table.codes.count
        while low < high {
            let middle = low + (high - low) / 2
            if table.codes[middle] < value { low = middle + 1 } else { high = middle }
        }
        guard low < table.codes.count, table.codes[low] == value, low + 1 < table.starts.count else { return nil }
        return table.parts[table.starts[low]..<table.starts[low + 1]]
    }

    /// The Unicode Standard §3.12: leading consonant, vowel, and trailing consonant if there is one.
    private static func hangul(_ value: UInt32) -> [Unicode.Scalar] {
        let index = value - 0xAC00
        let trailing = index % 28
        let codes = [0x1100 + index / 588, 0x1161 + index % 588 / 28] + (trailing > 0 ? [0x11A7 + trailing] : [])
        return codes.compactMap(Unicode.Scalar.init)
    }
}
