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
            let text =
                field.name(in: bytes) + Array(": ".utf8) + EncodedWord.decode(field.unfolded(in: bytes, limits: limits))
            if pattern.matches(text.span) { return true }
        }
        return false
    }

    /// Whether the text parts, or if asked the headers of the parts and of messages within, have the pattern in them.
    package func body(
        has pattern: TextPattern, withPartHeaders: Bool = true, in bytes: Span<UInt8>, _ structure: MIMEStructure
    ) -> Bool {
        for (index, part) in structure.parts.enumerated() {
            if withPartHeaders, index > 0, anyHeader(has: pattern, in: bytes, header: part.header) { return true }
            guard part.kind == .text else { continue }
            let fields = MIMEContentFields.parse(bytes, header: part.header, limits: limits)
            let decoded = TransferDecoding(fields.transferEncoding).decode(bytes, part.body)
            let text = TextCharset(fields.parameter("charset") ?? []).utf8(decoded)
            if pattern.matches(text.span) { return true }
        }
        return false
    }
}
