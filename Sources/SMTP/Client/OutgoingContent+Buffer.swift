package import NIOCore

extension OutgoingContent {
    /// A message that is in memory; its facts are found here.
    package init(_ message: ByteBuffer) {
        var facts = Facts()
        var isHeader = true
        var lineLength = 0
        for byte in message.readableBytesView {
            switch byte {
            case 0x0A:
                if lineLength == 0 { isHeader = false }
                lineLength = 0
                continue
            case 0x0D: continue
            case 0: facts.hasNUL = true
            case 0x80...0xFF:
                if isHeader { facts.hasUTF8Headers = true } else { facts.needsEightBit = true }
            default: break
            }
            lineLength += 1
            if lineLength > MessageEncoder.lineLimit { facts.hasOverlongLines = true }
        }
        self.init(facts: facts, source: BufferedContent(message: message))
    }
}

/// A message that is in memory.
package struct BufferedContent: OutgoingContentSource {
    let message: ByteBuffer

    package init(message: ByteBuffer) {
        self.message = message
    }

    package func open() async throws -> any OutgoingContentReader { Reader(rest: message) }

    struct Reader: OutgoingContentReader {
        var rest: ByteBuffer

        mutating func next() async throws -> ByteBuffer? {
            rest.readableBytes == 0 ? nil : rest.readSlice(length: min(rest.readableBytes, 1 << 16))
        }

        func close() async {}
    }
}
