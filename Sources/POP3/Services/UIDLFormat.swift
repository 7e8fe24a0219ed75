import Crypto

/// How a message's unique id is made: Dovecot's `pop3_uidl_format`, or as Courier does it.
///
/// `%u` UID, `%v` UIDVALIDITY, `%f` file name up to the `:`, `%g` GUID, `%m` a sum of the header (of mboxes alone); between `%` and the letter a width (with a leading
/// `0`: filled, else cut) and the modifiers `L`, `U`, `X`, `R` and `M`; `%{uid}` and the other long names (`uidvalidity`,
/// `filename`, `guid`, `md5`); `%%` for itself.
package struct UIDLFormat: Hashable, Sendable {
    package enum Variable: String, Hashable, Sendable, CaseIterable {
        case uid, uidvalidity, filename, guid, md5

        fileprivate init?(letter: UInt8) {
            switch letter {
            case UInt8(ascii: "u"): self = .uid
            case UInt8(ascii: "v"): self = .uidvalidity
            case UInt8(ascii: "f"): self = .filename
            case UInt8(ascii: "g"): self = .guid
            case UInt8(ascii: "m"): self = .md5
            default: return nil
            }
        }
    }

    private enum Piece: Hashable, Sendable {
        case text([UInt8])
        case value(Variable, modifiers: [UInt8], width: Int, fills: Bool)
    }

    package struct Values: Sendable {
        package var uid: UInt32
        package var uidValidity: UInt32
        package var fileName: [UInt8]?
        package var guid: [UInt8]?
        package var headerSum: [UInt8]?

        package init(
            uid: UInt32, uidValidity: UInt32, fileName: [UInt8]? = nil, guid: [UInt8]? = nil, headerSum: [UInt8]? = nil
        ) {
            self.uid = uid
            self.uidValidity = uidValidity
            self.fileName = fileName
            self.guid = guid
            self.headerSum = headerSum
        }
    }

    package struct Mistake: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    private let pieces: [Piece]
    package let text: String

    /// Dovecot's default since 2.0, and ours: a site that changes from one to the other keeps its ids.
    package static let dovecot = "%08Xu%08Xv"
    private static let maximumWidth = 70

    package init(_ text: String) throws(Mistake) {
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                guard byte > 0x20, byte < 0x7F else {
                    throw Mistake(description: "a unique id has no other characters than ! to ~")
                }
                literal.append(byte)
                continue
            }
            if rest.first == UInt8(ascii: "%") {
                rest.removeFirst()
                literal.append(byte)
                continue
            }
            if !literal.isEmpty { pieces.append(.text(literal)) }
            literal = []
            pieces.append(try Self.variable(&rest, in: text))
        }
        if !literal.isEmpty { pieces.append(.text(literal)) }
        let isUnique = pieces.contains { piece in
            if case .value(let variable, _, _, _) = piece { variable != .uidvalidity } else { false }
        }
        guard isUnique else { throw Mistake(description: "\(text) is the same for all messages of a mailbox") }
        self.pieces = pieces
        self.text = text
    }

    private static func variable(_ rest: inout ArraySlice<UInt8>, in text: String) throws(Mistake) -> Piece {
        var width = 0
        let fills = rest.first == UInt8(ascii: "0")
        while let digit = rest.first, digit >= 0x30, digit <= 0x39 {
            rest.removeFirst()
            width = width * 10 + Int(digit - 0x30)
            guard width <= maximumWidth else {
                throw Mistake(description: "\(text): a unique id has at most 70 characters")
            }
        }
        var modifiers: [UInt8] = []
        while let byte = rest.first, Array("LUXRM".utf8).contains(byte) {
            rest.removeFirst()
            modifiers.append(byte)
        }
        guard let letter = rest.popFirst() else { throw Mistake(description: "\(text) ends within a variable") }
        if letter == UInt8(ascii: "{") {
            let inner = rest.prefix { $0 != UInt8(ascii: "}") }
            guard inner.endIndex < rest.endIndex else {
                throw Mistake(description: "\(text) ends within a variable")
            }
            rest = rest.dropFirst(inner.count + 1)
            return try pipeline(inner, modifiers: modifiers, width: width, fills: fills, in: text)
        }
        guard let variable = Variable(letter: letter) else {
            let shown = String(decoding: [letter], as: UTF8.self)
            throw Mistake(description: "\(text): %\(shown) is not known")
        }
        return .value(variable, modifiers: modifiers, width: width, fills: fills)
    }

    /// `%{uid | hex(8)}`, as Dovecot 2.4 has it; `%{uid}` alone in all versions.
    private static func pipeline(
        _ inner: ArraySlice<UInt8>, modifiers: [UInt8], width: Int, fills: Bool, in text: String
    ) throws(Mistake) -> Piece {
        var (modifiers, width, fills) = (modifiers, width, fills)
        let words = inner.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false).map { word in
            String(decoding: word.filter { $0 != 0x20 }, as: UTF8.self)
        }
        guard let name = words.first, let variable = Variable(rawValue: name) else {
            throw Mistake(description: "\(text): %{\(words.first ?? "")} is not known")
        }
        for word in words.dropFirst() {
            switch word {
            case "lower": modifiers.append(UInt8(ascii: "L"))
            case "upper": modifiers.append(UInt8(ascii: "U"))
            case "reverse": modifiers.append(UInt8(ascii: "R"))
            case "hex": modifiers.append(UInt8(ascii: "X"))
            default:
                guard word.hasPrefix("hex("), word.hasSuffix(")"), let digits = Int(word.dropFirst(4).dropLast()),
                    digits > 0, digits <= maximumWidth
                else { throw Mistake(description: "\(text): \(word) is not known") }
                modifiers.append(UInt8(ascii: "X"))
                (width, fills) = (digits, true)
            }
        }
        return .value(variable, modifiers: modifiers, width: width, fills: fills)
    }

    /// Whether the names of files are needed.
    package var usesFileNames: Bool {
        pieces.contains { piece in
            guard case .value(let variable, _, _, _) = piece else { return false }
            return variable == .filename || variable == .guid
        }
    }

    /// Whether mailboxes must be mboxes.
    package var needsHeaderSums: Bool {
        pieces.contains { piece in
            if case .value(.md5, _, _, _) = piece { true } else { false }
        }
    }

    /// Nil where a value is missing: the store knows no file names.
    package func expanded(_ values: Values) -> [UInt8]? {
        var result: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .text(let text): result += text
            case .value(let variable, let modifiers, let width, let fills):
                let found: [UInt8]? =
                    switch variable {
                    case .uid: Array(String(values.uid).utf8)
                    case .uidvalidity: Array(String(values.uidValidity).utf8)
                    case .filename: values.fileName
                    case .guid: values.guid
                    case .md5: values.headerSum
                    }
                guard var value = found else { return nil }
                for modifier in modifiers { value = Self.modified(value, modifier) }
                if fills {
                    result += repeatElement(UInt8(ascii: "0"), count: max(width - value.count, 0))
                } else if width > 0 {
                    value = Array(value.prefix(width))
                }
                result += value
            }
        }
        return result
    }

    private static func modified(_ value: [UInt8], _ modifier: UInt8) -> [UInt8] {
        switch modifier {
        case UInt8(ascii: "L"): value.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        case UInt8(ascii: "U"): value.map { $0 >= 0x61 && $0 <= 0x7A ? $0 & 0xDF : $0 }
        case UInt8(ascii: "R"): value.reversed()
        case UInt8(ascii: "M"):
            Insecure.MD5.hash(data: value).flatMap { byte in
                [byte >> 4, byte & 15].map { $0 < 10 ? 0x30 + $0 : 0x57 + $0 }
            }
        default:
            Array(
                String(
                    UInt64(String(decoding: value.prefix { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self)) ?? 0, radix: 16
                ).utf8)
        }
    }
}

extension UIDLFormat: CustomStringConvertible {
    package var description: String { text }
}
