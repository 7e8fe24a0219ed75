package import DNS

/// A list that is asked by DNS (RFC 5782), as restrictions name it: `zen.example.org`, or with the answers that count,
/// `zen.example.org=127.0.0.[2..11]`.
package struct DNSList: Hashable, Sendable, CustomStringConvertible {
    /// Whom or what the list is asked about.
    package enum Subject: Hashable, Sendable, CaseIterable {
        case clientAddress
        /// The verified name.
        case clientName
        case reverseClientName
        case helo
        case sender
        case recipient
    }

    package let domain: DNSName
    /// Nil: any address is a yes.
    let filter: AddressFilter?
    package let description: String

    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let domain = DNSName(first) else { return nil }
        self.domain = domain
        description = String(text)
        guard parts.count == 2 else {
            filter = nil
            return
        }
        guard let filter = AddressFilter(parts[1]) else { return nil }
        self.filter = filter
    }

    package static func == (left: Self, right: Self) -> Bool { left.description == right.description }

    package func hash(into hasher: inout Hasher) { hasher.combine(description) }

    func counts(_ addresses: [DNSAddress]) -> Bool {
        guard let filter else { return !addresses.isEmpty }
        return addresses.contains { filter.matches($0) }
    }

    /// Where the list has an entry for an address or a domain. Nil for what is too long to be listed, or no name.
    func query(_ labels: String) -> DNSName? { domain.prefixed(by: labels) }
}

/// `127.0.0.[1;4..8]`: four numbers, or in brackets numbers and ranges of them.
struct AddressFilter: Hashable, Sendable {
    private let octets: [[ClosedRange<UInt8>]]

    init?(_ text: some StringProtocol) {
        var parts: [String] = [""]
        var isInside = false
        for character in text {
            switch character {
            case "[" where !isInside && parts.last == "": isInside = true
            case "]" where isInside: isInside = false
            case "." where !isInside: parts.append("")
            case "[", "]": return nil
            default: parts[parts.count - 1].append(character)
            }
        }
        guard !isInside, parts.count == 4 else { return nil }
        octets = parts.compactMap { Self.ranges($0) }
        guard octets.count == 4 else { return nil }
    }

    private static func ranges(_ text: String) -> [ClosedRange<UInt8>]? {
        var result: [ClosedRange<UInt8>] = []
        for element in text.split(separator: ";", omittingEmptySubsequences: false) {
            let ends = element.split(separator: "..", omittingEmptySubsequences: false)
            guard (1...2).contains(ends.count), let lower = UInt8(ends[0]), let upper = UInt8(ends[ends.count - 1]),
                lower <= upper
            else { return nil }
            result.append(lower...upper)
        }
        return result
    }

    func matches(_ address: DNSAddress) -> Bool {
        let bytes = address.bytes
        guard bytes.count == 4 else { return false }
        return zip(octets, bytes).allSatisfy { ranges, byte in ranges.contains { $0.contains(byte) } }
    }
}
