/// The name of a domain or host as DNS knows it: lower-case, in A-labels (RFC 5890), without the trailing dot. Never the root.
///
/// What comes from outside holds letters, digits, hyphens and underscores only, so that a name can stand in a header, a log
/// or a URL as it is. In the target of an alias libunbound writes `?` for any other octet (RFC 2317 §4 has slashes there);
/// nothing can be asked of such a name.
package struct DNSName: Hashable, Sendable, CustomStringConvertible {
    /// Octets without the dot at the end (RFC 1035 §2.3.4: 255 in a message, with a length before each label).
    package static let maximumLength = 253
    package static let maximumLabelLength = 63

    /// As it is asked for.
    package let description: String

    /// Nil for what is no name: empty, an empty label, a label over 63 or a name over 253 octets in A-labels, another
    /// character. Takes U-labels (UTF-8), which become A-labels by IDNA 2008 with the non-transitional mapping of UTS 46,
    /// and one trailing dot.
    package init?(_ bytes: some Sequence<UInt8>) {
        // A U-label is shorter in characters than its A-label, and a character has at most four octets.
        var octets = Array(bytes.prefix(4 * Self.maximumLength + 2))
        if !octets.allSatisfy({ $0 < 0x80 }) {
            guard octets.count <= 4 * Self.maximumLength + 1, let ascii = InternationalName.ascii(octets) else {
                return nil
            }
            octets = ascii
        }
        self.init(ascii: octets) { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    package init?(_ text: some StringProtocol) { self.init(text.utf8) }

    /// A name that a zone gave as the target of an alias.
    init?(target octets: some Sequence<UInt8>) {
        self.init(ascii: Array(octets.prefix(Self.maximumLength + 2))) { byte in
            (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "\\")
        }
    }

    private init?(ascii octets: [UInt8], isAllowed: (UInt8) -> Bool) {
        var octets = octets
        if octets.last == Self.dot { octets.removeLast() }
        guard !octets.isEmpty, octets.count <= Self.maximumLength else { return nil }
        var label = 0
        for index in octets.indices {
            let byte = octets[index]
            if byte == Self.dot {
                guard label > 0 else { return nil }
                label = 0
                continue
            }
            let lower = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
            guard isAllowed(lower) else { return nil }
            octets[index] = lower
            label += 1
            guard label <= Self.maximumLabelLength else { return nil }
        }
        guard label > 0 else { return nil }
        description = String(decoding: octets, as: UTF8.self)
    }

    package var bytes: [UInt8] { Array(description.utf8) }

    package var labels: [Substring] { description.split(separator: ".") }

    /// The name with labels before it: `_25._tcp` and `mail.example.org` make `_25._tcp.mail.example.org`. Nil where that is
    /// too long, or no name.
    package func prefixed(by labels: some StringProtocol) -> DNSName? {
        DNSName("\(labels).\(description)")
    }

    /// The name without its first label; nil for a top-level name.
    package var parent: DNSName? {
        guard let dot = description.firstIndex(of: ".") else { return nil }
        return DNSName(target: description[description.index(after: dot)...].utf8)
    }

    private static let dot = UInt8(ascii: ".")
}
