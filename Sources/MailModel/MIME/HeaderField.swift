/// Where one header field stands in a message's bytes.
package struct HeaderField: Hashable, Sendable {
    package var name: Range<Int>
    /// Behind the colon, folding and the final line end included. Empty for a line without a colon.
    package var value: Range<Int>
    /// The field with its line end.
    package var whole: Range<Int>

    package func isNamed(_ name: String, in bytes: Span<UInt8>) -> Bool {
        guard name.utf8.count == self.name.count else { return false }
        var position = self.name.lowerBound
        for byte in name.utf8 {
            guard ASCII.lowercased(byte) == ASCII.lowercased(bytes[position]) else { return false }
            position += 1
        }
        return true
    }

    package func name(in bytes: Span<UInt8>) -> [UInt8] {
        ByteScan.copy(name, of: bytes)
    }

    /// The value without the white space before it and its final line end. Folds keep their LF, so that parsers can
    /// tell them from other white space; `unfolded` takes them out.
    package func rawValue(in bytes: Span<UInt8>, limits: MIMELimits = .standard) -> [UInt8] {
        var start = value.lowerBound
        let end = min(value.upperBound, start + limits.fieldLength)
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        // A first line of nothing but white space loses only the one character behind the colon.
        if start == end || bytes[start] == 0x0D || bytes[start] == 0x0A, start > value.lowerBound {
            start = value.lowerBound + 1
        }
        var result: [UInt8] = []
        result.reserveCapacity(end - start)
        var position = start
        while position < end {
            let byte = bytes[position]
            if byte == 0x0D, position + 1 < bytes.count, bytes[position + 1] == 0x0A {
                position += 1
                continue
            }
            result.append(byte)
            position += 1
        }
        if result.last == 0x0A { result.removeLast() }
        return result
    }

    /// As `rawValue`, with U+FFFD for NUL, which no response can hold.
    func text(in bytes: Span<UInt8>, limits: MIMELimits) -> [UInt8] {
        let value = rawValue(in: bytes, limits: limits)
        return value.contains(0) ? value.flatMap { $0 == 0 ? [0xEF, 0xBF, 0xBD] : [$0] } : value
    }

    package func unfolded(in bytes: Span<UInt8>, limits: MIMELimits = .standard) -> [UInt8] {
        var value = rawValue(in: bytes, limits: limits)
        value.removeAll { $0 == 0x0A }
        return value
    }
}

/// Walks over the fields of a header, leniently: whatever stands on a line of its own is a field, with or without
/// a colon (RFC 5322 §2.2).
package struct HeaderFieldScanner {
    private var position: Int
    private let end: Int

    /// `range` is the header, with or without its empty line.
    package init(_ range: Range<Int>, limits: MIMELimits = .standard) {
        position = range.lowerBound
        end = min(range.upperBound, range.lowerBound + limits.headerLength)
    }

    package mutating func next(_ bytes: Span<UInt8>) -> HeaderField? {
        let start = position
        let end = min(self.end, bytes.count)
        guard start < end, !HeaderFieldScanner.isEmptyLine(bytes, at: start) else { return nil }
        // field = name ":" *(any octet but LF) LF *(WSP *(any octet but LF) LF)
        var lineEnd = endOfLine(bytes, from: start, below: end)
        let firstLineEnd = lineEnd
        while lineEnd < end, bytes[lineEnd] == 0x20 || bytes[lineEnd] == 0x09 {
            lineEnd = endOfLine(bytes, from: lineEnd, below: end)
        }
        position = lineEnd
        let whole = start..<lineEnd
        guard let colon = ByteScan.firstIndex(of: 0x3A, in: bytes, from: start, below: firstLineEnd) else {
            var nameEnd = firstLineEnd
            if nameEnd > start, bytes[nameEnd - 1] == 0x0A { nameEnd -= 1 }
            if nameEnd > start, bytes[nameEnd - 1] == 0x0D { nameEnd -= 1 }
            return HeaderField(name: start..<nameEnd, value: nameEnd..<nameEnd, whole: whole)
        }
        var nameEnd = colon
        while nameEnd > start, bytes[nameEnd - 1] == 0x20 || bytes[nameEnd - 1] == 0x09 { nameEnd -= 1 }
        return HeaderField(name: start..<nameEnd, value: colon + 1..<lineEnd, whole: whole)
    }

    private func endOfLine(_ bytes: Span<UInt8>, from start: Int, below end: Int) -> Int {
        ByteScan.firstIndex(of: 0x0A, in: bytes, from: start, below: end).map { $0 + 1 } ?? end
    }

    static func isEmptyLine(_ bytes: Span<UInt8>, at position: Int) -> Bool {
        guard position < bytes.count else { return false }
        if bytes[position] == 0x0A { return true }
        return bytes[position] == 0x0D && position + 1 < bytes.count && bytes[position + 1] == 0x0A
    }
}
