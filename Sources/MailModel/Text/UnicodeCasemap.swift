/// i;unicode-casemap (RFC 5051), the comparison that SEARCH, SORT and THREAD are held to (RFC 5255 §4.4): each character in
/// title case, then taken apart. i;ascii-casemap says the same of ASCII text.
package enum UnicodeCasemap {
    /// Two texts are equal when their keys are, and in order when these are octet by octet.
    package static func key(_ text: some Sequence<UInt8>) -> [UInt8] {
        let bytes = Array(text)
        var key: [UInt8] = []
        key.reserveCapacity(bytes.count)
        fold(bytes.span) {
            key.append($0)
            return true
        }
        return key
    }

    /// Gives the octets of the key of UTF-8 `text` to `take` until it returns false. What is no UTF-8 stays as it is. ASCII
    /// costs a comparison.
    static func fold(_ text: Span<UInt8>, _ take: (UInt8) -> Bool) {
        var position = 0
        var isWanted = true
        while isWanted, position < text.count {
            let byte = text[position]
            if byte < 0x80 {
                isWanted = take(ASCII.uppercased(byte))
                position += 1
                continue
            }
            position += foldCharacter(at: position, text) { octet in
                isWanted = take(octet)
                return isWanted
            }
        }
    }

    /// As `fold`, of the one character that begins at `position` and is not ASCII; how many octets it takes in the text.
    static func foldCharacter(at position: Int, _ text: Span<UInt8>, _ take: (UInt8) -> Bool) -> Int {
        guard let (scalar, length) = scalar(at: position, text) else {
            _ = take(text[position])
            return 1
        }
        if scalar.value < 0x800 {
            for folded in twoOctets[Int(scalar.value) - 0x80] {
                guard take(folded) else { break }
            }
        } else {
            for folded in folded(scalar) {
                guard take(folded) else { break }
            }
        }
        return length
    }

    /// The alphabets of Europe and the Near East, whose characters come often: U+0080 to U+07FF.
    private static let twoOctets: [[UInt8]] = (0x80..<0x800).map { code in
        Unicode.Scalar(UInt32(code)).map { folded($0) } ?? []
    }

    private static func folded(_ scalar: Unicode.Scalar) -> [UInt8] {
        // RFC 5051 §2 goes by UnicodeData.txt, which gives one character for one: "ß" stays.
        let mapping = scalar.properties.titlecaseMapping.unicodeScalars
        let titlecase = mapping.count == 1 ? mapping.first ?? scalar : scalar
        guard let parts = UnicodeDecomposition.parts(of: titlecase) else { return Array(String(titlecase).utf8) }
        return parts.flatMap { Array(String($0).utf8) }
    }

    private static func scalar(at position: Int, _ text: Span<UInt8>) -> (Unicode.Scalar, Int)? {
        let first = text[position]
        let length: Int
        var value: UInt32
        switch first {
        case 0xC2...0xDF: (length, value) = (2, UInt32(first & 0x1F))
        case 0xE0...0xEF: (length, value) = (3, UInt32(first & 0x0F))
        case 0xF0...0xF4: (length, value) = (4, UInt32(first & 0x07))
        default: return nil
        }
        guard position + length <= text.count else { return nil }
        for offset in 1..<length {
            let byte = text[position + offset]
            guard byte & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        let smallest: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000
        guard value >= smallest, let scalar = Unicode.Scalar(value) else { return nil }
        return (scalar, length)
    }
}
