package import NIOCore

/// A message on its way to the client: dots stuffed (RFC 1939 §3), ended by a line with a dot alone, written in pieces.
package struct MessageReply: Sendable {
    /// What broken clients want, by Dovecot's names.
    package struct Workarounds: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// `outlook-no-nuls`: 0x80 in place of NUL.
        package static let noNULs = Workarounds(rawValue: 1)
        /// `oe-ns-eoh`: an empty line behind a header that no body follows.
        package static let endsHeader = Workarounds(rawValue: 2)
    }

    private var content: ByteBuffer
    /// Lines of the body that are still to come; nil for all.
    private var linesLeft: Int?
    private let workarounds: Workarounds
    private var isInBody = false
    private var isAtLineStart = true
    package private(set) var isComplete = false

    /// - Parameters:
    ///   - content: with CRLF line ends.
    ///   - lines: how many of the body TOP wants; nil for the whole message.
    package init(_ content: ByteBuffer, lines: Int? = nil, _ workarounds: Workarounds = []) {
        self.content = content
        linesLeft = lines
        self.workarounds = workarounds
    }

    /// Adds lines until the message has ended or about `limit` octets are written.
    package mutating func write(to output: inout ByteBuffer, limit: Int) {
        let full = output.writerIndex + limit
        while !isComplete, output.writerIndex < full {
            guard content.readableBytes > 0, !(isInBody && linesLeft == 0) else { return finish(&output) }
            writePiece(&output, room: full - output.writerIndex)
        }
    }

    /// One line, or as much of a long one as there is room for.
    private mutating func writePiece(_ output: inout ByteBuffer, room: Int) {
        let bytes = content.readableBytesView
        let piece: ByteBufferView
        if let end = bytes.firstIndex(of: 0x0A) {
            piece = bytes[bytes.startIndex...end].prefix(max(room, 2))
        } else {
            piece = bytes.prefix(max(room, 2))
        }
        let endsLine = piece.last == 0x0A
        if isAtLineStart {
            if piece.first == UInt8(ascii: ".") { output.writeInteger(UInt8(ascii: ".")) }
            if !isInBody, piece.first == 0x0D || piece.first == 0x0A {
                // The empty line belongs to the header.
                isInBody = true
                linesLeft = linesLeft.map { $0 + 1 }
            }
        }
        if workarounds.contains(.noNULs), piece.contains(0) {
            output.writeBytes(piece.map { $0 == 0 ? 0x80 : $0 })
        } else {
            output.writeBytes(piece)
        }
        content.moveReaderIndex(forwardBy: piece.count)
        isAtLineStart = endsLine
        if endsLine, isInBody, let left = linesLeft { linesLeft = max(left - 1, 0) }
    }

    private mutating func finish(_ output: inout ByteBuffer) {
        if !isAtLineStart { output.writeStaticString("\r\n") }
        if !isInBody, workarounds.contains(.endsHeader) { output.writeStaticString("\r\n") }
        output.writeStaticString(".\r\n")
        isComplete = true
    }
}
