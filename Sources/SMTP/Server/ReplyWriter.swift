package import MailModel
package import NIOCore

extension ByteBuffer {
    /// Writes a reply as it goes over the wire (RFC 5321 §4.2.1), the enhanced code on every line (RFC 2034 §4).
    package mutating func writeReply(_ reply: SMTPReply) {
        let code = String(min(max(reply.code, 200), 599))
        let enhanced = reply.enhanced.map { "\($0) " } ?? ""
        let lines = reply.lines.isEmpty ? [""] : reply.lines
        for (index, line) in lines.enumerated() {
            writeString(code)
            writeStaticString(index == lines.count - 1 ? " " : "-")
            writeString(enhanced)
            writeString(line)
            writeStaticString("\r\n")
        }
    }
}
