package import MailModel
package import NIOCore

/// The mailboxes that a message has been delivered to already: one that comes back to them goes round in a circle, through
/// a forwarding elsewhere that this server knows nothing of. As in Postfix's virtual(8) and local(8).
package struct DeliveredTo: Sendable {
    /// Octets of a message in which its header is looked for.
    package static let scanned = 1 << 16
    /// Fields of one message that are heeded.
    private static let limit = 100
    private static let name = Array("Delivered-To:".utf8)

    private var addresses: Set<[UInt8]> = []

    /// - Parameter message: its beginning; what lies behind the header is not looked at.
    package init(in message: ByteBuffer) {
        for line in message.readableBytesView.prefix(Self.scanned).split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        {
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            guard !line.isEmpty, addresses.count < Self.limit else { return }
            guard ASCII.equalIgnoringCase(line.prefix(Self.name.count), Self.name) else { continue }
            let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
            let value = line.dropFirst(Self.name.count).drop(while: isBlank)
            let end = value.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? value.startIndex
            addresses.insert(ASCII.lowercased(Array(value[..<end])))
        }
    }

    package func contains(_ address: EmailAddress) -> Bool {
        !addresses.isEmpty && addresses.contains(ASCII.lowercased(Array(address.description.utf8)))
    }

    package static func loop(_ address: EmailAddress) -> SMTPReply {
        SMTPReply(554, EnhancedStatusCode(5, 4, 6), "mail forwarding loop for \(address)")
    }
}
