package import LDAP

/// Makes plain values of those that bear a scheme, such as `SMTP:anna@example.org` in Active Directory's proxyAddresses:
/// only values with one of the prefixes are kept, without it, in the order of the prefixes; `x500:` and `sip:` are dropped.
package struct ValueCleaning: Hashable, Sendable {
    /// Which of the kept values count.
    package enum Selection: Hashable, Sendable {
        case all
        /// Those with the prefix that stands first among the prefixes found: the primary address, where there is one.
        case mostPreferred
    }

    /// Attributes whose values bear a scheme; those of others stay as they are.
    package var attributes: [AttributeDescription]
    /// The preferred one first. Case decides between them; a prefix in a case that is none of theirs counts as the last
    /// that differs from it in case alone.
    package var prefixes: [[UInt8]]
    package var selection: Selection

    package init(attributes: [AttributeDescription], prefixes: [String], selection: Selection = .all) {
        self.attributes = attributes
        self.prefixes = prefixes.map { Array($0.utf8) }
        self.selection = selection
    }

    /// Every address of Active Directory's proxyAddresses, the primary one (`SMTP:`, MS-OXOABK 2.2.3.23) first.
    package static let proxyAddresses = ValueCleaning(attributes: ["proxyAddresses"], prefixes: ["SMTP:", "smtp:"])
    /// The primary address alone; the others when there is none.
    package static let primaryProxyAddress = ValueCleaning(
        attributes: ["proxyAddresses"], prefixes: ["SMTP:", "smtp:"], selection: .mostPreferred)

    /// The values of an attribute of an entry, cleaned.
    package func cleaned(_ values: [[UInt8]], of attribute: AttributeDescription) -> [[UInt8]] {
        guard attributes.contains(where: { $0.covers(attribute) }) else { return values }
        var ranked: [[[UInt8]]] = Array(repeating: [], count: prefixes.count)
        for value in values {
            guard let rank = rank(value) else { continue }
            ranked[rank].append(Array(value.dropFirst(prefixes[rank].count)))
        }
        return switch selection {
        case .all: ranked.flatMap { $0 }
        case .mostPreferred: ranked.first { !$0.isEmpty } ?? []
        }
    }

    private func rank(_ value: [UInt8]) -> Int? {
        prefixes.firstIndex { value.starts(with: $0) }
            ?? prefixes.lastIndex { prefix in
                value.count >= prefix.count
                    && ASCIIText.lowercased(value.prefix(prefix.count)) == ASCIIText.lowercased(prefix)
            }
    }
}

extension AttributeDescription {
    /// Whether a returned attribute answers for this one: `mail;lang-de` is what `mail` is.
    func covers(_ returned: AttributeDescription) -> Bool {
        self == returned || returned.folded.hasPrefix(folded + ";")
    }
}
