import MailModel

/// Lines of a report: none longer than a message may have, none that ends early.
enum ReportLines {
    /// RFC 5322 §2.1.1, with room for a field's name and a fold.
    private static let longest = 900

    /// Words put on lines of at most `width` characters; a word that is longer than any line may be is cut.
    static func wrap(_ text: String, width: Int = 76, indent: String = "", first: String? = nil) -> [String] {
        var lines: [String] = []
        var line = first ?? indent
        var isEmpty = true
        for word in text.split(separator: " ") {
            for piece in cut(word) {
                if !isEmpty, line.count + 1 + piece.count > width {
                    lines.append(line)
                    line = indent
                    isEmpty = true
                }
                line += (isEmpty ? "" : " ") + piece
                isEmpty = false
            }
        }
        if !isEmpty || lines.isEmpty { lines.append(line) }
        return lines
    }

    /// A header field, folded between words.
    static func field(_ name: StaticString, _ text: String) -> [UInt8] {
        let lines = wrap(text, width: 70).map { HeaderValue(replacingControls: $0) }
        return ComposedHeaderField(name, lines).bytes
    }

    private static func cut(_ word: Substring) -> [Substring] {
        guard word.utf8.count > longest else { return [word] }
        var pieces: [Substring] = []
        var rest = word.unicodeScalars[...]
        while !rest.isEmpty {
            // A scalar is four octets at most.
            let piece = rest.prefix(longest / 4)
            pieces.append(Substring(piece))
            rest = rest.dropFirst(longest / 4)
        }
        return pieces
    }

    /// For where only ASCII may stand.
    static func ascii(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x80 ? $0 : "?" }))
    }

    /// No more of another server's words than a person reads.
    static func bounded(_ text: String) -> String { text.utf8.count > 4000 ? String(text.prefix(1000)) + " ..." : text }
}

extension SMTPReply {
    /// `550 5.1.1 No such user`, on one line.
    var reportText: String {
        let words = [String(code)] + (enhanced.map { [$0.description] } ?? []) + lines
        return ReportLines.bounded(words.filter { !$0.isEmpty }.joined(separator: " "))
    }
}
