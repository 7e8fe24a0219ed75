import MailModel
import NIOCore

/// What BINARY[…] shows of a part: its octets without their transfer encoding, and those of the parts within it, each with
/// a header that says so (RFC 3516 §4.2).
struct BinaryContent {
    private var octets: [UInt8] = []
    /// Something was decoded: there may be any octets in it.
    private var isDecoded = false

    /// Nil when a part has an encoding that is not known. No octets for a part that is not there.
    init?(_ part: [Int], _ bytes: Span<UInt8>, _ structure: MIMEStructure) {
        if part.isEmpty {
            guard append(0, withHeader: true, bytes, structure) else { return nil }
        } else if let index = structure.part(numbered: part) {
            guard append(index, withHeader: false, bytes, structure) else { return nil }
        }
    }

    /// "BINARY" section-binary ["<" number ">"] SP (nstring / literal8)
    func append(_ section: FetchSection, to output: inout ByteBuffer) {
        let whole = 0..<octets.count
        let shown = octets[section.partial?.piece(of: whole) ?? whole]
        output.writeBytes(section.label)
        output.writeString(isDecoded || shown.contains(0) ? " ~{\(shown.count)}\r\n" : " {\(shown.count)}\r\n")
        output.writeBytes(shown)
    }

    /// "BINARY.SIZE" section-binary SP number
    func appendSize(_ section: FetchSection, to output: inout ByteBuffer) {
        output.writeBytes(section.label)
        output.writeString(" \(octets.count)")
    }

    /// The structure bounds how deep this goes.
    private mutating func append(
        _ index: Int, withHeader: Bool, _ bytes: Span<UInt8>, _ structure: MIMEStructure
    ) -> Bool {
        let part = structure.parts[index]
        let name = part.isMIME ? MIMEContentFields.parse(bytes, header: part.header).transferEncoding : nil
        let isContainer = !part.children.isEmpty
        guard isContainer || Self.isKnown(name) else { return false }
        let decoding = isContainer ? .identity : TransferDecoding(name)
        if withHeader { appendHeader(part.header, isDecoded: decoding != .identity, bytes) }
        guard isContainer else {
            if decoding != .identity { isDecoded = true }
            octets += decoding.decode(bytes, part.body)
            return true
        }
        var position = part.body.lowerBound
        for child in part.children {
            let inner = structure.parts[child]
            copy(position..<max(position, inner.header.lowerBound), bytes)
            guard append(child, withHeader: true, bytes, structure) else { return false }
            position = max(position, inner.body.upperBound)
        }
        copy(position..<max(position, part.body.upperBound), bytes)
        return true
    }

    private mutating func appendHeader(_ header: Range<Int>, isDecoded: Bool, _ bytes: Span<UInt8>) {
        guard isDecoded else { return copy(header, bytes) }
        var scanner = HeaderFieldScanner(header)
        var position = header.lowerBound
        while let field = scanner.next(bytes) {
            guard field.isNamed("Content-Transfer-Encoding", in: bytes) else { continue }
            copy(position..<field.whole.lowerBound, bytes)
            octets += Array("Content-Transfer-Encoding: binary\r\n".utf8)
            position = field.whole.upperBound
        }
        copy(position..<header.upperBound, bytes)
    }

    private mutating func copy(_ range: Range<Int>, _ bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { octets += $0[range.clamped(to: 0..<$0.count)] }
    }

    private static func isKnown(_ name: [UInt8]?) -> Bool {
        guard let name, !name.isEmpty else { return true }
        return ["7bit", "8bit", "binary", "base64", "quoted-printable"].contains {
            ASCII.equalIgnoringCase(name, $0.utf8)
        }
    }
}
