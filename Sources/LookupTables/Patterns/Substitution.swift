/// The result text of a pattern rule: `$1`, `${1}` and `$(1)` stand for what a group matched, `$$` for `$`
/// (regexp_table(5), TEXT SUBSTITUTION).
struct Substitution: Hashable, Sendable {
    struct Fault: Error {
        var text: String
    }

    private enum Part: Hashable {
        case text([UInt8])
        case group(Int)
    }

    private var parts: [Part] = []
    /// The highest group that is named; 0 without any.
    private(set) var highestGroup = 0

    init(_ text: [UInt8]) throws(Fault) {
        var literal: [UInt8] = []
        var index = 0
        while index < text.count {
            let byte = text[index]
            index += 1
            guard byte == UInt8(ascii: "$") else {
                literal.append(byte)
                continue
            }
            guard index < text.count else { throw Fault(text: "'$' stands before nothing: write $$ for a dollar sign") }
            if text[index] == byte {
                literal.append(byte)
                index += 1
                continue
            }
            let number = try Self.group(Self.name(text, &index))
            if !literal.isEmpty { parts.append(.text(literal)) }
            literal = []
            parts.append(.group(number))
            highestGroup = max(highestGroup, number)
        }
        if !literal.isEmpty { parts.append(.text(literal)) }
    }

    /// The name at `index`, which stands behind the `$`.
    private static func name(_ text: [UInt8], _ index: inout Int) throws(Fault) -> ArraySlice<UInt8> {
        let close: UInt8? =
            switch text[index] {
            case UInt8(ascii: "{"): UInt8(ascii: "}")
            case UInt8(ascii: "("): UInt8(ascii: ")")
            default: nil
            }
        if let close {
            guard let end = text[index...].firstIndex(of: close) else {
                throw Fault(text: "'$\(ASCIIText.text(text[index...]))' has no end")
            }
            defer { index = end + 1 }
            return text[(index + 1)..<end]
        }
        let end = text[index...].firstIndex { !isNameCharacter($0) } ?? text.endIndex
        defer { index = end }
        return text[index..<end]
    }

    private static func group(_ name: ArraySlice<UInt8>) throws(Fault) -> Int {
        guard !name.isEmpty, name.allSatisfy(ASCIIText.isDigit), let number = Int(ASCIIText.text(name)), number > 0
        else {
            throw Fault(
                text: "\"\(ASCIIText.text(name))\" is no number of a group: write ${1}, or $$ for a dollar sign")
        }
        return number
    }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
        default: false
        }
    }

    /// - Parameter groups: where group 0, 1, … matched in `key`; nil for one that took no part.
    func expanded(key: [UInt8], groups: [Range<Int>?]) -> [UInt8] {
        var result: [UInt8] = []
        for part in parts {
            switch part {
            case .text(let text): result += text
            case .group(let number):
                guard number < groups.count, let range = groups[number], range.lowerBound >= 0,
                    range.upperBound <= key.count
                else { continue }
                result += key[range]
            }
        }
        return result
    }
}
