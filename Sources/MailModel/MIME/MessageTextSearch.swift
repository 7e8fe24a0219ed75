/// Looks for text in a message as a reader sees it: encoded words and transfer encodings undone (RFC 3501 §6.4.4).
package struct MessageTextSearch {
    private let limits: MIMELimits

    package init(limits: MIMELimits = .standard) {
        self.limits = limits
    }

    /// Whether a header has a field of this name whose value has the pattern in it; an empty pattern asks for the
    /// field alone.
    package func header(
        named name: String, has pattern: TextPattern, in bytes: Span<UInt8>, header: Range<Int>
    ) -> Bool {
        var scanner = HeaderFieldScanner(header, limits: limits)
        while let field = scanner.next(bytes) {
            guard field.isNamed(name, in: bytes) else { continue }
            if pattern.isEmpty { return true }
            if pattern.matches(EncodedWord.decode(field.unfolded(in: bytes, limits: limits)).span) { return true }
        }
        return false
    }

    /// Whether any field of a header, its name included, has the pattern in it.
    package func anyHeader(has pattern: TextPattern, in bytes: Span<UInt8>, header: Range<Int>) -> Bool {
        var scanner = HeaderFieldScanner(header, limits: limits)
        while let field = scanner.next(bytes) {
            if let plain = Self.plain(field, bytes, limits: limits) {
                if pattern.matches(bytes.extracting(plain)) { return true }
                continue
            }
            let text =
                field.name(in: bytes) + Array(": ".utf8) + EncodedWord.decode(field.unfolded(in: bytes, limits: limits))
            if pattern.matches(text.span) { return true }
        }
        return false
    }

    /// The octets of a field that stand as a reader sees them: `Name: value` on one line, without encoded words. Nil for any
    /// other. Most are such.
    private static func plain(_ field: HeaderField, _ bytes: Span<UInt8>, limits: MIMELimits) -> Range<Int>? {
        let value = field.value
        guard value.count > 3, value.count <= limits.fieldLength, field.name.upperBound + 1 == value.lowerBound,
            value.upperBound <= bytes.count, bytes[value.lowerBound] == 0x20, bytes[value.lowerBound + 1] > 0x20,
            bytes[value.upperBound - 1] == 0x0A, bytes[value.upperBound - 2] == 0x0D
        else { return nil }
        let text = value.lowerBound..<value.upperBound - 2
        for byte: UInt8 in [0x0A, UInt8(ascii: "?")]
        where ByteScan.firstIndex(of: byte, in: bytes, from: text.lowerBound, below: text.upperBound) != nil {
            return nil
        }
        return field.name.lowerBound..<text.upperBound
    }

    /// Whether the text parts, or if asked the headers of the parts and of messages within, have the pattern in them.
    package func body(
        has pattern: TextPattern, withPartHeaders: Bool = true, in bytes: Span<UInt8>, _ structure: MIMEStructure
    ) -> Bool {
        for (index, part) in structure.parts.enumerated() {
            if withPartHeaders, index > 0, anyHeader(has: pattern, in: bytes, header: part.header) { return true }
            guard part.kind == .text else { continue }
            let fields = MIMEContentFields.parse(bytes, header: part.header, limits: limits)
            let encoding = TransferDecoding(fields.transferEncoding)
            let charset = TextCharset(fields.parameter("charset") ?? [])
            if encoding == .identity, charset.isSearchedAsItStands {
                if pattern.matches(bytes.extracting(part.body.clamped(to: 0..<bytes.count))) { return true }
                continue
            }
            let text = charset.utf8(encoding.decode(bytes, part.body))
            if pattern.matches(text.span) { return true }
        }
        return false
    }
}
