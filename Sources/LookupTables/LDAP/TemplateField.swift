/// What a `%` letter of a template stands for (ldap-tables §3, §4).
enum TemplateField: Hashable, Sendable {
    /// `%s`: the key in a query, the value in a result.
    case whole
    /// `%u`
    case user
    /// `%d`
    case domain
    /// `%S`: the key, everywhere.
    case keyWhole
    /// `%U`
    case keyUser
    /// `%D`
    case keyDomain
    /// `%1` … `%9`: a label of the key's domain; 1 is the rightmost.
    case keyLabel(Int)

    init?(_ letter: UInt8) {
        switch letter {
        case UInt8(ascii: "s"): self = .whole
        case UInt8(ascii: "u"): self = .user
        case UInt8(ascii: "d"): self = .domain
        case UInt8(ascii: "S"): self = .keyWhole
        case UInt8(ascii: "U"): self = .keyUser
        case UInt8(ascii: "D"): self = .keyDomain
        case 0x31...0x39: self = .keyLabel(Int(letter) - 0x30)
        default: return nil
        }
    }
}

/// A template's text with its fields set apart; `%%` is a percent sign.
struct TableTemplate: Hashable, Sendable {
    enum Segment: Hashable, Sendable {
        case literal([UInt8])
        case field(TemplateField)
    }

    let segments: [Segment]

    init(_ text: [UInt8], parameter: String) throws(TableFault) {
        var segments: [Segment] = []
        var literal: [UInt8] = []
        var index = 0
        while index < text.count {
            let byte = text[index]
            index += 1
            guard byte == UInt8(ascii: "%") else {
                literal.append(byte)
                continue
            }
            guard index < text.count else {
                throw TableFault("\(parameter): a lone '%' at the end: write %% for a percent sign")
            }
            let letter = text[index]
            index += 1
            if letter == UInt8(ascii: "%") {
                literal.append(letter)
            } else if let field = TemplateField(letter) {
                if !literal.isEmpty { segments.append(.literal(literal)) }
                literal = []
                segments.append(.field(field))
            } else {
                let shown = ASCIIText.text([letter])
                throw TableFault("\(parameter): %\(shown) means nothing: use %s, %u, %d, %S, %U, %D, %1 to %9 or %%")
            }
        }
        if !literal.isEmpty { segments.append(.literal(literal)) }
        self.segments = segments
    }

    var fields: [TemplateField] {
        segments.compactMap { if case .field(let field) = $0 { field } else { nil } }
    }

    /// The text with every field replaced.
    func expanded(_ value: (TemplateField) -> some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        for segment in segments {
            switch segment {
            case .literal(let bytes): result += bytes
            case .field(let field): result += value(field)
            }
        }
        return result
    }
}
