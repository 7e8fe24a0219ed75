import MailModel

/// `MIMEOutline` as octets: the parts, then their headers but for the summary, which is kept on its own.
enum OutlineCoding {
    private static let version: UInt8 = 1

    static func encode(_ outline: MIMEOutline) -> [UInt8] {
        var output: [UInt8] = [version]
        append(outline.structure.parts.count, to: &output)
        for part in outline.structure.parts {
            let kind: UInt8
            switch part.kind {
            case .text: kind = 0
            case .multipart: kind = 1
            case .message: kind = 2
            case .other: kind = 3
            }
            output.append(kind | (part.isMIME ? 4 : 0))
            append(part.parent.map { $0 + 1 } ?? 0, to: &output)
            append(part.header.count, to: &output)
            append(part.body.count, to: &output)
            append(part.bodyLines, to: &output)
        }
        let summary = outline.structure.parts.first?.header.count ?? 0
        return output + outline.headers.dropFirst(summary)
    }

    /// Nil for anything that `encode` did not make.
    static func decode(_ bytes: [UInt8], summary: [UInt8]) -> MIMEOutline? {
        var position = 1
        func number() -> Int? {
            var value = 0
            var shift = 0
            while position < bytes.count, shift < 56 {
                let byte = bytes[position]
                position += 1
                value |= Int(byte & 0x7F) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
            return nil
        }
        guard bytes.first == version, let count = number(), count >= 1, count <= bytes.count else { return nil }
        var parts: [MIMEPart] = []
        var depths: [Int] = []
        var end = 0
        for index in 0..<count {
            guard position < bytes.count else { return nil }
            let kinds: [MIMEPart.Kind] = [.text, .multipart, .message, .other]
            let byte = bytes[position]
            position += 1
            guard byte < 8, let parent = number(), let header = number(), let body = number(), let lines = number(),
                parent <= index, (parent == 0) == (index == 0), header <= bytes.count + summary.count
            else { return nil }
            guard index > 0 || header == summary.count else { return nil }
            // What walks over the parts relies on the parser's own bound.
            let depth = parent == 0 ? 0 : depths[parent - 1] + 1
            guard depth <= MIMELimits.standard.nesting + 1 else { return nil }
            depths.append(depth)
            parts.append(
                MIMEPart(
                    kind: kinds[Int(byte & 3)], parent: parent == 0 ? nil : parent - 1, header: end..<end + header,
                    body: 0..<body, bodyLines: lines, isMIME: byte & 4 != 0))
            end += header
            if parent > 0 { parts[parent - 1].children.append(index) }
        }
        let headers = summary + bytes[min(position, bytes.count)...]
        guard headers.count == end else { return nil }
        return MIMEOutline(headers: headers, structure: MIMEStructure(parts: parts, work: 0))
    }

    private static func append(_ number: Int, to output: inout [UInt8]) {
        var rest = UInt64(max(0, number))
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(truncatingIfNeeded: rest))
    }
}
