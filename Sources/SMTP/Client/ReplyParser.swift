package import MailModel
package import NIOCore

/// Why what a server sent is no reply.
package struct ReplySyntaxError: Error, Hashable {
    package let text: String
}

/// Finds replies in what a server sends, however it is cut. Line ends may be bare LF; everything else is bounded.
///
///     Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
package struct ReplyParser: Sendable {
    /// RFC 5321 §4.5.3.1.5 says 512.
    static let lineLimit = 4096
    package static let maximumLines = 128

    private var input = ByteBuffer()
    private var lines: [String] = []
    private var octets = 0
    private var enhanced: EnhancedStatusCode?
    private var firstDigit: UInt16?
    /// How much of `input` is known to hold no line end.
    private var scanned = 0

    /// Whether nothing is left of what was received, not even half a line.
    var isEmpty: Bool { input.readableBytes == 0 && lines.isEmpty }

    package init() {}

    package mutating func append(_ bytes: ByteBuffer) {
        input.writeImmutableBuffer(bytes)
    }

    /// The next whole reply; nil if more input is needed.
    package mutating func next() throws(ReplySyntaxError) -> SMTPReply? {
        while let line = try nextLine() {
            guard let code = Self.code(line) else { throw ReplySyntaxError(text: "a line that is no SMTP reply") }
            guard firstDigit == nil || firstDigit == code / 100 else {
                throw ReplySyntaxError(text: "a reply of several lines with different codes")
            }
            firstDigit = code / 100
            let separator = line.dropFirst(3).first
            let (enhanced, text) = Self.split(line.dropFirst(4), code / 100)
            if lines.isEmpty { self.enhanced = enhanced }
            octets += line.count
            lines.append(String(decoding: text, as: UTF8.self))
            guard lines.count <= Self.maximumLines, octets <= Self.maximumLines * 512 else {
                throw ReplySyntaxError(text: "a reply of too many lines")
            }
            guard separator == UInt8(ascii: "-") else {
                defer { (lines, octets, firstDigit, self.enhanced) = ([], 0, nil, nil) }
                return SMTPReply(code, self.enhanced, lines: lines)
            }
        }
        return nil
    }

    private mutating func nextLine() throws(ReplySyntaxError) -> [UInt8]? {
        let view = input.readableBytesView.dropFirst(scanned)
        guard let feed = view.firstIndex(of: 0x0A) else {
            scanned = input.readableBytes
            guard scanned <= Self.lineLimit else { throw ReplySyntaxError(text: "a line that is too long") }
            return nil
        }
        scanned = 0
        let length = feed - input.readerIndex + 1
        guard length <= Self.lineLimit, var line = input.readBytes(length: length) else {
            throw ReplySyntaxError(text: "a line that is too long")
        }
        input.discardReadBytes()
        line.removeLast()
        if line.last == 0x0D { line.removeLast() }
        return line
    }

    /// Three digits, 200 to 599, and a space, a hyphen or nothing behind them. 1xx means nothing in SMTP.
    private static func code(_ line: [UInt8]) -> UInt16? {
        guard line.count >= 3, line[..<3].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let code = line[..<3].reduce(UInt16(0)) { $0 * 10 + UInt16($1 - 0x30) }
        guard (200..<600).contains(code) else { return nil }
        guard line.count > 3 else { return code }
        return line[3] == UInt8(ascii: " ") || line[3] == UInt8(ascii: "-") ? code : nil
    }

    /// RFC 2034 §4: the enhanced code stands in front of the text, on every line, and its class is the code's first digit.
    private static func split(
        _ text: ArraySlice<UInt8>, _ firstDigit: UInt16
    ) -> (EnhancedStatusCode?, ArraySlice<UInt8>) {
        let word = text.prefix { $0 != UInt8(ascii: " ") }
        let numbers = word.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard numbers.count == 3,
            numbers.allSatisfy({ (1...3).contains($0.count) && $0.allSatisfy { (0x30...0x39).contains($0) } })
        else { return (nil, text) }
        let values = numbers.map { $0.reduce(UInt16(0)) { $0 * 10 + UInt16($1 - 0x30) } }
        guard values[0] == firstDigit, [2, 4, 5].contains(firstDigit) else { return (nil, text) }
        return (EnhancedStatusCode(UInt8(values[0]), values[1], values[2]), text[word.endIndex...].dropFirst())
    }
}
