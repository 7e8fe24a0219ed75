/// A JSON document (RFC 8259), built as a value and written in one pass; keys keep the order they are given in.
package enum JSONText: Sendable {
    case null
    case bool(Bool)
    case number(Int64)
    case string(String)
    case array([JSONText])
    case object([(String, JSONText)])

    /// Octets as text: UTF-8 as it is, anything else with the replacement character U+FFFD.
    package static func bytes(_ bytes: [UInt8]) -> JSONText {
        .string(String(decoding: bytes, as: UTF8.self))
    }

    /// With two spaces of indentation for each level and no final line end; `compact` puts all on one line.
    package func serialized(compact: Bool = false) -> String {
        var result = ""
        write(to: &result, indent: compact ? nil : 0)
        return result
    }

    private func write(to result: inout String, indent: Int?) {
        switch self {
        case .null: result += "null"
        case .bool(let value): result += value ? "true" : "false"
        case .number(let value): result += String(value)
        case .string(let text): Self.write(text, to: &result)
        case .array(let values):
            Self.write(values, "[", "]", to: &result, indent) { value, result, indent in
                value.write(to: &result, indent: indent)
            }
        case .object(let members):
            Self.write(members, "{", "}", to: &result, indent) { member, result, indent in
                Self.write(member.0, to: &result)
                result += indent == nil ? ":" : ": "
                member.1.write(to: &result, indent: indent)
            }
        }
    }

    private static func write<Item>(
        _ items: [Item], _ open: String, _ close: String, to result: inout String, _ indent: Int?,
        _ each: (Item, inout String, Int?) -> Void
    ) {
        result += open
        let inner = indent.map { $0 + 1 }
        for (index, item) in items.enumerated() {
            if index > 0 { result += "," }
            if let inner { result += "\n" + String(repeating: "  ", count: inner) }
            each(item, &result, inner)
        }
        if let indent, !items.isEmpty { result += "\n" + String(repeating: "  ", count: indent) }
        result += close
    }

    /// string = quotation-mark *char quotation-mark; controls are escaped, DEL and C1 too so that a terminal is safe.
    private static func write(_ text: String, to result: inout String) {
        result += "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22: result += "\\\""
            case 0x5C: result += "\\\\"
            case 0x0A: result += "\\n"
            case 0x0D: result += "\\r"
            case 0x09: result += "\\t"
            case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        result += "\""
    }
}
