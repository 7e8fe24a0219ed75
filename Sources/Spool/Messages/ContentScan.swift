package import NIOCore

/// Finds out, as a message passes in chunks, what its octets need from a next hop.
package struct ContentScan: Sendable {
    package private(set) var needs: ContentNeeds = []
    /// Octets so far.
    package private(set) var size: UInt64 = 0
    private var isHeader = true
    private var lineLength = 0

    /// RFC 5321 §4.5.3.1.6: 1000 with CRLF.
    private static let lineLimit = 998

    package init() {}

    package mutating func scan(_ chunk: ByteBuffer) {
        size &+= UInt64(chunk.readableBytes)
        chunk.withUnsafeReadableBytes { bytes in
            var isHeader = isHeader
            var lineLength = lineLength
            var found: UInt8 = 0
            for byte in bytes {
                switch byte {
                case 0x0A:
                    if lineLength == 0 { isHeader = false }
                    lineLength = 0
                    continue
                case 0x0D: continue
                case 0: found |= ContentNeeds.nul.rawValue
                case 0x80...0xFF:
                    found |= isHeader ? ContentNeeds.smtpUTF8.rawValue : ContentNeeds.eightBitMIME.rawValue
                default: break
                }
                lineLength &+= 1
                if lineLength > Self.lineLimit { found |= ContentNeeds.overlongLines.rawValue }
            }
            self.isHeader = isHeader
            self.lineLength = lineLength
            needs.formUnion(ContentNeeds(rawValue: found))
        }
    }

    package mutating func scan(_ header: [UInt8]) {
        scan(ByteBuffer(bytes: header))
    }
}
