/// Where in an address field the addresses themselves stand (addr-spec, RFC 5322 §3.4.1), so that one can be rewritten and
/// everything around it stays as it was: display names, comments, folds, groups.
package struct AddressSpecificationScan: Hashable, Sendable {
    /// In the order of the field; blanks and comments within an addr-spec (obsolete, and seldom seen) are part of its range.
    package private(set) var ranges: [Range<Int>] = []
    /// A quoted string, a comment or an angle bracket is not closed, or there are more than `limit` addresses: what a
    /// reader would see there nobody can tell.
    package private(set) var isMalformed = false

    package static let limit = 10_000

    /// - Parameter value: the part of `bytes` behind the field's colon.
    package init(_ bytes: [UInt8], in value: Range<Int>) {
        var element = Element(at: value.lowerBound)
        var lexer = Lexer()
        for index in value.clamped(to: bytes.indices) {
            let byte = bytes[index]
            let kind = lexer.consume(byte)
            switch kind {
            case .comma, .semicolon:
                take(element, bytes)
                element = Element(at: index + 1)
            case .colon:
                // A group's display name names nobody.
                element = Element(at: index + 1)
            case .open:
                if element.angle != nil { isMalformed = true }
                element.angle = index + 1..<index + 1
            case .close:
                if let angle = element.angle { element.angle = angle.lowerBound..<index }
            case .text:
                element.extend(to: index)
            case .blank, .comment:
                break
            }
        }
        take(element, bytes)
        if !lexer.isClosed || lexer.isBroken { isMalformed = true }
    }

    private mutating func take(_ element: Element, _ bytes: [UInt8]) {
        guard let range = element.specification(bytes), !range.isEmpty else { return }
        guard ranges.count < Self.limit else {
            isMalformed = true
            return
        }
        ranges.append(range)
    }

    /// What stands between two commas.
    private struct Element {
        private var start: Int
        /// From the first to the last octet that is neither blank nor in a comment.
        private var text: Range<Int>?
        var angle: Range<Int>?

        init(at start: Int) {
            self.start = start
        }

        mutating func extend(to index: Int) {
            text = (text?.lowerBound ?? index)..<index + 1
        }

        func specification(_ bytes: [UInt8]) -> Range<Int>? {
            guard let angle else { return text }
            var inside = angle
            // obs-route = obs-domain-list ":"
            if let first = bytes[inside].first(where: { !Lexer.isBlank($0) }), first == UInt8(ascii: "@"),
                let colon = bytes[inside].firstIndex(of: UInt8(ascii: ":"))
            {
                inside = colon + 1..<inside.upperBound
            }
            while let first = bytes[inside].first, Lexer.isBlank(first) {
                inside = inside.lowerBound + 1..<inside.upperBound
            }
            while let last = bytes[inside].last, Lexer.isBlank(last) {
                inside = inside.lowerBound..<inside.upperBound - 1
            }
            return inside
        }
    }

    /// The lexical structure of RFC 5322 §3.2.
    private struct Lexer {
        enum Kind {
            case text, blank, comment, comma, semicolon, colon, open, close
        }

        private var isQuoted = false
        private var isEscaped = false
        private var comments = 0
        private var isAngled = false
        private var isLiteral = false
        private(set) var isBroken = false

        var isClosed: Bool { !isQuoted && comments == 0 && !isAngled && !isLiteral }

        static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

        mutating func consume(_ byte: UInt8) -> Kind {
            if isEscaped {
                isEscaped = false
                return comments > 0 ? .comment : .text
            }
            if comments > 0 {
                switch byte {
                case UInt8(ascii: "\\"): isEscaped = true
                case UInt8(ascii: "("): comments += 1
                case UInt8(ascii: ")"): comments -= 1
                default: break
                }
                return .comment
            }
            if isQuoted {
                if byte == UInt8(ascii: "\\") { isEscaped = true }
                if byte == UInt8(ascii: "\"") { isQuoted = false }
                return .text
            }
            switch byte {
            case UInt8(ascii: "\""):
                isQuoted = true
                return .text
            case UInt8(ascii: "("):
                comments = 1
                return .comment
            case UInt8(ascii: "["):
                isLiteral = true
                return .text
            case UInt8(ascii: "]"):
                isLiteral = false
                return .text
            case _ where Self.isBlank(byte): return .blank
            case _ where isLiteral: return .text
            case UInt8(ascii: "<"):
                if isAngled { isBroken = true }
                isAngled = true
                return .open
            case UInt8(ascii: ">"):
                if !isAngled { isBroken = true }
                isAngled = false
                return .close
            case _ where isAngled: return .text
            case UInt8(ascii: ","): return .comma
            case UInt8(ascii: ";"): return .semicolon
            case UInt8(ascii: ":"): return .colon
            default: return .text
            }
        }
    }
}
