import Glibc
package import MailModel
package import NIOCore

/// How often a message has been relayed already: a loop between servers shows in its `Received` fields (RFC 5321 §6.3).
package enum HopCount {
    /// As many fields a message may come with, where a site says nothing else.
    package static let limit = 50

    package static let tooManyHops = SMTPReply(554, EnhancedStatusCode(5, 4, 6), "Error: too many hops")

    /// The `Received` fields of the header that `message` begins with; what lies behind its empty line is not looked at.
    package static func receivedFields(in message: ByteBuffer) -> Int {
        message.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            var count = 0
            var start = 0
            while start < bytes.count {
                let end =
                    memchr(base + start, 0x0A, bytes.count - start)
                    .map { base.distance(to: UnsafeRawPointer($0)) } ?? bytes.count
                let line = bytes[start..<end]
                if line.isEmpty || (line.count == 1 && line.first == 0x0D) { return count }
                if ASCII.equalIgnoringCase(line.prefix(name.count), name) { count += 1 }
                start = end + 1
            }
            return count
        }
    }

    private static let name = Array("Received:".utf8)
}
