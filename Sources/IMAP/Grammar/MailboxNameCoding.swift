package import MailModel

/// Mailbox names on the wire: modified UTF-7 (RFC 3501 §5.1.3) or UTF-8 (RFC 6855 §3), parts joined by a separator, and below a prefix where the
/// personal namespace has one (RFC 2342).
package struct MailboxNameCoding: Hashable, Sendable {
    package let separator: UInt8
    /// The parts that stand before every name but that of INBOX: `INBOX` for a namespace `INBOX.`.
    package let prefix: [[UInt8]]
    /// The namespaces of others, whose names keep their prefixes.
    package var foreign: [Foreign] = []
    /// What the session's client asked for.
    package var isUTF8 = false

    package init(separator: UInt8, prefix: [[UInt8]] = []) {
        self.separator = separator
        // As in a name, INBOX knows no case.
        self.prefix = prefix.isEmpty ? [] : MailboxName(parts: prefix)?.parts ?? prefix
    }

    /// Nil for what is no UTF-8, or no strict modified UTF-7 where that is spoken, for names that can't be (an empty part, a control character), and for
    /// those that lie outside the namespace. A separator at the end is passed over: clients write one to CREATE a name
    /// that is to have children.
    package func decode(_ wire: [UInt8]) -> MailboxName? {
        guard wire.count <= 4096 else { return nil }
        return isUTF8 ? decode(utf8: wire) : ModifiedUTF7.decode(wire).flatMap { decode(utf8: $0) }
    }

    /// As `decode`, of a name that URLs (RFC 5092 §4) and clients that speak UTF-8 write.
    package func decode(utf8 text: [UInt8]) -> MailboxName? {
        guard text.count <= 4096, String(validating: text, as: UTF8.self) != nil else { return nil }
        var parts = text.split(separator: separator, omittingEmptySubsequences: false).map(Array.init)
        if parts.count > 1, parts.last == [] { parts.removeLast() }
        if let namespace = namespace(of: parts) { return MailboxName(parts: parts, in: namespace) }
        guard let whole = MailboxName(parts: parts), !prefix.isEmpty, !whole.isInbox else {
            return MailboxName(parts: parts)
        }
        guard whole.parts.starts(with: prefix),
            let name = MailboxName(parts: Array(whole.parts.dropFirst(prefix.count))), !name.isInbox
        else { return nil }
        return name
    }

    /// The whole name that a client sees; nil for one that would lie too deep.
    func shown(_ name: MailboxName) -> MailboxName? {
        guard name.namespace == nil, !name.isInbox else { return name }
        // What another's namespace covers can't be reached.
        guard let whole = MailboxName(parts: prefix + name.parts), namespace(of: whole.parts) == nil else { return nil }
        return whole
    }

    package func encode(_ name: MailboxName) -> [UInt8] {
        join(name.isInbox || name.namespace != nil ? name.parts : prefix + name.parts)
    }

    /// What NAMESPACE tells: the prefix with the separator behind it, or nothing.
    var namespacePrefix: [UInt8] {
        prefix.isEmpty ? [] : join(prefix) + [separator]
    }

    func join(_ parts: [[UInt8]]) -> [UInt8] {
        var wire: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if index > 0 { wire.append(separator) }
            // A folder made by another program may have a name that is no UTF-8: shown, if not to be opened.
            let encoded =
                isUTF8
                ? String(validating: part, as: UTF8.self).map { Array($0.utf8) } : ModifiedUTF7.encode(part)
            wire += encoded ?? part.map { $0 < 0x80 ? $0 : UInt8(ascii: "?") }
        }
        return wire
    }
}
