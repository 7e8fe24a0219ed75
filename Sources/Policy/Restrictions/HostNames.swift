import MailModel

/// What a host may call itself.
enum HostNames {
    static func isFullyQualified(_ domain: Domain) -> Bool {
        domain.isAddressLiteral || (domain.parent != nil && isHostName(domain.description))
    }

    /// A host name (RFC 1123 §2.1, with `_` as Postfix allows, and U-labels) or an address literal.
    static func isHostName(_ name: String) -> Bool {
        if name.hasPrefix("["), name.hasSuffix("]") { return address(inLiteral: name) != nil }
        guard name.utf8.count <= 255 else { return false }
        let dotted = name.hasSuffix(".") ? name.dropLast() : name[...]
        return dotted.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.count <= 63 && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { isHostNameByte($0) }
        }
    }

    /// Of `[192.0.2.1]` or `[IPv6:2001:db8::1]`.
    static func address(inLiteral name: String) -> IPAddress? {
        guard name.hasPrefix("["), name.hasSuffix("]") else { return nil }
        let inside = name.dropFirst().dropLast()
        return IPAddress(inside.lowercased().hasPrefix("ipv6:") ? inside.dropFirst(5) : inside)
    }

    private static func isHostNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F, 0x80...0xFF: true
        default: false
        }
    }
}
