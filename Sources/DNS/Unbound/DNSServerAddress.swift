/// A name server by its address, as `192.0.2.53` or, with another port than 53, `192.0.2.53@5353`.
package struct DNSServerAddress: Hashable, Sendable, CustomStringConvertible {
    package var address: DNSAddress
    package var port: UInt16

    package init(_ address: DNSAddress, port: UInt16 = 53) {
        self.address = address
        self.port = port
    }

    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = DNSAddress(first) else { return nil }
        self.init(address)
        guard parts.count == 2 else { return }
        guard let port = UInt16(parts[1]), port > 0 else { return nil }
        self.port = port
    }

    package var description: String { port == 53 ? address.description : "\(address)@\(port)" }
}
