import NIOCore

/// Encodes the body of one part, line by line. The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1).
struct SevenBitEncoder: Sendable {
    /// RFC 2045 §6.7 (5) and §6.8.
    private static let lineLength = 76
    /// Where lines of a part that is encoded already are broken: only those that nobody may send.
    private static let mendedLineLength = 900
    private static let digits = Array("0123456789ABCDEF".utf8)

    private let recoding: SevenBitRecoding
    private var column = 0
    /// Octets that fill no line of base 64 yet.
    private var group: [UInt8] = []
    /// The line end that may belong to a boundary.
    private var held: [UInt8] = []
    /// Octets left of an escape in quoted-printable.
    private var escapeRest = 0

    init(_ recoding: SevenBitRecoding) {
        self.recoding = recoding
    }

    mutating func append(_ line: ArraySlice<UInt8>, ending: ArraySlice<UInt8>, into output: inout ByteBuffer) {
        switch recoding {
        case .none:
            output.writeBytes(line)
            output.writeBytes(ending)
        case .quotedPrintable:
            quote(line, into: &output)
            endLine(ending, into: &output)
        case .base64:
            encode(held[...], into: &output)
            held = Array(ending)
            encode(line, into: &output)
        case .mendQuotedPrintable:
            mendQuoted(line, into: &output)
            endLine(ending, into: &output)
        case .mendBase64:
            for byte in line where byte < 0x80 && byte != 0 {
                breakLine("\r\n", at: Self.mendedLineLength, width: 1, into: &output)
                output.writeInteger(byte)
                column += 1
            }
            endLine(ending, into: &output)
        }
    }

    mutating func finish(atBoundary: Bool, into output: inout ByteBuffer) {
        guard recoding == .base64 else { return }
        if !atBoundary { encode(held[...], into: &output) }
        held = []
        guard !group.isEmpty else { return }
        writeBase64(group[...], into: &output)
        group = []
    }

    private mutating func endLine(_ ending: ArraySlice<UInt8>, into output: inout ByteBuffer) {
        guard !ending.isEmpty else { return }
        output.writeStaticString("\r\n")
        (column, escapeRest) = (0, 0)
    }

    // MARK: Quoted-printable

    private mutating func quote(_ line: ArraySlice<UInt8>, into output: inout ByteBuffer) {
        for position in line.indices {
            let byte = line[position]
            switch byte {
            case 0x20, 0x09:
                // White space at the end of a line gets lost on the way.
                if position == line.endIndex - 1 {
                    escape(byte, into: &output)
                } else {
                    literal(byte, into: &output)
                }
            case UInt8(ascii: "="), 0...0x1F, 0x7F...0xFF: escape(byte, into: &output)
            default: literal(byte, into: &output)
            }
        }
    }

    private mutating func literal(_ byte: UInt8, into output: inout ByteBuffer) {
        breakLine("=\r\n", at: Self.lineLength - 1, width: 1, into: &output)
        output.writeInteger(byte)
        column += 1
    }

    private mutating func escape(_ byte: UInt8, into output: inout ByteBuffer) {
        breakLine("=\r\n", at: Self.lineLength - 1, width: 3, into: &output)
        output.writeBytes([UInt8(ascii: "="), Self.digits[Int(byte >> 4)], Self.digits[Int(byte & 15)]])
        column += 3
    }

    private mutating func breakLine(
        _ text: StaticString, at limit: Int, width: Int, into output: inout ByteBuffer
    ) {
        guard column + width > limit else { return }
        output.writeStaticString(text)
        column = 0
    }

    private mutating func mendQuoted(_ line: ArraySlice<UInt8>, into output: inout ByteBuffer) {
        for byte in line {
            if escapeRest == 0 { breakLine("=\r\n", at: Self.mendedLineLength, width: 3, into: &output) }
            if byte >= 0x80 || byte == 0 || byte == 0x0D {
                escapeRest = 0
                output.writeBytes([UInt8(ascii: "="), Self.digits[Int(byte >> 4)], Self.digits[Int(byte & 15)]])
                column += 3
            } else {
                escapeRest = byte == UInt8(ascii: "=") ? 2 : max(0, escapeRest - 1)
                output.writeInteger(byte)
                column += 1
            }
        }
    }

    // MARK: Base 64

    private mutating func encode(_ bytes: ArraySlice<UInt8>, into output: inout ByteBuffer) {
        group += bytes
        let lineOctets = Self.lineLength / 4 * 3
        var start = 0
        while group.count - start >= lineOctets {
            writeBase64(group[start..<(start + lineOctets)], into: &output)
            start += lineOctets
        }
        group.removeFirst(start)
    }

    private func writeBase64(_ bytes: ArraySlice<UInt8>, into output: inout ByteBuffer) {
        output.writeBytes(Base64Text.encode(bytes))
        output.writeStaticString("\r\n")
    }
}

/// Base 64 of MIME (RFC 2045 §6.8), one line of it.
private enum Base64Text {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        var rest = bytes
        while !rest.isEmpty {
            let group = rest.prefix(3)
            rest = rest.dropFirst(3)
            let value = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for index in 0..<4 {
                text.append(
                    index <= group.count ? alphabet[Int(value >> (18 - 6 * UInt32(index)) & 63)] : UInt8(ascii: "="))
            }
        }
        return text
    }
}
