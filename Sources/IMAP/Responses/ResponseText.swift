import MailModel
package import NIOCore

/// Writes the strings of responses (RFC 3501 §4.3), quoted where that is possible and short, else as literals.
package enum ResponseText {
    /// With more characters to escape than this a literal is shorter.
    private static let escapesInQuoted = 4

    package static func appendNString(_ value: [UInt8]?, to output: inout ByteBuffer) {
        guard let value else {
            output.writeStaticString("NIL")
            return
        }
        appendString(value, to: &output)
    }

    package static func appendString(_ value: [UInt8], to output: inout ByteBuffer) {
        var escapes = 0
        for byte in value {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { escapes += 1 }
            if byte == 0x0D || byte == 0x0A || byte >= 0x80 || byte == 0 || escapes > escapesInQuoted {
                appendLiteral(value, to: &output)
                return
            }
        }
        appendQuoted(value, to: &output)
    }

    /// A text for people, on one line: runs of white space become one space, none stays at the ends. What was changed or holds anything but plain characters is a literal.
    package static func appendOneLine(_ value: [UInt8], to output: inout ByteBuffer) {
        var text: [UInt8] = []
        text.reserveCapacity(value.count)
        var isPlain = true
        for byte in value {
            switch byte {
            case 0x20, 0x09, 0x0D, 0x0A:
                if let last = text.last, last != 0x20 { text.append(0x20) }
            default:
                if byte >= 0x80 || byte == 0 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    isPlain = false
                }
                text.append(byte)
            }
        }
        if text.last == 0x20 { text.removeLast() }
        if text.isEmpty || (isPlain && text == value) {
            appendQuoted(text, to: &output)
        } else {
            appendLiteral(text, to: &output)
        }
    }

    package static func appendLiteral(_ value: [UInt8], to output: inout ByteBuffer) {
        output.writeStaticString("{")
        output.writeDecimal(UInt(value.count))
        output.writeStaticString("}\r\n")
        // NUL is no CHAR8; other servers show it as 0x80, so clients that count octets are content.
        if value.contains(0) {
            output.writeBytes(value.map { $0 == 0 ? 0x80 : $0 })
        } else {
            output.writeBytes(value)
        }
    }

    package static func appendQuoted(_ value: [UInt8], to output: inout ByteBuffer) {
        output.writeStaticString("\"")
        // Piece by piece: each begins with the character that the backslash before it is for.
        var rest = value[...]
        while let position = rest.dropFirst().firstIndex(where: isQuotedSpecial) {
            appendPiece(rest[..<position], to: &output)
            rest = rest[position...]
        }
        appendPiece(rest, to: &output)
        output.writeStaticString("\"")
    }

    private static func appendPiece(_ piece: ArraySlice<UInt8>, to output: inout ByteBuffer) {
        if piece.first.map(isQuotedSpecial) ?? false { output.writeStaticString("\\") }
        output.writeBytes(piece)
    }

    /// quoted-specials = DQUOTE / "\"
    private static func isQuotedSpecial(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// A mailbox's name: it has no control characters, and eight bits only for clients that want UTF-8 (RFC 6855 §3).
    package static func appendMailbox(_ value: [UInt8], to output: inout ByteBuffer) {
        if isAtom(value) { output.writeBytes(value) } else { appendQuoted(value, to: &output) }
    }

    /// An atom where the value allows it.
    package static func appendAstring(_ value: [UInt8], to output: inout ByteBuffer) {
        if isAtom(value) { output.writeBytes(value) } else { appendString(value, to: &output) }
    }

    package static func appendAstring(_ value: [UInt8], to output: inout [UInt8]) {
        var buffer = ByteBuffer()
        appendAstring(value, to: &buffer)
        output += Array(buffer.readableBytesView)
    }

    private static func isAtom(_ value: [UInt8]) -> Bool {
        guard !value.isEmpty, !ASCII.equalIgnoringCase(value, "NIL".utf8) else { return false }
        return value.allSatisfy(GrammarReader.isAstringCharacter)
    }
}
