/// A sum kept beside what is stored: SQLite does not notice when a disk changes the content of a row.
struct IndexChecksum {
    // FNV-1a, eight octets at a time: against accidents, not against anybody.
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ number: UInt64) {
        value = (value ^ number) &* 0x0000_0100_0000_01B3
        value ^= value >> 29
    }

    mutating func add(_ number: Int64?) {
        add(number.map { UInt64(bitPattern: $0) } ?? 0x5BD1_E995)
    }

    mutating func add(_ bytes: some Collection<UInt8>) {
        add(UInt64(bytes.count))
        var group: UInt64 = 0
        var count = 0
        for byte in bytes {
            group = group << 8 | UInt64(byte)
            count += 1
            if count == 8 {
                add(group)
                group = 0
                count = 0
            }
        }
        if count > 0 { add(group) }
    }

    var signed: Int64 { Int64(bitPattern: value) }

    /// `bytes` with their sum behind them.
    static func sealed(_ bytes: [UInt8]) -> [UInt8] {
        var sum = IndexChecksum()
        sum.add(bytes)
        return bytes + (0..<8).map { UInt8(truncatingIfNeeded: sum.value >> (8 * $0)) }
    }

    /// Nil when the sum is not that of the bytes before it.
    static func opened(_ sealed: [UInt8]) -> [UInt8]? {
        guard sealed.count >= 8 else { return nil }
        var sum = IndexChecksum()
        sum.add(sealed.dropLast(8))
        for (place, byte) in sealed.suffix(8).enumerated()
        where byte != UInt8(truncatingIfNeeded: sum.value >> (8 * UInt64(place))) {
            return nil
        }
        return Array(sealed.dropLast(8))
    }
}
