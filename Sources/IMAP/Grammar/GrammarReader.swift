import MailModel

/// Reads the elements of RFC 3501 §9 from one command's bytes (as `CommandFramer` gives them).
package struct GrammarReader {
    private let bytes: [UInt8]
    package private(set) var position = 0
    package let limits: IMAPLimits
    private var depth = 0

    package init(_ bytes: [UInt8], limits: IMAPLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    package var isAtEnd: Bool { position >= bytes.count }
    package var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// For alternatives that need more than one octet to be told apart.
    package mutating func rewind(to position: Int) {
        self.position = min(position, bytes.count)
    }

    /// A literal begins here whose octets are not among the bytes: its announcement is their end.
    package var isAtAnnouncement: Bool {
        let start = current == UInt8(ascii: "~") ? position + 1 : position
        guard start < bytes.count, bytes[start] == UInt8(ascii: "{") else { return false }
        return bytes[start...].firstIndex(of: 0x0A) == bytes.count - 1
    }

    package mutating func end() throws(IMAPSyntaxError) {
        // A space before the line end is common and harmless.
        while current == 0x20 { position += 1 }
        guard isAtEnd else { throw IMAPSyntaxError("Too many arguments") }
    }

    package mutating func skip(_ byte: Character) -> Bool {
        guard let ascii = byte.asciiValue, current == ascii else { return false }
        position += 1
        return true
    }

    package mutating func expect(_ byte: Character) throws(IMAPSyntaxError) {
        guard skip(byte) else { throw IMAPSyntaxError("Expected '\(byte)'") }
    }

    /// SP, of which clients sometimes send two.
    package mutating func space() throws(IMAPSyntaxError) {
        guard current == 0x20 else { throw IMAPSyntaxError("Missing arguments") }
        while current == 0x20 { position += 1 }
    }

    package mutating func skipSpace() -> Bool {
        guard current == 0x20 else { return false }
        while current == 0x20 { position += 1 }
        return true
    }

    /// Counts what is nested within parentheses, NOT and OR.
    package mutating func nested<Result>(
        _ body: (inout GrammarReader) throws(IMAPSyntaxError) -> Result
    ) throws(IMAPSyntaxError) -> Result {
        guard depth < limits.nesting else { throw IMAPSyntaxError("Too deeply nested", kind: .limit) }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    // MARK: Atoms and strings

    /// tag = 1*<any ASTRING-CHAR except "+">
    package mutating func tag() -> [UInt8]? {
        let start = position
        while let byte = current, Self.isAstringCharacter(byte), byte != UInt8(ascii: "+"), position - start < 128 {
            position += 1
        }
        return position > start ? Array(bytes[start..<position]) : nil
    }

    /// atom = 1*ATOM-CHAR
    package mutating func atom() throws(IMAPSyntaxError) -> [UInt8] {
        let start = position
        while let byte = current, Self.isAtomCharacter(byte) { position += 1 }
        guard position > start else { throw IMAPSyntaxError("Expected an atom") }
        return Array(bytes[start..<position])
    }

    /// A keyword of the grammar: letters, digits, `.` and `-`, in upper case.
    package mutating func word() throws(IMAPSyntaxError) -> String {
        let start = position
        while let byte = current {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "-"): position += 1
            default:
                guard position > start else { throw IMAPSyntaxError("Expected a word") }
                return uppercased(start)
            }
            if position - start > 64 { throw IMAPSyntaxError("Unknown word") }
        }
        guard position > start else { throw IMAPSyntaxError("Missing arguments") }
        return uppercased(start)
    }

    private func uppercased(_ start: Int) -> String {
        String(decoding: bytes[start..<position].lazy.map { ASCII.uppercased($0) }, as: UTF8.self)
    }

    /// astring = 1*ASTRING-CHAR / string
    package mutating func astring() throws(IMAPSyntaxError) -> [UInt8] {
        if let string = try string() { return string }
        let start = position
        while let byte = current, Self.isAstringCharacter(byte) { position += 1 }
        guard position > start else { throw IMAPSyntaxError("Expected a string") }
        return Array(bytes[start..<position])
    }

    /// string = quoted / literal ; nil when neither begins here
    package mutating func string() throws(IMAPSyntaxError) -> [UInt8]? {
        switch current {
        case UInt8(ascii: "\""): try quoted()
        case UInt8(ascii: "{"): try literal()
        default: nil
        }
    }

    /// nstring = string / "NIL"
    package mutating func nstring() throws(IMAPSyntaxError) -> [UInt8]? {
        if let string = try string() { return string }
        guard try word() == "NIL" else { throw IMAPSyntaxError("Expected a string or NIL") }
        return nil
    }

    /// quoted = DQUOTE *QUOTED-CHAR DQUOTE
    private mutating func quoted() throws(IMAPSyntaxError) -> [UInt8] {
        position += 1
        var result: [UInt8] = []
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return result
            case UInt8(ascii: "\\"):
                guard let escaped = current, escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else {
                    throw IMAPSyntaxError("Invalid quoting")
                }
                position += 1
                result.append(escaped)
            case 0x0D, 0x0A, 0x00: throw IMAPSyntaxError("Line end in quoted string")
            default: result.append(byte)
            }
        }
        throw IMAPSyntaxError("Missing '\"'")
    }

    /// literal8 = "~{" number ["+"] "}" CRLF *OCTET (RFC 3516 §7)
    package mutating func literal8() throws(IMAPSyntaxError) -> [UInt8] {
        try expect("~")
        return try literal(takesNUL: true)
    }

    /// literal = "{" number ["+"] "}" CRLF *CHAR8
    private mutating func literal(takesNUL: Bool = false) throws(IMAPSyntaxError) -> [UInt8] {
        guard let brace = bytes[position...].firstIndex(of: 0x0A), brace - position <= 72,
            let announcement = LiteralAnnouncement(endOfLine: bytes[position...brace]),
            bytes.count - (brace + 1) >= announcement.size
        else { throw IMAPSyntaxError("Invalid literal") }
        let start = brace + 1
        position = start + announcement.size
        let content = bytes[start..<position]
        guard takesNUL || !content.contains(0) else { throw IMAPSyntaxError("NUL in literal") }
        return Array(content)
    }

    /// list-mailbox = 1*list-char / string ; list-char = ATOM-CHAR / list-wildcards / resp-specials
    package mutating func listMailbox() throws(IMAPSyntaxError) -> [UInt8] {
        if let string = try string() { return string }
        let start = position
        while let byte = current,
            Self.isAstringCharacter(byte) || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "*")
        {
            position += 1
        }
        guard position > start else { throw IMAPSyntaxError("Expected a mailbox pattern") }
        return Array(bytes[start..<position])
    }

    /// The octets that are left, taken as they are: the initial response of AUTHENTICATE.
    package mutating func rest() -> [UInt8] {
        defer { position = bytes.count }
        return Array(bytes[min(position, bytes.count)...])
    }

    // MARK: Numbers

    /// number = 1*DIGIT ; below 2^63
    package mutating func number() throws(IMAPSyntaxError) -> UInt64 {
        let start = position
        var value: UInt64 = 0
        while let byte = current, byte >= 0x30, byte <= 0x39 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(byte - 0x30))
            guard !overflow, !carry, sum < 1 << 63 else { throw IMAPSyntaxError("Number too big") }
            value = sum
            position += 1
        }
        guard position > start else { throw IMAPSyntaxError("Expected a number") }
        return value
    }

    /// nz-number of 32 bits
    package mutating func nonZeroNumber() throws(IMAPSyntaxError) -> UInt32 {
        guard let value = UInt32(exactly: try number()), value > 0 else { throw IMAPSyntaxError("Invalid number") }
        return value
    }

    // MARK: Characters

    /// ATOM-CHAR = <any CHAR except atom-specials> ; atom-specials = "(" / ")" / "{" / SP / CTL / "%" / "*" / DQUOTE /
    /// "\" / "]"
    package static func isAtomCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case ...0x20, 0x7F..., UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "{"), UInt8(ascii: "%"),
            UInt8(ascii: "*"), UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "]"):
            false
        default: true
        }
    }

    /// ASTRING-CHAR = ATOM-CHAR / resp-specials
    package static func isAstringCharacter(_ byte: UInt8) -> Bool {
        isAtomCharacter(byte) || byte == UInt8(ascii: "]")
    }
}
