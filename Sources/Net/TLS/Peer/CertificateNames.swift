/// The names a certificate may be made out to, as `match` of Postfix's policies gives them: a host's name, or `.example.org`
/// for every name below a domain. In a certificate, `*.example.org` stands for a left-most label.
package struct CertificateNames: Hashable, Sendable {
    /// Lower case, without a final dot.
    package let patterns: [String]
    /// tls_wildcard_matches_multiple_labels: whether a certificate's `*` may stand for several labels. RFC 6125 §6.4.3 wants
    /// one; Postfix takes several unless told otherwise.
    package var wildcardsSpanLabels: Bool

    package static let maximumCount = 64

    /// Patterns that no name can match (empty ones, a lone dot) are dropped, and those after the 64th.
    package init(_ patterns: [String], wildcardsSpanLabels: Bool = false) {
        self.patterns = Array(patterns.compactMap(Self.normalised).prefix(Self.maximumCount))
        self.wildcardsSpanLabels = wildcardsSpanLabels
    }

    /// Whether a name in a certificate is one of these.
    package func match(_ name: String) -> Bool {
        guard let name = Self.presented(name) else { return false }
        return patterns.contains { pattern in
            if pattern.hasPrefix(".") { return name.utf8.count > pattern.utf8.count && name.hasSuffix(pattern) }
            return name == pattern || wildcard(name, covers: pattern)
        }
    }

    private func wildcard(_ name: String, covers host: String) -> Bool {
        guard name.hasPrefix("*."), let dot = host.firstIndex(of: "."), dot != host.startIndex else { return false }
        let domain = name.dropFirst()
        let parent = host[dot...]
        return wildcardsSpanLabels ? parent.hasSuffix(domain) : parent == domain
    }

    private static func normalised(_ pattern: String) -> String? {
        var pattern = lowercased(pattern)
        if pattern.hasSuffix(".") { pattern.removeLast() }
        return pattern.isEmpty || pattern.utf8.count > 255 ? nil : pattern
    }

    /// What a certificate says, if it can be a host's name: a NUL or a blank inside was put there to mislead.
    private static func presented(_ name: String) -> String? {
        var name = lowercased(name)
        if name.hasSuffix(".") { name.removeLast() }
        guard (1...255).contains(name.utf8.count) else { return nil }
        let star = name.hasPrefix("*.") ? 1 : 0
        guard
            name.utf8.dropFirst(star).allSatisfy({
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            })
        else { return nil }
        // `*.org` would stand for a whole top-level domain; so would an empty label for nothing.
        return name.utf8.dropFirst(star).first == UInt8(ascii: ".") && star == 0 ? nil : name
    }

    /// ASCII letters only: DNS knows no others.
    private static func lowercased(_ name: String) -> String {
        String(decoding: name.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}

extension CertificateNames: CustomStringConvertible {
    package var description: String { patterns.joined(separator: ":") }
}
