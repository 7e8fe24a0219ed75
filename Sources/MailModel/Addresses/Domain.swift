/// A domain name as mail uses it: never empty, at most 255 octets, ASCII letters folded to lower case, no trailing dot.
///
/// U-labels are kept as the UTF-8 that was sent (RFC 6531 §3.3); an address literal keeps its brackets.
package struct Domain: Hashable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    /// Nil when `bytes` can't be a domain: empty, longer than 255 octets, or holding a space, a control, or a character
    /// that separates addresses. Brackets stand around an address literal only, and `:` only within one; no label of a
    /// name is empty.
    package init?(_ bytes: some Sequence<UInt8>) {
        var folded = bytes.map(ASCII.lowercased)
        if folded.last == UInt8(ascii: "."), folded.count > 1 { folded.removeLast() }
        guard !folded.isEmpty, folded.count <= 255 else { return nil }
        for byte in folded where byte <= 0x20 || byte == 0x7F || Self.forbidden.contains(byte) { return nil }
        let isLiteral = folded.count > 2 && folded.first == UInt8(ascii: "[") && folded.last == UInt8(ascii: "]")
        let name = isLiteral ? folded.dropFirst().dropLast() : folded[...]
        var previous = UInt8(ascii: ".")
        for byte in name {
            if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]") { return nil }
            if !isLiteral, byte == UInt8(ascii: ":") || (byte == UInt8(ascii: ".") && previous == byte) { return nil }
            previous = byte
        }
        guard isLiteral || previous != UInt8(ascii: ".") else { return nil }
        self.bytes = folded
    }

    package init?(_ text: String) {
        self.init(text.utf8)
    }

    /// `[192.0.2.1]` or `[IPv6:…]` (RFC 5321 §4.1.3).
    package var isAddressLiteral: Bool { bytes.first == UInt8(ascii: "[") }

    /// The domain above this one, or nil at a top-level domain.
    package var parent: Domain? {
        guard !isAddressLiteral, let dot = bytes.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        return Domain(bytes[bytes.index(after: dot)...])
    }

    package var description: String { String(decoding: bytes, as: UTF8.self) }

    private static let forbidden = Array("@<>\",;\\()".utf8)
}
