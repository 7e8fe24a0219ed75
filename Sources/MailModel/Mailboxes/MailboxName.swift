/// A mailbox's name: its hierarchy, outermost part first, in UTF-8. `INBOX` is one part and knows no case
/// (RFC 3501 §5.1). Separator and encoding belong to the protocol or the store that writes it down.
package struct MailboxName: Hashable, Sendable, CustomStringConvertible {
    package let parts: [[UInt8]]
    /// Nil for the user's own mailboxes. The parts of any other begin with those of its namespace's prefix.
    package let namespace: SharedMailbox.Namespace?

    package static let inbox = MailboxName(unchecked: [Array("INBOX".utf8)])

    /// Nil for no part, an empty part, more than 32 parts, a part over 255 octets, or one with a control character.
    package init?(parts: [[UInt8]], in namespace: SharedMailbox.Namespace? = nil) {
        guard !parts.isEmpty, parts.count <= 32 else { return nil }
        for part in parts {
            guard !part.isEmpty, part.count <= 255 else { return nil }
            for byte in part where byte < 0x20 || byte == 0x7F { return nil }
        }
        var parts = parts
        if namespace == nil, ASCII.equalIgnoringCase(parts[0], "INBOX".utf8) { parts[0] = Array("INBOX".utf8) }
        self.parts = parts
        self.namespace = namespace
    }

    private init(unchecked parts: [[UInt8]], in namespace: SharedMailbox.Namespace? = nil) {
        self.parts = parts
        self.namespace = namespace
    }

    package var isInbox: Bool { self == .inbox }

    package var parent: MailboxName? {
        parts.count > 1 ? MailboxName(unchecked: Array(parts.dropLast()), in: namespace) : nil
    }

    package func isDescendant(of ancestor: MailboxName) -> Bool {
        namespace == ancestor.namespace && parts.count > ancestor.parts.count && parts.starts(with: ancestor.parts)
    }

    /// For people and logs, parts joined with `/`.
    package var description: String {
        parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
    }
}
