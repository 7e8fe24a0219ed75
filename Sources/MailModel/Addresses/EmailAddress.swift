/// A mail address: a local part as it was sent (quotes and escapes removed, case kept) and a domain.
///
/// Two addresses are equal when their local parts have the same bytes and their domains are the same. Whether
/// two local parts that differ in case mean one mailbox is for the directory to say, not for this type.
package struct EmailAddress: Hashable, Sendable, CustomStringConvertible {
    /// At most 256 octets (RFC 5321 §4.5.3.1.1 asks for 64 at least); never empty, no NUL, CR or LF.
    package let localPart: [UInt8]
    package let domain: Domain

    package init?(localPart: some Sequence<UInt8>, domain: Domain) {
        let bytes = Array(localPart)
        guard !bytes.isEmpty, bytes.count <= 256 else { return nil }
        for byte in bytes where byte == 0 || byte == 0x0A || byte == 0x0D { return nil }
        self.localPart = bytes
        self.domain = domain
    }

    /// Reads `local@domain` as a lookup table or an attribute holds it: no quoting, split at the last `@`.
    package init?(unquoted bytes: some BidirectionalCollection<UInt8>) {
        guard let at = bytes.lastIndex(of: UInt8(ascii: "@")) else { return nil }
        guard let domain = Domain(bytes[bytes.index(after: at)...]) else { return nil }
        self.init(localPart: bytes[..<at], domain: domain)
    }

    package init?(_ text: String) {
        self.init(unquoted: Array(text.utf8))
    }

    /// `local@domain` with no quoting: what a lookup table is asked.
    package var unquoted: [UInt8] { localPart + [UInt8(ascii: "@")] + domain.bytes }

    /// The RFC 5321 form: the local part quoted when it has to be.
    package var quoted: [UInt8] {
        guard !Self.isDotString(localPart) else { return unquoted }
        var result: [UInt8] = [UInt8(ascii: "\"")]
        for byte in localPart {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { result.append(UInt8(ascii: "\\")) }
            result.append(byte)
        }
        return result + [UInt8(ascii: "\""), UInt8(ascii: "@")] + domain.bytes
    }

    /// Whether the address needs SMTPUTF8 (RFC 6531).
    package var isInternationalized: Bool {
        localPart.contains { $0 >= 0x80 } || domain.bytes.contains { $0 >= 0x80 }
    }

    /// `user%other@us`, `other!user@us`, `"user@other"@us`: the local part names another domain.
    package var hasSenderSpecifiedRouting: Bool {
        localPart.contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "!") || $0 == UInt8(ascii: "@") }
    }

    package var description: String { String(decoding: quoted, as: UTF8.self) }

    /// Dot-string = Atom *("." Atom), RFC 5321 §4.1.2, with the octets of RFC 6531 §3.3.
    package static func isDotString(_ bytes: some Collection<UInt8>) -> Bool {
        var previous = UInt8(ascii: ".")
        for byte in bytes {
            if byte == UInt8(ascii: ".") {
                if previous == byte { return false }
            } else if !isAtomText(byte) {
                return false
            }
            previous = byte
        }
        return previous != UInt8(ascii: ".")
    }

    /// atext, RFC 5322 §3.2.3, with the octets of RFC 6531 §3.3.
    package static func isAtomText(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...0xFF: true
        default: atomSpecials.contains(byte)
        }
    }

    private static let atomSpecials = Array("!#$%&'*+-/=?^_`{|}~".utf8)
}
