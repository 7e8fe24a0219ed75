package import NIOCore

/// Puts the binary parts of a message into base 64, so that it can be kept in files whose line ends are not its own
/// (RFC 3516 §4.4): what a client reads of such a part with its encoding undone is octet for octet what came in.
package struct BinaryPartConversion: Sendable {
    private var walker = SevenBitWalker(.recodeBinary)

    package init() {}

    /// Set when the message can't be taken apart; it must not be kept then.
    package var failure: SevenBitFailure? { walker.failure }

    package mutating func convert(_ chunk: ByteBuffer, into output: inout ByteBuffer) {
        walker.read(chunk, &output)
    }

    package mutating func finish(into output: inout ByteBuffer) {
        walker.finish(&output)
    }
}
