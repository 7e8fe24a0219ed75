package import MailModel
import Routing

/// An address as programs of this machine write it: perhaps a name alone, which the server completes (myorigin).
package struct LocalAddress: Hashable, Sendable {
    package let localPart: [UInt8]
    package let domain: Domain?

    /// Nil where there is a control character or nothing in the local part: no address can end its command.
    package init?(localPart: [UInt8], domain: Domain? = nil) {
        guard !localPart.isEmpty, localPart.count <= 256, localPart.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            return nil
        }
        self.localPart = localPart
        self.domain = domain
    }

    /// What stands in an address field: `anna`, `anna@example.org`, `Anna <anna@example.org>, ben`. Nil for what can't be
    /// read as addresses alone.
    package static func list(_ bytes: [UInt8]) -> [LocalAddress]? {
        let scan = AddressSpecificationScan(bytes, in: 0..<bytes.count)
        guard !scan.isMalformed else { return nil }
        return list(bytes, at: scan.ranges)
    }

    static func list(_ bytes: [UInt8], at ranges: [Range<Int>]) -> [LocalAddress]? {
        var result: [LocalAddress] = []
        for range in ranges {
            switch HeaderAddress(bytes[range]) {
            case .address(let address):
                guard let own = LocalAddress(localPart: address.localPart, domain: address.domain) else { return nil }
                result.append(own)
            case .unqualified(let name):
                guard let own = LocalAddress(localPart: name) else { return nil }
                result.append(own)
            case .unusable: return nil
            }
        }
        return result
    }

    /// With quotes where they are needed, without angle brackets.
    package var quoted: [UInt8] {
        if let domain, let address = EmailAddress(localPart: localPart, domain: domain) { return address.quoted }
        guard !EmailAddress.isDotString(localPart) else { return localPart }
        var result = [UInt8(ascii: "\"")]
        for byte in localPart {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { result.append(UInt8(ascii: "\\")) }
            result.append(byte)
        }
        return result + [UInt8(ascii: "\"")]
    }

    var isInternationalized: Bool {
        localPart.contains { $0 >= 0x80 } || domain?.bytes.contains { $0 >= 0x80 } ?? false
    }
}
