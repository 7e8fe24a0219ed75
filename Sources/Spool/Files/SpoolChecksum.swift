/// CRC-32C (Castagnoli; RFC 3720 §12.1), eight octets at a time. Finds what a torn write or a failing disk left; no
/// protection against anyone who means harm.
struct SpoolChecksum: Hashable, Sendable {
    private var state: UInt32 = 0xFFFF_FFFF

    var value: UInt32 { ~state }

    static func of(_ bytes: some Collection<UInt8>) -> UInt32 {
        var checksum = SpoolChecksum()
        checksum.update(bytes)
        return checksum.value
    }

    mutating func update(_ bytes: some Collection<UInt8>) {
        let isContiguous: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
        if isContiguous == nil { Array(bytes).withUnsafeBytes { update($0) } }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var crc = state
        var offset = 0
        Self.tables.withUnsafeBufferPointer { tables in
            while bytes.count - offset >= 8 {
                let low = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) ^ crc
                let high = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
                // Each index is below 256, each table has as many entries.
                crc =
                    tables[7 &* 256 &+ Int(low & 0xFF)] ^ tables[6 &* 256 &+ Int(low >> 8 & 0xFF)]
                    ^ tables[5 &* 256 &+ Int(low >> 16 & 0xFF)] ^ tables[4 &* 256 &+ Int(low >> 24)]
                crc ^=
                    tables[3 &* 256 &+ Int(high & 0xFF)] ^ tables[2 &* 256 &+ Int(high >> 8 & 0xFF)]
                    ^ tables[256 &+ Int(high >> 16 & 0xFF)] ^ tables[Int(high >> 24)]
                offset &+= 8
            }
            while offset < bytes.count {
                crc = tables[Int((crc ^ UInt32(bytes[offset])) & 0xFF)] ^ crc >> 8
                offset &+= 1
            }
        }
        state = crc
    }

    /// Eight tables of 256 entries, one behind the other: the remainder of an octet with 0…7 zero octets behind it.
    private static let tables: [UInt32] = {
        var tables: [UInt32] = []
        for byte in UInt32(0)..<256 {
            var remainder = byte
            for _ in 0..<8 { remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0x82F6_3B78 : remainder >> 1 }
            tables.append(remainder)
        }
        for entry in 256..<2048 {
            let previous = tables[entry - 256]
            tables.append(tables[Int(previous & 0xFF)] ^ previous >> 8)
        }
        return tables
    }()
}
