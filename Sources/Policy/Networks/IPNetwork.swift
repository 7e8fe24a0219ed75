/// A network in CIDR notation, or one address: `192.0.2.0/24`, `2001:db8::/32`, `[::1]/128`, `192.0.2.7`.
package struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
    package let address: IPAddress
    /// Leading bits that must agree: at most 32 or 128.
    package let prefixLength: Int

    /// Nil for anything that is no network, and for one with bits set behind its prefix (`192.0.2.1/24`): Postfix refuses
    /// it too, since nobody can tell whether the address or the length is the mistake.
    package init?(_ text: some StringProtocol) {
        var text = Substring(text)
        var length: Substring?
        if let slash = text.lastIndex(of: "/") {
            length = text[text.index(after: slash)...]
            text = text[..<slash]
        }
        if text.first == "[" {
            guard text.last == "]", text.count > 2 else { return nil }
            text = text.dropFirst().dropLast()
        }
        guard let address = IPAddress(text) else { return nil }
        let bits = address.octets.count * 8
        if let length {
            guard !length.isEmpty, length.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(length)
            else { return nil }
            // `::ffff:192.0.2.0/120` counts the bits of the form it was written in.
            let isMapped = address.isIPv4 && text.utf8.contains(UInt8(ascii: ":"))
            let prefix = isMapped ? number - 96 : number
            // `::ffff:0:0/96` would be every IPv4 address there is, and nobody who writes it means to trust all of them.
            guard (isMapped ? 1 : 0)...bits ~= prefix else { return nil }
            prefixLength = prefix
        } else {
            prefixLength = bits
        }
        self.address = address
        guard Self.prefix(of: address.octets, prefixLength) == address.octets else { return nil }
    }

    package func contains(_ other: IPAddress) -> Bool {
        other.octets.count == address.octets.count
            && Self.prefix(of: other.octets, prefixLength) == address.octets
    }

    package var description: String {
        let text = address.isIPv4 ? address.description : "[\(address)]"
        return prefixLength == address.octets.count * 8 ? text : "\(text)/\(prefixLength)"
    }

    private static func prefix(of octets: [UInt8], _ length: Int) -> [UInt8] {
        octets.enumerated().map { index, octet in
            let bits = min(max(length - index * 8, 0), 8)
            return bits == 0 ? 0 : octet & (0xFF << UInt8(8 - bits))
        }
    }
}
