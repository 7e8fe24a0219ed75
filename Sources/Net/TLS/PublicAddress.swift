import Glibc

/// Whether a server bound to this address may be reached from outside: everything but loopback, link-local, RFC 1918
/// and unique local addresses (RFC 4193). A wildcard is public, and so is a name that is not an address.
///
/// Nil stands for a Unix socket. A made-up certificate is never offered where this is true.
package func isPublicAddress(_ address: String?) -> Bool {
    guard let address, address != "localhost" else { return false }
    guard let bytes = IPAddress(address)?.bytes else { return true }
    if bytes.count == 4 { return isPublicIPv4(bytes[...]) }
    if bytes.starts(with: IPAddress.mappedPrefix) { return isPublicIPv4(bytes.suffix(4)) }
    if bytes == [UInt8](repeating: 0, count: 15) + [1] { return false }
    let isUniqueLocal = bytes[0] & 0xFE == 0xFC
    let isLinkLocal = bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
    return !isUniqueLocal && !isLinkLocal
}

private func isPublicIPv4(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first, let second = bytes.dropFirst().first else { return true }
    return switch (first, second) {
    case (127, _), (10, _), (172, 16...31), (192, 168), (169, 254): false
    default: true
    }
}

/// An address as numbers, for comparing and counting.
package struct IPAddress: Hashable, Sendable {
    /// 4 or 16.
    package let bytes: [UInt8]

    static let mappedPrefix = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]

    /// Reads `192.0.2.1`, `2001:db8::1`, `fe80::1%eth0`.
    package init?(_ text: String) {
        let text = text.prefix { $0 != "%" }
        guard text.utf8.count < 64 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET6, String(text), &bytes) == 1 {
            self.bytes = bytes
        } else if inet_pton(AF_INET, String(text), &bytes) == 1 {
            self.bytes = Array(bytes.prefix(4))
        } else {
            return nil
        }
    }

    /// What one client is counted by: the address, for IPv6 its /64, which is the least that one customer is given.
    var clientKey: [UInt8] {
        if bytes.starts(with: Self.mappedPrefix) { return Array(bytes.suffix(4)) }
        return Array(bytes.prefix(8))
    }
}
