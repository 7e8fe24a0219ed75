import LDAP

/// A `query_filter`: parsed once, filled in for every key. What a key holds becomes octets of a value; it can't change the
/// filter's shape, and a template in which it could is refused.
struct FilterTemplate: Sendable {
    let template: TableTemplate
    let filter: LDAPFilter
    /// Stands before the number of a field in the filter's values; occurs nowhere else in them.
    let marker: UInt8

    init(_ text: [UInt8]) throws(TableFault) {
        template = try TableTemplate(text, parameter: "query_filter")
        marker = try Self.unusedByte(in: text)
        var fields = 0
        var marked: [UInt8] = []
        for segment in template.segments {
            switch segment {
            case .literal(let bytes): marked += bytes
            case .field:
                // Letters, so that nothing of it could be taken for filter syntax.
                marked += [marker] + Array(String(fields, radix: 36).utf8) + [marker]
                fields += 1
            }
        }
        do throws(LDAPFilterSyntaxError) {
            filter = try LDAPFilter(parsing: marked)
        } catch {
            let plain = template.expanded { _ in "x".utf8 }
            if (try? LDAPFilter(parsing: plain)) != nil { throw Self.fieldOutsideValue }
            throw TableFault("query_filter: \(error)")
        }
        guard Self.names(of: filter).allSatisfy({ !$0.utf8.contains(marker) }) else { throw Self.fieldOutsideValue }
        if fields == 0, ASCIIText.trimmed(text).isEmpty { throw TableFault("query_filter is empty") }
    }

    private static let fieldOutsideValue = TableFault(
        "query_filter: a % expansion may stand only in a value, as in (mail=%s): a key must not choose attributes")

    /// A control character that the text holds neither as itself nor escaped.
    private static func unusedByte(in text: [UInt8]) throws(TableFault) -> UInt8 {
        let folded = text.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        for byte in UInt8(1)...0x1F where !ASCIIText.isSpace(byte) {
            let digits = Array("0123456789abcdef".utf8)
            let escaped = [UInt8(ascii: "\\"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            if !text.contains(byte), !folded.contains(escaped) { return byte }
        }
        throw TableFault("query_filter: it holds every control character there is")
    }

    private static func names(of filter: LDAPFilter) -> [String] {
        switch filter {
        case .and(let filters), .or(let filters): filters.flatMap(names)
        case .not(let filter): names(of: filter)
        case .equality(let attribute, _), .greaterOrEqual(let attribute, _), .lessOrEqual(let attribute, _),
            .approximate(let attribute, _), .present(let attribute), .substrings(let attribute, _):
            [attribute.spelling]
        case .extensible(let match): [match.attribute?.spelling, match.matchingRule].compactMap { $0 }
        }
    }

    /// The filter for a key.
    func filled(_ key: KeyParts) -> LDAPFilter {
        let fields = template.fields
        guard !fields.isEmpty else { return filter }
        return filter.mapValues { value in
            guard value.contains(marker) else { return value }
            var result: [UInt8] = []
            for (index, part) in value.split(separator: marker, omittingEmptySubsequences: false).enumerated() {
                // Every second part is a field's number.
                if index % 2 == 0 {
                    result += part
                } else if let number = Int(String(decoding: part, as: UTF8.self), radix: 36), number < fields.count {
                    result += key.query(fields[number])
                }
            }
            return result
        }
    }
}
