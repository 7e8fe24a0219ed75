import Glibc

/// The address of an A or AAAA record.
package enum DNSAddress: Hashable, Sendable, CustomStringConvertible {
    package enum Family: Hashable, Sendable, CaseIterable {
        case v4
        case v6
    }

    case v4(UInt32)
    case v6(high: UInt64, low: UInt64)

    /// In network order: four octets or sixteen.
    package init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            self = .v6(
                high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                low: bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
        default: return nil
        }
    }

    /// As people write it: dotted decimal or RFC 4291 §2.2, no scope.
    package init?(_ text: some StringProtocol) {
        let text = String(text)
        guard !text.utf8.contains(0) else { return nil }
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            self.init(bytes: withUnsafeBytes(of: &v4) { Array($0) })
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            self.init(bytes: withUnsafeBytes(of: &v6) { Array($0) })
        } else {
            return nil
        }
    }

    package var family: Family {
        switch self {
        case .v4: .v4
        case .v6: .v6
        }
    }

    /// In network order.
    package var bytes: [UInt8] {
        switch self {
        case .v4(let value): withUnsafeBytes(of: value.bigEndian) { Array($0) }
        case .v6(let high, let low):
            withUnsafeBytes(of: high.bigEndian) { Array($0) } + withUnsafeBytes(of: low.bigEndian) { Array($0) }
        }
    }

    /// Dotted decimal, or RFC 5952.
    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = self.family == .v4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The labels by which reverse lookups and block lists name the address, without a zone after them: `1.2.0.192`, or
    /// 32 nibbles (RFC 3596 §2.5). An IPv4 address in the form of IPv6 (RFC 4291 §2.5.5.2) counts as IPv4.
    package var reversedLabels: String {
        if case .v6(0, let low) = self, low >> 32 == 0xFFFF {
            return DNSAddress.v4(UInt32(truncatingIfNeeded: low)).reversedLabels
        }
        switch self {
        case .v4: return bytes.reversed().map { String($0) }.joined(separator: ".")
        case .v6:
            return bytes.reversed().flatMap { [$0 & 0xF, $0 >> 4] }.map { String($0, radix: 16) }.joined(separator: ".")
        }
    }

    /// Where its PTR records are: below `in-addr.arpa` (RFC 1035 §3.5) or `ip6.arpa`.
    package var reverseName: DNSName? {
        let labels = reversedLabels
        // 32 nibbles have 31 dots between them.
        return DNSName(labels + (labels.utf8.count == 63 ? ".ip6.arpa" : ".in-addr.arpa"))
    }
}
