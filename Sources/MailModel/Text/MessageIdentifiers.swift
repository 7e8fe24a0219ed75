/// The Message-IDs of a `Message-ID`, `In-Reply-To` or `References` field (RFC 5322 §3.6.4), without their brackets and in a
/// form in which equal ones have equal octets. What stands between them is passed over, as is what is none.
package enum MessageIdentifiers {
    /// The first `limit` of them; as many others are looked at.
    package static func list(_ value: [UInt8], limit: Int) -> [[UInt8]] {
        var result: [[UInt8]] = []
        var position = 0
        var attempts = 0
        while result.count < limit, attempts < 2 * limit,
            let start = value[position...].firstIndex(of: UInt8(ascii: "<"))
        {
            attempts += 1
            let found = identifier(value, at: start + 1)
            if let text = found.text { result.append(text) }
            position = found.end
        }
        return result
    }

    /// What begins behind a `<`, and where to go on.
    private static func identifier(_ value: [UInt8], at start: Int) -> (text: [UInt8]?, end: Int) {
        var position = start
        var hasAt = false
        while position < value.count {
            switch value[position] {
            case UInt8(ascii: "@"): hasAt = true
            case UInt8(ascii: ">"):
                guard hasAt else { return (nil, position + 1) }
                let text = value[start..<position].filter { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
                return (text, position + 1)
            case UInt8(ascii: "\""), UInt8(ascii: "("): return quoted(value, at: start)
            default: break
            }
            position += 1
        }
        return (nil, value.count)
    }

    /// msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS], with quotes and comments: both are taken off.
    private static func quoted(_ value: [UInt8], at start: Int) -> (text: [UInt8]?, end: Int) {
        // What is longer than a line may be (RFC 5322 §2.1.1) is no identifier.
        var reader = StructuredFieldReader(Array(value[start...].prefix(998)))
        var text: [UInt8] = []
        guard reader.skipWhiteSpace() == .more else { return (nil, start) }
        let left = reader.current == UInt8(ascii: "\"") ? reader.quotedString(into: &text) : reader.dotAtom(into: &text)
        guard left == .more, reader.current == UInt8(ascii: "@") else { return (nil, start) }
        text.append(UInt8(ascii: "@"))
        reader.advance()
        guard reader.skipWhiteSpace() == .more, reader.dotAtom(into: &text) == .more,
            reader.current == UInt8(ascii: ">")
        else { return (nil, start) }
        return (text, start + reader.position + 1)
    }
}
