package import MailModel

extension MailboxNameCoding {
    /// A namespace beside the personal one: every name that begins with its prefix lies in it.
    package struct Foreign: Hashable, Sendable {
        package let kind: SharedMailbox.Namespace
        package let prefix: [[UInt8]]

        package init(_ kind: SharedMailbox.Namespace, prefix: [[UInt8]]) {
            self.kind = kind
            self.prefix = prefix
        }
    }

    /// The namespace of somebody else that a name lies in, were it written in full: the one with the longest prefix. What
    /// the personal prefix itself begins is never another's.
    func namespace(of parts: [[UInt8]]) -> SharedMailbox.Namespace? {
        let matching = foreign.filter { parts.starts(with: $0.prefix) }
        guard let longest = matching.max(by: { $0.prefix.count < $1.prefix.count }) else { return nil }
        guard prefix.isEmpty || !parts.starts(with: prefix) || longest.prefix.count > prefix.count else { return nil }
        return longest.kind
    }

    /// "NAMESPACE" SP namespace SP namespace SP namespace ; personal, other users', shared (RFC 2342 §5)
    func namespaceResponse() -> [(prefix: [UInt8], kind: SharedMailbox.Namespace?)] {
        [(namespacePrefix, nil)] + foreign.map { (join($0.prefix) + [separator], $0.kind) }
    }
}
