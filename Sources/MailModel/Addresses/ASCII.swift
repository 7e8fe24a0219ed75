/// Case folding for protocol bytes: ASCII letters only, every other byte unchanged.
package enum ASCII {
    @inlinable
    package static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }

    @inlinable
    package static func uppercased(_ byte: UInt8) -> UInt8 {
        byte >= 0x61 && byte <= 0x7A ? byte & 0xDF : byte
    }

    package static func lowercased(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.map(lowercased)
    }

    /// Whether two byte sequences are the same but for the case of ASCII letters.
    package static func equalIgnoringCase(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { lowercased($0) == lowercased($1) }
    }
}
