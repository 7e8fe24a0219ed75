package import MailModel
package import NIOCore

/// The octets that a section of BODY[…] names; none for a part that is not there.
package struct SectionContent {
    private let section: FetchSection

    package init(_ section: FetchSection) {
        self.section = section
    }

    /// `structure` is asked for only when the section numbers parts.
    package func append(
        _ bytes: Span<UInt8>, _ structure: () -> MIMEStructure, header: Range<Int>, to output: inout ByteBuffer
    ) {
        output.writeBytes(section.label)
        output.writeStaticString(" ")
        guard section.part.isEmpty else {
            appendPart(bytes, structure(), to: &output)
            return
        }
        switch section.text {
        case nil: appendRange(0..<bytes.count, bytes, to: &output)
        case .header, .mime: appendRange(header, bytes, to: &output)
        case .text: appendRange(header.upperBound..<bytes.count, bytes, to: &output)
        case .headerFields, .headerFieldsNot: appendFields(header, bytes, to: &output)
        }
    }

    private func appendPart(_ bytes: Span<UInt8>, _ structure: MIMEStructure, to output: inout ByteBuffer) {
        guard let index = structure.part(numbered: section.part) else {
            appendRange(0..<0, bytes, to: &output)
            return
        }
        let part = structure.parts[index]
        switch section.text {
        case nil: appendRange(part.body, bytes, to: &output)
        case .mime: appendRange(part.header, bytes, to: &output)
        case .header, .text, .headerFields, .headerFieldsNot:
            // RFC 3501 §6.4.5: these speak of the message within a message/rfc822.
            guard part.kind == .message, let child = part.children.first else {
                appendRange(0..<0, bytes, to: &output)
                return
            }
            let message = structure.parts[child]
            switch section.text {
            case .header: appendRange(message.header, bytes, to: &output)
            case .text: appendRange(message.body, bytes, to: &output)
            default: appendFields(message.header, bytes, to: &output)
            }
        }
    }

    private func appendRange(_ range: Range<Int>, _ bytes: Span<UInt8>, to output: inout ByteBuffer) {
        let shown = partial(of: range)
        output.writeString("{\(shown.count)}\r\n")
        bytes.withUnsafeBufferPointer { buffer in
            let slice = buffer[shown.clamped(to: 0..<buffer.count)]
            if slice.contains(0) {
                output.writeBytes(slice.lazy.map { $0 == 0 ? 0x80 : $0 })
            } else {
                output.writeBytes(slice)
            }
        }
    }

    private func partial(of range: Range<Int>) -> Range<Int> {
        guard let partial = section.partial else { return range }
        let offset = Int(clamping: min(partial.offset, UInt64(range.count)))
        let length = Int(clamping: min(partial.length, UInt64(range.count - offset)))
        return range.lowerBound + offset..<range.lowerBound + offset + length
    }

    /// The named fields, or all but them, and an empty line.
    private func appendFields(_ header: Range<Int>, _ bytes: Span<UInt8>, to output: inout ByteBuffer) {
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
        let shown = partial(of: 0..<content.count)
        output.writeString("{\(shown.count)}\r\n")
        output.writeBytes(content[shown].map { $0 == 0 ? 0x80 : $0 })
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
