package import NIOCore

/// Makes of a message what goes between 354 and its reply: every line end CRLF, every leading dot doubled, the lone dot at
/// the end. Nothing in a message can end it before its end (CVE-2023-51764).
package enum MessageEncoder {
    package static func encode(_ message: ByteBuffer, into output: inout ByteBuffer) {
        output.reserveCapacity(minimumWritableBytes: message.readableBytes + message.readableBytes / 64 + 16)
        var isLineStart = true
        var previous: UInt8 = 0
        for byte in message.readableBytesView {
            switch byte {
            case 0x0A where previous == 0x0D: break
            case 0x0A, 0x0D:
                output.writeStaticString("\r\n")
                isLineStart = true
            default:
                if isLineStart, byte == UInt8(ascii: ".") { output.writeInteger(byte) }
                output.writeInteger(byte)
                isLineStart = false
            }
            previous = byte
        }
        output.writeStaticString(isLineStart ? ".\r\n" : "\r\n.\r\n")
    }
}
