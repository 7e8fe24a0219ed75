import Glibc

/// An IP address, or all addresses that share its first bits: `192.0.2.0/24`, `2001:db8::/32`.
package struct AddressBlock: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 octets.
    private let octets: [UInt8]
    private let prefixLength: Int
    package let description: String

    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let octets = Self.octets(String(parts[0])) else { return nil }
        let bits = octets.count * 8
        guard let length = parts.count == 2 ? UInt8(parts[1]).map({ Int($0) }) : bits, length <= bits else {
            return nil
        }
        self.octets = octets
        self.prefixLength = length
        self.description = text
    }

    package func contains(_ address: String) -> Bool {
        guard let other = Self.octets(address), other.count == octets.count else { return false }
        let whole = prefixLength / 8
        guard other.prefix(whole).elementsEqual(octets.prefix(whole)) else { return false }
        let rest = prefixLength % 8
        return rest == 0 || (other[whole] ^ octets[whole]) >> (8 - UInt8(rest)) == 0
    }

    /// An IPv6 address that stands for an IPv4 one (`::ffff:192.0.2.1`) is that one.
    static func octets(_ text: String) -> [UInt8]? {
        guard text.utf8.count <= 64 else { return nil }
        // A zone (fe80::1%eth0) says nothing of the address.
        let text = String(text.prefix { $0 != "%" })
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &four) == 1 { return four }
        var sixteen = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        return sixteen.starts(with: mapped) ? Array(sixteen[12...]) : sixteen
    }
}
