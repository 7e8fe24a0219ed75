import Glibc
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
        message.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            let count = min(bytes.count, Self.scanned)
            var start = 0
            while start < count, addresses.count < Self.limit {
                let end =
                    memchr(base + start, 0x0A, count - start)
                    .map { base.distance(to: UnsafeRawPointer($0)) } ?? count
                let line = bytes[start..<end]
                if line.isEmpty || (line.count == 1 && line.first == 0x0D) { return }
                if let value = Self.value(of: line) { addresses.insert(ASCII.lowercased(value)) }
                start = end + 1
            }
        }
    }

    /// Without the white space around it; nil for another field.
    private static func value(of line: Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
        guard ASCII.equalIgnoringCase(line.prefix(name.count), name) else { return nil }
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == 0x0D }
        let value = Array(line.dropFirst(name.count).drop(while: isBlank))
        return Array(value.prefix((value.lastIndex { !isBlank($0) } ?? -1) + 1))
    }

    package func contains(_ address: EmailAddress) -> Bool {
        !addresses.isEmpty && addresses.contains(ASCII.lowercased(Array(address.description.utf8)))
    }

    package static func loop(_ address: EmailAddress) -> SMTPReply {
        SMTPReply(554, EnhancedStatusCode(5, 4, 6), "mail forwarding loop for \(address)")
    }
}
