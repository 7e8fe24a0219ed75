/// Reads the lexical elements of structured header fields (RFC 5322 §3.2, RFC 2045 §5.1), obsolete forms included and
/// no stricter than needed: eight-bit octets count as letters, as mail in the wild has them.
struct StructuredFieldReader {
    /// What stands behind the element just read.
    enum Progress {
        case more
        case end
        /// The element was broken off or not there.
        case malformed
    }

    /// U+FFFD, for NUL.
    private static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]

    let bytes: [UInt8]
    var position = 0
    /// The text of the comment read last: the display name of `user@example.org (Name)`.
    var lastComment: [UInt8] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var current: UInt8? { position < bytes.count ? bytes[position] : nil }
    private var progress: Progress { position < bytes.count ? .more : .end }

    mutating func advance() {
        position += 1
    }

    /// CFWS = (1*([FWS] comment) [FWS]) / FWS
    mutating func skipWhiteSpace() -> Progress {
        while let byte = current {
            switch byte {
            case 0x20, 0x09, 0x0D, 0x0A: position += 1
            case UInt8(ascii: "("): if skipComment() == .malformed { return .malformed }
            default: return .more
            }
        }
        return .end
    }

    /// comment = "(" *([FWS] ccontent) [FWS] ")" ; ccontent = ctext / quoted-pair / comment
    private mutating func skipComment() -> Progress {
        lastComment = []
        position += 1
        var start = position
        var level = 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "("): level += 1
            case UInt8(ascii: ")"):
                level -= 1
                if level == 0 {
                    lastComment += bytes[start..<position]
                    position += 1
                    return progress
                }
            case UInt8(ascii: "\\"):
                lastComment += bytes[start..<position]
                start = position + 1
                position += 1
                if position >= bytes.count { return .malformed }
            case 0x0A, 0x00:
                lastComment += bytes[start..<position]
                if bytes[position] == 0 { lastComment += Self.replacement }
                start = position + 1
            default: break
            }
            position += 1
        }
        return .malformed
    }

    /// atom = [CFWS] 1*atext [CFWS]
    mutating func atom(into text: inout [UInt8]) -> Progress {
        guard let first = current, Self.isAtext(first) else { return .malformed }
        appendWhile(Self.isAtext, to: &text)
        return position < bytes.count ? skipWhiteSpace() : .end
    }

    /// dot-atom = [CFWS] 1*atext *("." 1*atext) [CFWS], white space around the dots allowed (obs-local-part)
    mutating func dotAtom(into text: inout [UInt8]) -> Progress {
        guard let first = current, Self.isAtext(first) else { return .malformed }
        while true {
            let start = position
            appendWhile(Self.isAtext, to: &text)
            guard position > start else { return .malformed }
            guard position < bytes.count else { return .end }
            let behind = skipWhiteSpace()
            guard behind == .more else { return behind }
            guard current == UInt8(ascii: ".") else { return .more }
            position += 1
            text.append(UInt8(ascii: "."))
            guard skipWhiteSpace() == .more else { return .malformed }
        }
    }

    /// token := 1*<any CHAR except SPACE, CTLs, or tspecials>
    mutating func mimeToken(into text: inout [UInt8]) -> Progress {
        appendWhile(Self.isToken, to: &text)
        return position < bytes.count ? skipWhiteSpace() : .end
    }

    /// quoted-string = [CFWS] DQUOTE *([FWS] qcontent) [FWS] DQUOTE [CFWS]; stands on the first quote
    mutating func quotedString(into text: inout [UInt8]) -> Progress {
        position += 1
        var start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                text += bytes[start..<position]
                position += 1
                return skipWhiteSpace()
            case 0x0A, 0x00:
                text += bytes[start..<position]
                if bytes[position] == 0 { text += Self.replacement }
                start = position + 1
            case UInt8(ascii: "\\"):
                text += bytes[start..<position]
                position += 1
                if position >= bytes.count { return .malformed }
                start = position
            default: break
            }
            position += 1
        }
        return .malformed
    }

    /// phrase = 1*word / obs-phrase ; word = atom / quoted-string ; obs-phrase = word *(word / "." / CFWS)
    mutating func phrase(into text: inout [UInt8]) -> Progress {
        guard let first = current else { return .end }
        if first == UInt8(ascii: ".") { return .malformed }
        while true {
            let behind: Progress
            if current == UInt8(ascii: "\"") {
                behind = quotedString(into: &text)
            } else {
                appendWhile({ Self.isAtext($0) || $0 == UInt8(ascii: ".") }, to: &text)
                behind = position < bytes.count ? skipWhiteSpace() : .end
            }
            guard behind == .more, let next = current else { return behind }
            guard Self.isAtext(next) || next == UInt8(ascii: "\"") || next == UInt8(ascii: ".") else { return .more }
            text.append(0x20)
        }
    }

    /// domain = dot-atom / domain-literal / obs-domain; stands on the "@"
    mutating func domain(into text: inout [UInt8]) -> Progress {
        position += 1
        guard skipWhiteSpace() == .more else { return .malformed }
        return current == UInt8(ascii: "[") ? domainLiteral(into: &text) : dotAtom(into: &text)
    }

    /// domain-literal = [CFWS] "[" *([FWS] dtext) [FWS] "]" [CFWS]
    private mutating func domainLiteral(into text: inout [UInt8]) -> Progress {
        var start = position
        position += 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\\"): position += 1
            case UInt8(ascii: "["): return .malformed
            case 0x0A:
                text += bytes[start..<position]
                start = position + 1
            case UInt8(ascii: "]"):
                position += 1
                text += bytes[start..<position]
                return skipWhiteSpace()
            default: break
            }
            position += 1
        }
        position = bytes.count
        return .malformed
    }

    private mutating func appendWhile(_ belongs: (UInt8) -> Bool, to text: inout [UInt8]) {
        let start = position
        while position < bytes.count, belongs(bytes[position]) { position += 1 }
        text += bytes[start..<position]
    }

    /// atext of RFC 5322 §3.2.3, and every eight-bit octet.
    static func isAtext(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2F...0x39, 0x3D, 0x3F, 0x41...0x5A, 0x5E...0x7E, 0x80...0xFF: true
        default: false
        }
    }

    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "?"): false
        case UInt8(ascii: "."): true
        default: isAtext(byte)
        }
    }
}
