import NIOCore

/// The header of one part: what the part is, and how the header reads once the part is converted.
struct SevenBitHeader: Sendable {
    enum Kind: Hashable, Sendable {
        case text
        case multipart(boundary: [UInt8], isDigest: Bool)
        /// message/rfc822: what follows is a header again.
        case message
        case other
    }

    enum Encoding: Hashable, Sendable {
        case identity
        case quotedPrintable
        case base64
        case unknown(String)
    }

    private(set) var kind = Kind.text
    private(set) var encoding = Encoding.identity
    /// Content-Transfer-Encoding: binary
    private var isBinary = false
    private var isMessage = false
    private var hasVersion = false
    private var hasType = false

    init() {}

    /// - Parameter isMessage: the header of a message, not of a part of a multipart.
    init(_ header: [UInt8], isMessage: Bool, isInDigest: Bool) {
        self.isMessage = isMessage
        let span = header.span
        let fields = MIMEContentFields.parse(span, header: 0..<header.count)
        var scanner = HeaderFieldScanner(0..<header.count)
        while let field = scanner.next(span) {
            if field.isNamed("MIME-Version", in: span) { hasVersion = true }
            if field.isNamed("Content-Type", in: span) { hasType = true }
        }
        encoding = Self.encoding(fields.transferEncoding)
        isBinary = fields.transferEncoding.map { ASCII.equalIgnoringCase($0, "binary".utf8) } ?? false
        kind = Self.kind(fields, hasType: hasType, isInDigest: isInDigest)
        // RFC 2045 §6.4 forbids an encoding here; what has one is opaque.
        if kind == .message, encoding != .identity { kind = .other }
    }

    private static func encoding(_ name: [UInt8]?) -> Encoding {
        guard let name else { return .identity }
        let text = String(decoding: ASCII.lowercased(name), as: UTF8.self)
        return switch text {
        case "7bit", "8bit", "binary": .identity
        case "quoted-printable": .quotedPrintable
        case "base64": .base64
        default: .unknown(String(text.prefix(40)))
        }
    }

    private static func kind(_ fields: MIMEContentFields, hasType: Bool, isInDigest: Bool) -> Kind {
        guard hasType else { return isInDigest ? .message : .text }
        guard let type = fields.type, let subtype = fields.subtype, !type.isEmpty else { return .text }
        if ASCII.equalIgnoringCase(type, "multipart".utf8) {
            guard let boundary = fields.parameter("boundary"), !boundary.isEmpty else { return .text }
            return .multipart(boundary: boundary, isDigest: ASCII.equalIgnoringCase(subtype, "digest".utf8))
        }
        if ASCII.equalIgnoringCase(type, "message".utf8) {
            // The other kinds of message (delivery-status, global) are lines of text.
            return ASCII.equalIgnoringCase(subtype, "rfc822".utf8) ? .message : .text
        }
        return ASCII.equalIgnoringCase(type, "text".utf8) ? .text : .other
    }

    /// The header for the converted part: 8bit and binary are no longer true of anything.
    func write(
        _ header: [UInt8], _ recoding: SevenBitRecoding, emptyLine: ArraySlice<UInt8>, into output: inout ByteBuffer
    ) {
        let span = header.span
        let newName: String? =
            switch recoding {
            case .quotedPrintable: "quoted-printable"
            case .base64: "base64"
            case .mendQuotedPrintable, .mendBase64: nil
            case .none: encoding == .identity ? "7bit" : nil
            }
        var isWritten = recoding == .none
        var scanner = HeaderFieldScanner(0..<header.count)
        var end = 0
        while let field = scanner.next(span) {
            end = field.whole.upperBound
            guard let newName, field.isNamed("Content-Transfer-Encoding", in: span) else {
                output.writeBytes(header[field.whole])
                continue
            }
            if recoding != .none, isWritten { continue }
            isWritten = true
            if recoding == .none, Self.isSevenBit(header[field.value]) {
                output.writeBytes(header[field.whole])
            } else {
                output.writeString("Content-Transfer-Encoding: \(newName)\r\n")
            }
        }
        output.writeBytes(header[end...])
        guard let newName, recoding != .none else {
            output.writeBytes(emptyLine)
            return
        }
        // A header that ends where the message does.
        if let last = header.last, last != 0x0A { output.writeStaticString("\r\n") }
        if isMessage, !hasVersion { output.writeStaticString("MIME-Version: 1.0\r\n") }
        if isMessage, !hasType { output.writeStaticString("Content-Type: text/plain; charset=unknown-8bit\r\n") }
        if !isWritten { output.writeString("Content-Transfer-Encoding: \(newName)\r\n") }
        output.writeBytes(emptyLine)
    }

    var isBinaryLeaf: Bool {
        guard isBinary else { return false }
        switch kind {
        case .text, .other: return true
        case .multipart, .message: return false
        }
    }

    /// The header as it is, but for the field that says binary: the part is in base 64 now, or holds none that is binary.
    func writeWithoutBinary(_ header: [UInt8], emptyLine: ArraySlice<UInt8>, into output: inout ByteBuffer) {
        guard isBinary else {
            output.writeBytes(header)
            output.writeBytes(emptyLine)
            return
        }
        let span = header.span
        var scanner = HeaderFieldScanner(0..<header.count)
        var end = 0
        while let field = scanner.next(span) {
            end = field.whole.upperBound
            if field.isNamed("Content-Transfer-Encoding", in: span) {
                output.writeString("Content-Transfer-Encoding: \(isBinaryLeaf ? "base64" : "8bit")\r\n")
            } else {
                output.writeBytes(header[field.whole])
            }
        }
        output.writeBytes(header[min(end, header.count)...])
        output.writeBytes(emptyLine)
    }

    private static func isSevenBit(_ value: ArraySlice<UInt8>) -> Bool {
        let word = value.drop { $0 == 0x20 || $0 == 0x09 }.prefix { $0 > 0x20 }
        return ASCII.equalIgnoringCase(word, "7bit".utf8)
    }
}
