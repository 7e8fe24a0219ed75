/// The value of one header field, unfolded. By its type it can't end the field and start another: there is no way to make
/// one that holds CR, LF or NUL.
package struct HeaderValue: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// Nil when `text` holds a control character other than a tab.
    package init?(_ text: String) {
        for scalar in text.unicodeScalars where scalar.value < 0x20 && scalar != "\t" || scalar.value == 0x7F {
            return nil
        }
        self.text = text
    }

    /// Every control character becomes `?`.
    package init(replacingControls text: String) {
        self.text = String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7F ? "?" : $0 }))
    }

    package var description: String { text }
}

/// One header field on its way out: a name and the lines of its value, folded between them (RFC 5322 §2.2.3).
package struct ComposedHeaderField: Hashable, Sendable {
    package let name: String
    package let lines: [HeaderValue]

    /// Nil for a name that is none: empty, or with anything but printable ASCII other than the colon.
    package init?(named name: String, _ lines: [HeaderValue]) {
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }) else {
            return nil
        }
        self.name = name
        self.lines = lines
    }

    /// A name that stands in our own source.
    package init(_ name: StaticString, _ lines: [HeaderValue]) {
        self.name = "\(name)"
        self.lines = lines
    }

    /// With CRLF behind every line, a tab before those that continue.
    package var bytes: [UInt8] {
        Array("\(name): \(lines.map(\.text).joined(separator: "\r\n\t"))\r\n".utf8)
    }
}
