package import MailModel
package import NIOCore

/// The octets that a section of BODY[…] names; none for a part that is not there.
package struct SectionContent {
    private let section: FetchSection

    package init(_ section: FetchSection) {
        self.section = section
    }

    private enum Octets {
        case range(Range<Int>)
        /// Fields picked out of a header.
        case fields([UInt8])
    }

    /// `structure` is asked for only when the section numbers parts.
    package func append(
        _ bytes: Span<UInt8>, _ structure: () -> MIMEStructure, header: Range<Int>, to output: inout ByteBuffer
    ) {
        output.writeBytes(section.label)
        output.writeStaticString(" ")
        switch octets(bytes, structure, header: header) ?? .range(0..<0) {
        case .range(let range): Self.appendLiteral(bytes, partial(of: range), to: &output)
        case .fields(let fields): Self.appendLiteral(fields.span, partial(of: 0..<fields.count), to: &output)
        }
    }

    /// The octets themselves; nil for a part that is not there.
    package func content(
        _ bytes: Span<UInt8>, _ structure: () -> MIMEStructure, header: Range<Int>
    ) -> [UInt8]? {
        switch octets(bytes, structure, header: header) {
        case .range(let range):
            bytes.withUnsafeBufferPointer { Array($0[partial(of: range).clamped(to: 0..<$0.count)]) }
        case .fields(let fields): Array(fields[partial(of: 0..<fields.count)])
        case nil: nil
        }
    }

    private func octets(_ bytes: Span<UInt8>, _ structure: () -> MIMEStructure, header: Range<Int>) -> Octets? {
        guard section.part.isEmpty else { return part(bytes, structure()) }
        switch section.text {
        case nil: return .range(0..<bytes.count)
        case .header, .mime: return .range(header)
        case .text: return .range(header.upperBound..<bytes.count)
        case .headerFields, .headerFieldsNot: return .fields(fields(header, bytes))
        }
    }

    private func part(_ bytes: Span<UInt8>, _ structure: MIMEStructure) -> Octets? {
        guard let index = structure.part(numbered: section.part) else { return nil }
        let part = structure.parts[index]
        switch section.text {
        case nil: return .range(part.body)
        case .mime: return .range(part.header)
        case .header, .text, .headerFields, .headerFieldsNot:
            // RFC 3501 §6.4.5: these speak of the message within a message/rfc822.
            guard part.kind == .message, let child = part.children.first else { return nil }
            let message = structure.parts[child]
            switch section.text {
            case .header: return .range(message.header)
            case .text: return .range(message.body)
            default: return .fields(fields(message.header, bytes))
            }
        }
    }

    /// NUL is no CHAR8; other servers show it as 0x80, so clients that count octets are content.
    private static func appendLiteral(_ bytes: Span<UInt8>, _ shown: Range<Int>, to output: inout ByteBuffer) {
        output.writeStaticString("{")
        output.writeDecimal(UInt(shown.count))
        output.writeStaticString("}\r\n")
        let shown = shown.clamped(to: 0..<bytes.count)
        let hasNUL = ByteScan.firstIndex(of: 0, in: bytes, from: shown.lowerBound, below: shown.upperBound) != nil
        bytes.withUnsafeBufferPointer { buffer in
            let slice = buffer[shown]
            if hasNUL {
                output.writeBytes(slice.lazy.map { $0 == 0 ? 0x80 : $0 })
            } else {
                output.writeBytes(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: slice)))
            }
        }
    }

    private func partial(of range: Range<Int>) -> Range<Int> {
        section.partial?.piece(of: range) ?? range
    }

    /// The named fields, or all but them, and an empty line.
    private func fields(_ header: Range<Int>, _ bytes: Span<UInt8>) -> [UInt8] {
        var content: [UInt8] = []
        var scanner = HeaderFieldScanner(header)
        while let field = scanner.next(bytes) {
            let isNamed: Bool
            switch section.text {
            case .headerFields(let names): isNamed = names.contains { Self.matches(field, $0, bytes) }
            case .headerFieldsNot(let names): isNamed = !names.contains { Self.matches(field, $0, bytes) }
            default: isNamed = false
            }
            guard isNamed else { continue }
            bytes.withUnsafeBufferPointer { content += $0[field.whole.clamped(to: 0..<$0.count)] }
        }
        // What is left when fields are taken out ends as the header does.
        if isPositive || Self.endsInEmptyLine(header, bytes) { content += [0x0D, 0x0A] }
        return content
    }

    private var isPositive: Bool {
        if case .headerFieldsNot = section.text { return false }
        return true
    }

    private static func endsInEmptyLine(_ header: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
        let end = header.upperBound
        guard header.count >= 2, bytes[end - 1] == 0x0A, bytes[end - 2] == 0x0D else { return false }
        return header.count == 2 || bytes[end - 3] == 0x0A
    }

    private static func matches(_ field: HeaderField, _ name: [UInt8], _ bytes: Span<UInt8>) -> Bool {
        guard name.count == field.name.count else { return false }
        for (offset, byte) in name.enumerated()
        where ASCII.lowercased(byte) != ASCII.lowercased(bytes[field.name.lowerBound + offset]) {
            return false
        }
        return true
    }
}
