/// One part of a message: where its header and its body stand in the message's bytes.
package struct MIMEPart: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case text
        case multipart
        /// message/rfc822: has one child, the message within.
        case message
        case other
    }

    package var kind: Kind
    /// Index into `MIMEStructure.parts`; nil for the message itself.
    package var parent: Int?
    package var children: [Int] = []
    /// With the empty line that ends it, if there is one.
    package var header: Range<Int>
    /// Without the line end before the next boundary, which belongs to the boundary (RFC 2046 §5.1.1).
    package var body: Range<Int>
    package var bodyLines: Int
    /// False for a message with neither MIME-Version nor Content-Type: its other Content-* fields mean nothing.
    package var isMIME: Bool
    var isDigest = false

    package init(
        kind: Kind, parent: Int?, header: Range<Int>, body: Range<Int>, bodyLines: Int, isMIME: Bool
    ) {
        self.kind = kind
        self.parent = parent
        self.header = header
        self.body = body
        self.bodyLines = bodyLines
        self.isMIME = isMIME
    }
}

/// The parts of a message as a flat list; the message itself is the first.
package struct MIMEStructure: Hashable, Sendable {
    package var parts: [MIMEPart]
    /// Lines and boundary comparisons that the parser went through: for tests that hold it to being linear.
    package var work: Int

    package init(parts: [MIMEPart], work: Int) {
        self.parts = parts
        self.work = work
    }

    package var root: MIMEPart { parts[0] }

    /// Never fails and never takes more than linear time; any bytes are a message.
    package static func parse(_ bytes: Span<UInt8>, limits: MIMELimits = .standard) -> MIMEStructure {
        var parser = MIMEStructureParser(limits: limits)
        parser.parse(bytes)
        return MIMEStructure(parts: parser.parts, work: parser.work)
    }

    /// What `BODY[…]` numbers, in IMAP's sense (RFC 3501 §6.4.5): the children of a multipart by their place, the one
    /// part of anything else as 1, and through a message/rfc822 to the parts of the message within.
    package func part(numbered numbers: [Int]) -> Int? {
        guard !parts.isEmpty else { return nil }
        var index = 0
        var isOwnPart = false
        for (place, number) in numbers.enumerated() {
            if parts[index].kind == .multipart {
                guard number >= 1, number <= parts[index].children.count else { return nil }
                index = parts[index].children[number - 1]
            } else {
                // What has no parts is its own part 1.
                guard number == 1, !isOwnPart else { return nil }
                isOwnPart = true
            }
            if place + 1 < numbers.count, parts[index].kind == .message, let inner = parts[index].children.first {
                index = inner
                isOwnPart = false
            }
        }
        return index
    }
}

extension MIMEStructure {
    /// The message's own header with its empty line; everything when there is none.
    package static func headerRange(_ bytes: Span<UInt8>) -> Range<Int> {
        var position = 0
        while position < bytes.count {
            let isEmptyLine = HeaderFieldScanner.isEmptyLine(bytes, at: position)
            guard let lineFeed = ByteScan.firstIndex(of: 0x0A, in: bytes, from: position, below: bytes.count) else {
                return 0..<bytes.count
            }
            position = lineFeed + 1
            if isEmptyLine { break }
        }
        return 0..<position
    }
}
