import Glibc

/// A network as cidr_table(5) writes it: `192.0.2.0/24`, `2001:db8::/32`, `192.0.2.1`, all of these also in brackets.
struct AddressBlock: Hashable, Sendable {
    struct Fault: Error {
        var text: String
    }

    /// 4 or 16.
    var address: [UInt8]
    var prefixLength: Int

    init(_ text: some Sequence<UInt8>) throws(Fault) {
        var text = Array(text)
        let shown = ASCIIText.text(text)
        if text.first == UInt8(ascii: "[") {
            guard let close = text.firstIndex(of: UInt8(ascii: "]")) else { throw Fault(text: "\(shown): no ']'") }
            let behind = text[(close + 1)...]
            guard behind.isEmpty || behind.first == UInt8(ascii: "/") else {
                throw Fault(text: "\(shown): unexpected text behind ']'")
            }
            text = Array(text[1..<close] + behind)
        }
        let slash = text.firstIndex(of: UInt8(ascii: "/"))
        guard let address = Self.address(Array(text[..<(slash ?? text.endIndex)])) else {
            throw Fault(text: "\(shown) is no network: write 192.0.2.0/24 or 2001:db8::/32")
        }
        self.address = address
        prefixLength = address.count * 8
        guard let slash else { return }
        let digits = text[(slash + 1)...]
        guard !digits.isEmpty, digits.allSatisfy(ASCIIText.isDigit), let length = Int(ASCIIText.text(digits)),
            length <= prefixLength
        else { throw Fault(text: "\(shown): the prefix length must be a number up to \(prefixLength)") }
        prefixLength = length
        for index in address.indices where address[index] & ~mask(index) != 0 {
            throw Fault(text: "\(shown): bits behind the prefix are set")
        }
    }

    /// The octets of an IPv4 or IPv6 address in text; nil when it is none.
    static func address(_ text: [UInt8]) -> [UInt8]? {
        guard !text.isEmpty, text.count < 64, !text.contains(0) else { return nil }
        let isSix = text.contains(UInt8(ascii: ":"))
        var octets = [UInt8](repeating: 0, count: isSix ? 16 : 4)
        let status = inet_pton(isSix ? AF_INET6 : AF_INET, text.map { CChar(bitPattern: $0) } + [0], &octets)
        return status == 1 ? octets : nil
    }

    /// The prefix's bits within one octet.
    private func mask(_ index: Int) -> UInt8 {
        let bits = min(max(prefixLength - index * 8, 0), 8)
        return bits == 0 ? 0 : 0xFF << UInt8(8 - bits)
    }

    /// False for an address of the other family.
    func contains(_ other: [UInt8]) -> Bool {
        other.count == address.count && address.indices.allSatisfy { (other[$0] ^ address[$0]) & mask($0) == 0 }
    }
}
