/// A YAML document being written: mappings in the order given, scalars quoted where YAML would read them otherwise.
package indirect enum YAMLValue: Sendable {
    /// A comment stands behind it: where the value came from.
    case scalar(String, comment: String? = nil)
    case list([YAMLValue])
    case mapping([(key: String, value: YAMLValue)])

    package var text: String { text(isCommented: false) }

    package func text(isCommented: Bool) -> String {
        var lines: [String] = []
        write(into: &lines, indentation: 0, isCommented)
        return lines.map { $0 + "\n" }.joined()
    }

    private func write(into lines: inout [String], indentation: Int, _ isCommented: Bool) {
        let margin = String(repeating: " ", count: indentation)
        switch self {
        case .scalar(let text, let comment):
            lines.append(margin + Self.quoted(text) + Self.comment(comment, isCommented))
        case .list(let elements):
            for element in elements {
                var inner: [String] = []
                element.write(into: &inner, indentation: indentation + 2, isCommented)
                guard let first = inner.first else { continue }
                lines.append(margin + "- " + first.dropFirst(indentation + 2))
                lines += inner.dropFirst()
            }
        case .mapping(let entries):
            for (key, value) in entries {
                let name = margin + Self.quoted(key) + ":"
                switch value {
                case .scalar(let text, let comment):
                    lines.append(name + " " + Self.quoted(text) + Self.comment(comment, isCommented))
                case .list(let elements) where elements.isEmpty: lines.append(name + " []")
                case .mapping(let inner) where inner.isEmpty: lines.append(name + " {}")
                case .list, .mapping:
                    lines.append(name)
                    value.write(into: &lines, indentation: indentation + 2, isCommented)
                }
            }
        }
    }

    private static func comment(_ text: String?, _ isCommented: Bool) -> String {
        guard let text, isCommented else { return "" }
        return "  # " + String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
    }

    private static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && !reserved.contains(text.lowercased())
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: plain.contains(byte)
                }
            } && !unsafeFirst.contains(text.utf8.first ?? 0) && text.utf8.last != UInt8(ascii: ":")
            && text.utf8.last != UInt8(ascii: " ") && !text.contains(": ")
        guard !isPlain else { return text }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let hex = String(scalar.value, radix: 16)
                result += "\\x" + (hex.count < 2 ? "0" : "") + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static let plain = Array("_-./=()+~:$ @,%*&|;".utf8)
    private static let unsafeFirst = Array("-=~: @,%*&|".utf8)
    /// Words that YAML reads as no text at all; that `yes` is text to us is for the reader of each key to know.
    private static let reserved: Set<String> = ["null"]
}
