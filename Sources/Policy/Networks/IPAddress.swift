/// An IPv4 or IPv6 address as its octets. An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is the IPv4 address in it, so
/// that a list of networks means the same on a dual-stack socket.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// Four or sixteen.
    package let octets: [UInt8]

    package var isIPv4: Bool { octets.count == 4 }

    /// Nil unless there are four or sixteen octets.
    package init?(octets: [UInt8]) {
        switch octets.count {
        case 4: self.octets = octets
        case 16: self.octets = Self.unmapped(octets)
        default: return nil
        }
    }

    /// `192.0.2.1` (decimal, no leading zeros), `2001:db8::1`, `::ffff:192.0.2.1`; a zone (`%eth0`) is ignored.
    package init?(_ text: some StringProtocol) {
        let address = text.prefix { $0 != "%" }
        if address.utf8.contains(UInt8(ascii: ":")) {
            guard let octets = Self.parseIPv6(address) else { return nil }
            self.octets = Self.unmapped(octets)
        } else {
            guard address.endIndex == text.endIndex, let octets = Self.parseIPv4(address) else { return nil }
            self.octets = octets
        }
    }

    package var description: String {
        guard !isIPv4 else { return octets.map(String.init).joined(separator: ".") }
        return Self.describe(groups)
    }

    private var groups: [UInt16] {
        stride(from: 0, to: octets.count - 1, by: 2).map { UInt16(octets[$0]) << 8 | UInt16(octets[$0 + 1]) }
    }

    private static func unmapped(_ octets: [UInt8]) -> [UInt8] {
        let isMapped = octets.prefix(10).allSatisfy { $0 == 0 } && octets[10] == 0xFF && octets[11] == 0xFF
        return isMapped ? Array(octets[12...]) : octets
    }

    /// IPv4address = dec-octet "." dec-octet "." dec-octet "." dec-octet (RFC 3986 §3.2.2)
    private static func parseIPv4(_ text: some StringProtocol) -> [UInt8]? {
        var octets: [UInt8] = []
        octets.reserveCapacity(4)
        var value: UInt16 = 0
        var digits = 0
        // Every connection's address comes by here more than once.
        for byte in Array(text.utf8) {
            if byte == UInt8(ascii: ".") {
                guard digits > 0, octets.count < 3 else { return nil }
                octets.append(UInt8(truncatingIfNeeded: value))
                (value, digits) = (0, 0)
            } else {
                // No leading zeros.
                guard (0x30...0x39).contains(byte), digits == 0 || value > 0 else { return nil }
                value = value * 10 + UInt16(byte - 0x30)
                digits += 1
                guard value <= 255 else { return nil }
            }
        }
        guard digits > 0, octets.count == 3 else { return nil }
        octets.append(UInt8(truncatingIfNeeded: value))
        return octets
    }

    /// IPv6address of RFC 3986 §3.2.2: groups of up to four hexadecimal digits, one `::` at most, an IPv4 tail.
    private static func parseIPv6(_ text: some StringProtocol) -> [UInt8]? {
        guard text.utf8.count <= 45 else { return nil }
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard parts.count >= 3 else { return nil }
        var head: [UInt8] = []
        var tail: [UInt8] = []
        var gap = false
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            if part.isEmpty {
                // The empty parts at either end belong to a `::` that opens or closes the address.
                if index == 0, parts[1].isEmpty { continue }
                if isLast, gap, parts[index - 1].isEmpty { continue }
                guard !gap, index > 0, !isLast else { return nil }
                gap = true
                continue
            }
            let octets: [UInt8]
            if isLast, part.utf8.contains(UInt8(ascii: ".")) {
                guard let address = parseIPv4(part) else { return nil }
                octets = address
            } else {
                guard part.utf8.count <= 4, part.allSatisfy(\.isHexDigit), let group = UInt16(part, radix: 16) else {
                    return nil
                }
                octets = [UInt8(group >> 8), UInt8(group & 0xFF)]
            }
            if gap { tail += octets } else { head += octets }
        }
        let count = head.count + tail.count
        guard gap ? count <= 14 : count == 16 else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - count) + tail
    }

    /// RFC 5952 §4: lower case, the longest run of at least two zero groups as `::`.
    private static func describe(_ groups: [UInt16]) -> String {
        var best = 0..<0
        var start = 0
        while start < groups.count {
            var end = start
            while end < groups.count, groups[end] == 0 { end += 1 }
            if end - start > best.count, end - start >= 2 { best = start..<end }
            start = max(end, start + 1)
        }
        func text(_ part: some Sequence<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard !best.isEmpty else { return text(groups) }
        return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
    }
}
