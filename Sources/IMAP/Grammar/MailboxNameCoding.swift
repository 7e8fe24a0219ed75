package import MailModel

/// Mailbox names on the wire: modified UTF-7 (RFC 3501 §5.1.3), parts joined by the account's separator.
package struct MailboxNameCoding: Hashable, Sendable {
    package let separator: UInt8

    package init(separator: UInt8) {
        self.separator = separator
    }

    /// Nil for what is no strict modified UTF-7 and for names that can't be (an empty part, a control character).
    /// A separator at the end is passed over: clients write one to CREATE a name that is to have children.
    package func decode(_ wire: [UInt8]) -> MailboxName? {
        guard wire.count <= 4096, let text = ModifiedUTF7.decode(wire) else { return nil }
        var parts = text.split(separator: separator, omittingEmptySubsequences: false).map(Array.init)
        if parts.count > 1, parts.last == [] { parts.removeLast() }
        return MailboxName(parts: parts)
    }

    package func encode(_ name: MailboxName) -> [UInt8] {
        var wire: [UInt8] = []
        for (index, part) in name.parts.enumerated() {
            if index > 0 { wire.append(separator) }
            // A folder made by another program may have a name that is no UTF-8: shown, if not to be opened.
            wire += ModifiedUTF7.encode(part) ?? part.map { $0 < 0x80 ? $0 : UInt8(ascii: "?") }
        }
        return wire
    }
}
