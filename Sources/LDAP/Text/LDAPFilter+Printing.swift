extension LDAPFilter: CustomStringConvertible {
    /// The string form of RFC 4515. Parsing it gives an equal filter.
    public var description: String {
        var text: [UInt8] = []
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private func append(to text: inout [UInt8]) {
        text.append(UInt8(ascii: "("))
        switch self {
        case .and(let filters): Self.append("&", filters, to: &text)
        case .or(let filters): Self.append("|", filters, to: &text)
        case .not(let filter): Self.append("!", [filter], to: &text)
        case .equality(let attribute, let value): Self.append(attribute, "=", value, to: &text)
        case .greaterOrEqual(let attribute, let value): Self.append(attribute, ">=", value, to: &text)
        case .lessOrEqual(let attribute, let value): Self.append(attribute, "<=", value, to: &text)
        case .approximate(let attribute, let value): Self.append(attribute, "~=", value, to: &text)
        case .present(let attribute): text.append(contentsOf: "\(attribute)=*".utf8)
        case .substrings(let attribute, let substrings):
            Self.append(attribute, "=", substrings.initial ?? [], to: &text)
            text.append(UInt8(ascii: "*"))
            for part in substrings.any {
                Self.appendEscaped(part, to: &text)
                text.append(UInt8(ascii: "*"))
            }
            Self.appendEscaped(substrings.final ?? [], to: &text)
        case .extensible(let match):
            text.append(contentsOf: (match.attribute?.spelling ?? "").utf8)
            if match.matchesDNAttributes { text.append(contentsOf: ":dn".utf8) }
            if let rule = match.matchingRule { text.append(contentsOf: ":\(rule)".utf8) }
            text.append(contentsOf: ":=".utf8)
            Self.appendEscaped(match.value, to: &text)
        }
        text.append(UInt8(ascii: ")"))
    }

    private static func append(_ sign: String, _ filters: [LDAPFilter], to text: inout [UInt8]) {
        text.append(contentsOf: sign.utf8)
        for filter in filters { filter.append(to: &text) }
    }

    private static func append(
        _ attribute: AttributeDescription, _ sign: String, _ value: [UInt8], to text: inout [UInt8]
    ) {
        text.append(contentsOf: attribute.spelling.utf8)
        text.append(contentsOf: sign.utf8)
        appendEscaped(value, to: &text)
    }

    /// A value as filter text. Besides what RFC 4515 §3 demands, control bytes are escaped, so that a filter is always
    /// one line of a log, and bytes ≥ 0x80 of a value that is no UTF-8.
    private static func appendEscaped(_ value: [UInt8], to text: inout [UInt8]) {
        let isUTF8 = String(validating: value, as: UTF8.self) != nil
        for byte in value {
            switch byte {
            case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "\\"), 0..<0x20, 0x7F:
                text.append(UInt8(ascii: "\\"))
                byte.appendHex(to: &text)
            case 0x80... where !isUTF8:
                text.append(UInt8(ascii: "\\"))
                byte.appendHex(to: &text)
            default:
                text.append(byte)
            }
        }
    }
}
