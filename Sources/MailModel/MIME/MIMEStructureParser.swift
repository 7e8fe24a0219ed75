/// Finds the parts of a message in one pass over its lines (RFC 2046 §5).
///
/// Boundaries are recognised as widely used servers do it, since clients have learnt to live with that: by prefix, the
/// longest open one first, and inside headers too, which then end there.
struct MIMEStructureParser {
    private struct Boundary {
        let text: [UInt8]
        let part: Int
    }

    private struct Found {
        let index: Int
        let isLast: Bool
    }

    private enum Next {
        case header(part: Int, at: Int)
        case body(part: Int, at: Int)
        case done
    }

    private(set) var parts: [MIMEPart] = []
    private(set) var work = 0
    private let limits: MIMELimits
    private var boundaries: [Boundary] = []
    private var depths: [Int] = []
    /// Line ends before the body of each part.
    private var firstLines: [Int] = []
    private var lineFeeds = 0

    init(limits: MIMELimits) {
        self.limits = limits
    }

    mutating func parse(_ bytes: Span<UInt8>) {
        var next = Next.header(part: append(parent: nil, at: 0), at: 0)
        while true {
            switch next {
            case .header(let part, let position): next = readHeader(of: part, at: position, bytes)
            case .body(let part, let position): next = readBody(of: part, at: position, bytes)
            case .done: return
            }
        }
    }

    private mutating func append(parent: Int?, at position: Int) -> Int {
        let index = parts.count
        parts.append(
            MIMEPart(
                kind: .other, parent: parent, header: position..<position, body: position..<position, bodyLines: 0,
                isMIME: parent.map { parts[$0].kind == .multipart } ?? false))
        depths.append(parent.map { depths[$0] + 1 } ?? 0)
        firstLines.append(lineFeeds)
        if let parent { parts[parent].children.append(index) }
        return index
    }

    // MARK: Headers

    private mutating func readHeader(of part: Int, at start: Int, _ bytes: Span<UInt8>) -> Next {
        var position = start
        var found: Found?
        var end = bytes.count
        var boundaryStart = 0
        while position < bytes.count {
            work += 1
            let lineEnd = endOfLine(bytes, from: position)
            if HeaderFieldScanner.isEmptyLine(bytes, at: position) {
                position = lineEnd
                end = lineEnd
                lineFeeds += 1
                break
            }
            if let boundary = boundary(at: position, lineEnd: lineEnd, bytes) {
                found = boundary
                boundaryStart = position
                end = position
                break
            }
            if lineEnd > position, bytes[lineEnd - 1] == 0x0A { lineFeeds += 1 }
            position = lineEnd
        }
        if let found {
            // The header is broken off; the line end before the boundary belongs to the boundary.
            let headerEnd = startOfLineEnd(before: boundaryStart, notBefore: start, bytes)
            _ = classify(part, header: start..<headerEnd, bytes)
            parts[part].body = headerEnd..<headerEnd
            firstLines[part] = lineFeeds
            if parts[part].kind == .message {
                parts[append(parent: part, at: headerEnd)].kind = .text
            }
            if boundaryStart == start, let parent = parts[part].parent, parts[parent].kind == .message {
                // A message/rfc822 with nothing in it: the empty line behind its header is the boundary's.
                let header = parts[parent].header
                let end = startOfLineEnd(before: start, notBefore: header.lowerBound, bytes)
                parts[parent].header = header.lowerBound..<end
                parts[parent].body = end..<end
                firstLines[parent] = lineFeeds - (end < start ? 1 : 0)
                parts[part].header = end..<end
                parts[part].body = end..<end
                return takeBoundary(found, from: part, lineStart: start, contentEnd: end, bytes)
            }
            return takeBoundary(found, from: part, lineStart: boundaryStart, contentEnd: headerEnd, bytes)
        }
        let boundaryText = classify(part, header: start..<end, bytes)
        parts[part].header = start..<end
        parts[part].body = end..<bytes.count
        firstLines[part] = lineFeeds
        if let boundaryText { boundaries.append(Boundary(text: boundaryText, part: part)) }
        if parts[part].kind == .message {
            return .header(part: append(parent: part, at: end), at: end)
        }
        return .body(part: part, at: end)
    }

    /// Decides what a part is by its header; the boundary of a multipart.
    private mutating func classify(_ part: Int, header: Range<Int>, _ bytes: Span<UInt8>) -> [UInt8]? {
        parts[part].header = header
        var contentType: [UInt8]?
        var scanner = HeaderFieldScanner(header, limits: limits)
        while let field = scanner.next(bytes) {
            if field.isNamed("MIME-Version", in: bytes) {
                parts[part].isMIME = true
            } else if field.isNamed("Content-Type", in: bytes) {
                parts[part].isMIME = true
                if contentType == nil { contentType = field.rawValue(in: bytes, limits: limits) }
            }
        }
        guard let contentType else {
            // RFC 2046 §5.1.5: the parts of a digest are messages unless they say otherwise.
            let inDigest = parts[part].parent.map { parts[$0].isDigest } ?? false
            parts[part].kind = inDigest && mayContain(part) ? .message : .text
            return nil
        }
        let (type, subtype, parameters) = MIMEContentFields.contentType(contentType, limits: limits)
        if ASCII.equalIgnoringCase(type, "message".utf8), ASCII.equalIgnoringCase(subtype, "rfc822".utf8) {
            parts[part].kind = mayContain(part) ? .message : .other
        } else if ASCII.equalIgnoringCase(type, "text".utf8) {
            parts[part].kind = .text
        } else if ASCII.equalIgnoringCase(type, "multipart".utf8), mayContain(part) {
            parts[part].kind = .multipart
            parts[part].isDigest = ASCII.equalIgnoringCase(subtype, "digest".utf8)
            let name = "boundary".utf8
            return parameters.first { ASCII.equalIgnoringCase($0.name, name) }?.value
        } else {
            parts[part].kind = .other
        }
        return nil
    }

    private func mayContain(_ part: Int) -> Bool {
        depths[part] + 1 < limits.nesting && parts.count < limits.parts
    }

    // MARK: Bodies

    private mutating func readBody(of part: Int, at start: Int, _ bytes: Span<UInt8>) -> Next {
        var position = start
        guard !boundaries.isEmpty else {
            lineFeeds += ByteScan.lineFeeds(in: start..<bytes.count, of: bytes)
            closeAll(from: part, at: bytes.count)
            return .done
        }
        while position < bytes.count {
            work += 1
            let lineEnd = endOfLine(bytes, from: position)
            if let found = boundary(at: position, lineEnd: lineEnd, bytes) {
                var contentEnd = startOfLineEnd(before: position, notBefore: start, bytes)
                if position == start, start == parts[part].header.upperBound, boundaries[found.index].part != part {
                    // A part without body: the empty line behind its header is the boundary's.
                    let header = parts[part].header
                    contentEnd = startOfLineEnd(before: position, notBefore: header.lowerBound, bytes)
                    parts[part].header = header.lowerBound..<contentEnd
                    parts[part].body = contentEnd..<contentEnd
                    firstLines[part] = lineFeeds - (contentEnd < position ? 1 : 0)
                }
                return takeBoundary(found, from: part, lineStart: position, contentEnd: contentEnd, bytes)
            }
            if lineEnd > position, bytes[lineEnd - 1] == 0x0A { lineFeeds += 1 }
            position = lineEnd
        }
        closeAll(from: part, at: bytes.count)
        return .done
    }

    /// A boundary line ends all parts up to the one it belongs to, and begins that one's next child or its epilogue.
    private mutating func takeBoundary(
        _ found: Found, from part: Int, lineStart: Int, contentEnd: Int, _ bytes: Span<UInt8>
    ) -> Next {
        let owner = boundaries[found.index].part
        let delimiterLines = contentEnd < lineStart ? 1 : 0
        var open: Int? = part
        while let index = open, index != owner {
            if index != part || parts[index].body.upperBound > contentEnd {
                parts[index].body = parts[index].body.lowerBound..<max(contentEnd, parts[index].body.lowerBound)
                parts[index].bodyLines = max(0, lineFeeds - delimiterLines - firstLines[index])
            }
            open = parts[index].parent
        }
        boundaries.removeSubrange((found.isLast ? found.index : found.index + 1)...)
        let lineEnd = endOfLine(bytes, from: lineStart)
        guard lineEnd > lineStart, bytes[lineEnd - 1] == 0x0A else {
            closeAll(from: owner, at: bytes.count)
            return .done
        }
        lineFeeds += 1
        if found.isLast { return .body(part: owner, at: lineEnd) }
        return .header(part: append(parent: owner, at: lineEnd), at: lineEnd)
    }

    private mutating func closeAll(from part: Int, at end: Int) {
        var open: Int? = part
        while let index = open {
            parts[index].body = parts[index].body.lowerBound..<max(end, parts[index].body.lowerBound)
            parts[index].bodyLines = max(0, lineFeeds - firstLines[index])
            open = parts[index].parent
        }
    }

    // MARK: Lines

    private func endOfLine(_ bytes: Span<UInt8>, from start: Int) -> Int {
        ByteScan.firstIndex(of: 0x0A, in: bytes, from: start, below: bytes.count).map { $0 + 1 } ?? bytes.count
    }

    /// Where the line end before `position` begins; `position` itself when none of it lies at or behind `limit`.
    private func startOfLineEnd(before position: Int, notBefore limit: Int, _ bytes: Span<UInt8>) -> Int {
        guard position > limit, bytes[position - 1] == 0x0A else { return position }
        return position - 1 > limit && bytes[position - 2] == 0x0D ? position - 2 : position - 1
    }

    /// delimiter := CRLF "--" boundary ; close-delimiter := delimiter "--"
    private mutating func boundary(at position: Int, lineEnd: Int, _ bytes: Span<UInt8>) -> Found? {
        guard lineEnd - position >= 2, bytes[position] == 0x2D, bytes[position + 1] == 0x2D, !boundaries.isEmpty,
            parts.count < limits.parts
        else { return nil }
        let start = position + 2
        var end = lineEnd
        if end > start, bytes[end - 1] == 0x0A { end -= 1 }
        if end > start, bytes[end - 1] == 0x0D { end -= 1 }
        let length = end - start
        let endsInDashes = length > 2 && bytes[end - 1] == 0x2D && bytes[end - 2] == 0x2D
        var best: Int?
        for index in boundaries.indices.reversed() {
            work += 1
            let text = boundaries[index].text
            if let best, boundaries[best].text.count >= text.count { continue }
            guard text.count <= length, matches(text, at: start, bytes) else { continue }
            best = index
            // The line is this boundary to the letter, and none further out can fit better.
            if text.count == length || (endsInDashes && text.count == length - 2) { break }
        }
        guard let best else { return nil }
        let behind = start + boundaries[best].text.count
        let isLast = lineEnd - behind >= 2 && bytes[behind] == 0x2D && bytes[behind + 1] == 0x2D
        return Found(index: best, isLast: isLast)
    }

    private func matches(_ text: [UInt8], at position: Int, _ bytes: Span<UInt8>) -> Bool {
        var position = position
        for byte in text {
            guard bytes[position] == byte else { return false }
            position += 1
        }
        return true
    }
}
