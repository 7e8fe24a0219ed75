/// A position in a text that is parsed byte by byte. Every access is checked: what is behind the end is nil.
struct TextScanner {
    let bytes: [UInt8]
    private(set) var index = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { index >= bytes.count }

    var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    func peek(_ distance: Int) -> UInt8? {
        let position = index + distance
        return position >= 0 && position < bytes.count ? bytes[position] : nil
    }

    mutating func advance(by count: Int = 1) {
        index = min(index + count, bytes.count)
    }

    /// Steps over `byte` if it is next.
    mutating func skip(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        index += 1
        return true
    }

    mutating func skip(while predicate: (UInt8) -> Bool) {
        while index < bytes.count, predicate(bytes[index]) { index += 1 }
    }

    mutating func take(while predicate: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let start = index
        skip(while: predicate)
        return bytes[start..<index]
    }

    /// HEX HEX, if both are there.
    mutating func takeHexPair() -> UInt8? {
        guard let high = current?.hexDigitValue, let low = peek(1)?.hexDigitValue else { return nil }
        index += 2
        return high << 4 | low
    }
}

extension UInt8 {
    var hexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }

    var isASCIIDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

    var isASCIILetter: Bool {
        let lower = self | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
    }

    /// A byte of a `keystring` of RFC 4512 §1.4 after its first: ALPHA / DIGIT / HYPHEN.
    var isKeyCharacter: Bool { isASCIILetter || isASCIIDigit || self == UInt8(ascii: "-") }

    var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") || self == UInt8(ascii: "\n") }

    /// Two lower-case hexadecimal digits, as the escapes of filters and names are written.
    func appendHex(to text: inout [UInt8]) {
        let digits: StaticString = "0123456789abcdef"
        digits.withUTF8Buffer { digits in
            text.append(digits[Int(self >> 4)])
            text.append(digits[Int(self & 15)])
        }
    }
}

extension AttributeDescription {
    /// Whether `text` is an attribute description as filters, names and URLs may carry it.
    ///
    ///     attributedescription = attributetype options      ; RFC 4512 §2.5
    ///     attributetype = descr / numericoid
    ///     options = *( SEMI 1*keychar )
    ///
    /// As OpenLDAP does, an option may hold `=` nowhere, and `-` anywhere; `_` is taken too, since other vendors'
    /// attribute names hold it.
    static func isWellFormed(_ text: some Collection<UInt8>) -> Bool {
        var parts = text.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)[...]
        guard let type = parts.popFirst(), isType(type) else { return false }
        return parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isKeyCharacter || $0 == UInt8(ascii: "_") } }
    }

    /// descr / numericoid
    static func isType(_ text: some Collection<UInt8>) -> Bool {
        guard let first = text.first else { return false }
        if first.isASCIILetter {
            return text.allSatisfy { $0.isKeyCharacter || $0 == UInt8(ascii: "_") }
        }
        guard first.isASCIIDigit else { return false }
        let arcs = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return arcs.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) }
    }
}
