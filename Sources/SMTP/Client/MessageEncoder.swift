package import NIOCore

/// Makes of a message what goes between 354 and its reply: every line end CRLF, every leading dot doubled, the lone dot at
/// the end. Nothing in a message can end it before its end (CVE-2023-51764).
///
/// It works on chunks, however they are cut, and keeps none.
package struct MessageEncoder: Sendable {
    /// RFC 5321 §4.5.3.1.6: 1000 octets with the line end.
    package static let lineLimit = 998

    private let lineLimit: Int
    private let doublesDots: Bool
    /// Octets of the current line, a doubled dot not counted.
    private var lineLength = 0
    private var previous: UInt8 = 0

    /// - Parameters:
    ///   - lineLimit: longer lines are broken with CRLF and a space, which keeps header fields whole; 0 for no limit.
    ///   - doublesDots: off for BDAT (RFC 3030 §2).
    package init(lineLimit: Int = lineLimit, doublesDots: Bool = true) {
        self.lineLimit = lineLimit > 0 ? max(lineLimit, 16) : .max
        self.doublesDots = doublesDots
    }

    package mutating func encode(_ chunk: ByteBuffer, into output: inout ByteBuffer) {
        output.reserveCapacity(minimumWritableBytes: chunk.readableBytes + chunk.readableBytes / 64 + 16)
        chunk.withUnsafeReadableBytes { bytes in
            var start = 0
            for position in bytes.indices {
                let byte = bytes[position]
                if byte == 0x0D || byte == 0x0A {
                    output.writeBytes(bytes[start..<position])
                    start = position + 1
                    // The LF of a CRLF, whose CR was written as a line end already.
                    if byte == 0x0D || previous != 0x0D { output.writeStaticString("\r\n") }
                    lineLength = 0
                } else {
                    let room = Self.sequenceLength(byte)
                    if lineLength > lineLimit - room {
                        output.writeBytes(bytes[start..<position])
                        start = position
                        output.writeStaticString("\r\n ")
                        lineLength = 1
                    } else if lineLength == 0, doublesDots, byte == UInt8(ascii: ".") {
                        output.writeInteger(byte)
                    }
                    lineLength += 1
                }
                previous = byte
            }
            output.writeBytes(bytes[start...])
        }
    }

    /// Ends the last line if it has no end; behind DATA comes the lone dot.
    package mutating func finish(into output: inout ByteBuffer) {
        if lineLength > 0 { output.writeStaticString("\r\n") }
        if doublesDots { output.writeStaticString(".\r\n") }
        lineLength = 0
    }

    package static func encode(_ message: ByteBuffer, into output: inout ByteBuffer) {
        var encoder = MessageEncoder()
        encoder.encode(message, into: &output)
        encoder.finish(into: &output)
    }

    /// A line is not broken within a character of UTF-8.
    private static func sequenceLength(_ byte: UInt8) -> Int {
        switch byte {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
    }
}
