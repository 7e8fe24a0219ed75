package import NIOCore

/// The message itself, behind DATA or in BDAT chunks.
extension SMTPClientEngine {
    /// A BDAT command says how many octets follow: so many are gathered.
    static let chunkSize = 256 * 1024

    /// The next octets of the message.
    package mutating func content(_ bytes: ByteBuffer, _ output: inout ByteBuffer) {
        guard transaction?.content == .open else { return }
        if transaction?.usesBDAT == true {
            append(bytes)
            while let size = transaction?.chunk.readableBytes, size >= Self.chunkSize {
                sendChunk(Self.chunkSize, isLast: false, &output)
            }
        } else {
            transaction?.encoder.encode(bytes, into: &output)
        }
        settle()
    }

    /// There are no more.
    package mutating func endContent(_ output: inout ByteBuffer) {
        guard transaction?.content == .open else { return }
        transaction?.content = .ended
        if transaction?.usesBDAT == true {
            if !isBinary, var rest = transaction?.chunk {
                transaction?.encoder.finish(into: &rest)
                transaction?.chunk = rest
            }
            sendChunk(transaction?.chunk.readableBytes ?? 0, isLast: true, &output)
        } else {
            transaction?.encoder.finish(into: &output)
            expectEnd()
        }
        settle()
    }

    private var isBinary: Bool { transaction?.isBinary ?? false }

    private mutating func append(_ bytes: ByteBuffer) {
        guard var chunk = transaction?.chunk else { return }
        transaction?.chunk = ByteBuffer()
        if isBinary {
            chunk.writeImmutableBuffer(bytes)
        } else {
            transaction?.encoder.encode(bytes, into: &chunk)
        }
        transaction?.chunk = chunk
    }

    private mutating func sendChunk(_ size: Int, isLast: Bool, _ output: inout ByteBuffer) {
        guard var octets = transaction?.chunk.readSlice(length: size) else { return }
        transaction?.chunk.discardReadBytes()
        output.writeCommand(Array((isLast ? "BDAT \(size) LAST" : "BDAT \(size)").utf8))
        output.writeBuffer(&octets)
        if isLast { expectEnd() } else { transaction?.expect(.chunk, octets: 0) }
    }

    private mutating func expectEnd() {
        guard options.transport == .lmtp else {
            transaction?.expect(.end, octets: 0)
            return
        }
        for index in transaction?.accepted ?? [] { transaction?.expect(.endForRecipient(index), octets: 0) }
    }
}
