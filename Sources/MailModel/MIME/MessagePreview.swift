/// The beginning of what a message says, for lists of messages (RFC 8970).
package enum MessagePreview {
    /// RFC 8970 §3.1: no more than 256 characters; 200 are enough for a list.
    private static let maximumCharacters = 200
    /// Octets of a part that are looked at.
    private static let maximumOctets = 16 << 10

    /// UTF-8 on one line; empty when no part is text.
    package static func make(_ bytes: Span<UInt8>, _ structure: MIMEStructure) -> [UInt8] {
        var markup: (MIMEPart, MIMEContentFields)?
        for part in structure.parts where part.kind == .text {
            var fields = MIMEContentFields()
            if part.isMIME { fields = MIMEContentFields.parse(bytes, header: part.header) }
            if let disposition = fields.disposition, ASCII.equalIgnoringCase(disposition, "attachment".utf8) {
                continue
            }
            if ASCII.equalIgnoringCase(fields.subtype ?? [], "html".utf8) {
                if markup == nil { markup = (part, fields) }
                continue
            }
            let text = condensed(decoded(bytes, part, fields))
            if !text.isEmpty { return text }
        }
        guard let (part, fields) = markup else { return [] }
        return condensed(MarkupText.plain(decoded(bytes, part, fields)))
    }

    private static func decoded(_ bytes: Span<UInt8>, _ part: MIMEPart, _ fields: MIMEContentFields) -> [UInt8] {
        let range = part.body.lowerBound..<part.body.lowerBound + min(part.body.count, maximumOctets)
        let octets = TransferDecoding(fields.transferEncoding).decode(bytes, range.clamped(to: 0..<bytes.count))
        return TextCharset(fields.parameter("charset") ?? []).utf8(octets)
    }

    /// White space and controls as one space; what is no UTF-8 as U+FFFD. Most text is long enough in its beginning.
    private static func condensed(_ text: [UInt8]) -> [UInt8] {
        var end = min(4 * maximumCharacters, text.count)
        // Not within a character.
        while end > 0, end < text.count, text[end] & 0xC0 == 0x80 { end -= 1 }
        let (beginning, isFull) = condensed(text[..<end])
        return isFull || end == text.count ? beginning : condensed(text[...]).text
    }

    private static func condensed(_ text: ArraySlice<UInt8>) -> (text: [UInt8], isFull: Bool) {
        var result = String.UnicodeScalarView()
        var count = 0
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            guard count < maximumCharacters else { break }
            let isSpace =
                scalar.value < 0x80
                ? scalar.value <= 0x20 || scalar.value == 0x7F
                : scalar.properties.isWhitespace
            if isSpace {
                guard let last = result.last, last != " " else { continue }
                result.append(" ")
            } else {
                result.append(scalar)
            }
            count += 1
        }
        if result.last == " " { result.removeLast() }
        return (Array(String(result).utf8), count == maximumCharacters)
    }
}

/// What a reader sees of HTML, roughly: without tags, style sheets, scripts and comments.
enum MarkupText {
    private static let entities: [(name: [UInt8], text: [UInt8])] = [
        ("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\""), ("apos", "'"), ("nbsp", " "), ("zwnj", ""),
    ].map { (Array($0.0.utf8), Array($0.1.utf8)) }

    static func plain(_ markup: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var position = 0
        while position < markup.count {
            let byte = markup[position]
            if byte == UInt8(ascii: "<") {
                position = end(ofTagAt: position, in: markup)
                result.append(0x20)
            } else if byte == UInt8(ascii: "&"), let (text, end) = entity(at: position, in: markup) {
                result += text
                position = end
            } else {
                result.append(byte)
                position += 1
            }
        }
        return result
    }

    private static func end(ofTagAt start: Int, in markup: [UInt8]) -> Int {
        for name in ["style", "script", "head", "title"] where has("<\(name)", at: start, in: markup) {
            var position = start + 1
            while position < markup.count {
                if markup[position] == UInt8(ascii: "<"), has("</\(name)", at: position, in: markup) {
                    return after(">", from: position, in: markup)
                }
                position += 1
            }
            return markup.count
        }
        guard has("<!--", at: start, in: markup) else { return after(">", from: start, in: markup) }
        var position = start + 4
        while position < markup.count, !has("-->", at: position, in: markup) { position += 1 }
        return min(position + 3, markup.count)
    }

    private static func after(_ character: Character, from start: Int, in markup: [UInt8]) -> Int {
        let byte = character.asciiValue ?? 0
        return markup[start...].firstIndex(of: byte).map { $0 + 1 } ?? markup.count
    }

    private static func has(_ text: String, at position: Int, in markup: [UInt8]) -> Bool {
        let end = position + text.utf8.count
        return end <= markup.count && ASCII.equalIgnoringCase(markup[position..<end], text.utf8)
    }

    private static func entity(at start: Int, in markup: [UInt8]) -> (text: [UInt8], end: Int)? {
        guard let end = markup[start...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let name = markup[(start + 1)..<end]
        if let known = entities.first(where: { $0.name == Array(name) }) { return (known.text, end + 1) }
        guard name.first == UInt8(ascii: "#") else { return nil }
        let digits = String(decoding: name.dropFirst(), as: UTF8.self)
        let value =
            digits.hasPrefix("x") || digits.hasPrefix("X") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        guard let scalar = value.flatMap(Unicode.Scalar.init) else { return nil }
        return (Array(String(Character(scalar)).utf8), end + 1)
    }
}
