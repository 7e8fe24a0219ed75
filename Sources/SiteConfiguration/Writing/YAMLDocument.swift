/// A YAML document being written: mappings in the order given, scalars quoted where YAML would read them otherwise.
package indirect enum YAMLValue: Sendable {
    case scalar(String)
    case list([YAMLValue])
    case mapping([(key: String, value: YAMLValue)])

    package var text: String {
        var lines: [String] = []
        write(into: &lines, indentation: 0)
        return lines.map { $0 + "\n" }.joined()
    }

    private func write(into lines: inout [String], indentation: Int) {
        let margin = String(repeating: " ", count: indentation)
        switch self {
        case .scalar(let text):
            lines.append(margin + Self.quoted(text))
        case .list(let elements):
            for element in elements {
                var inner: [String] = []
                element.write(into: &inner, indentation: indentation + 2)
                guard let first = inner.first else { continue }
                lines.append(margin + "- " + first.dropFirst(indentation + 2))
                lines += inner.dropFirst()
            }
        case .mapping(let entries):
            for (key, value) in entries {
                let name = margin + Self.quoted(key) + ":"
                switch value {
                case .scalar(let text): lines.append(name + " " + Self.quoted(text))
                case .list(let elements) where elements.isEmpty: lines.append(name + " []")
                case .mapping(let inner) where inner.isEmpty: lines.append(name + " {}")
                case .list, .mapping:
                    lines.append(name)
                    value.write(into: &lines, indentation: indentation + 2)
                }
            }
        }
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

    private static let plain = Array("_-./=()+~:$".utf8)
    private static let unsafeFirst = Array("-=~:".utf8)
    private static let reserved: Set<String> = ["yes", "no", "true", "false", "on", "off", "null", "y", "n"]
}
