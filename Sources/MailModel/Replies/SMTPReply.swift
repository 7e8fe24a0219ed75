/// One SMTP or LMTP reply (RFC 5321 §4.2): a code, an enhanced code where the reply has one, and lines of text.
///
/// Text never holds CR, LF or other controls: the initialiser replaces them, so that nothing that came from a
/// client or a directory can forge a line of the dialogue.
package struct SMTPReply: Hashable, Sendable, CustomStringConvertible {
    package let code: UInt16
    package let enhanced: EnhancedStatusCode?
    package let lines: [String]

    package init(_ code: UInt16, _ enhanced: EnhancedStatusCode?, _ text: String) {
        self.init(code, enhanced, lines: [text])
    }

    package init(_ code: UInt16, _ enhanced: EnhancedStatusCode?, lines: [String]) {
        self.code = code
        self.enhanced = enhanced
        self.lines = lines.map { line in
            String(
                String.UnicodeScalarView(
                    line.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
        }
    }

    package var isPositive: Bool { code < 400 }
    /// 4xx: the client tries again later.
    package var isTransient: Bool { (400..<500).contains(code) }
    package var isPermanent: Bool { code >= 500 }

    /// As one line of a log: `451 4.3.0 <a@b.example>: Temporary lookup failure`.
    package var description: String {
        ([String(code)] + (enhanced.map { [$0.description] } ?? []) + [lines.joined(separator: " / ")])
            .joined(separator: " ")
    }
}
