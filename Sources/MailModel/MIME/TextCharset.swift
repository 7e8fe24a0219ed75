/// The character sets that text is searched in. Text of another one is searched as it stands.
package enum TextCharset: Hashable, Sendable {
    case utf8
    case latin1
    case windows1252
    case latin9
    case unknown

    package init(_ name: [UInt8]) {
        switch String(decoding: ASCII.lowercased(name), as: UTF8.self) {
        case "utf-8", "utf8", "us-ascii", "ascii", "ansi_x3.4-1968", "": self = .utf8
        case "iso-8859-1", "latin1", "iso8859-1", "iso_8859-1": self = .latin1
        case "windows-1252", "cp1252": self = .windows1252
        case "iso-8859-15", "latin9", "iso8859-15": self = .latin9
        default: self = .unknown
        }
    }

    package func utf8(_ bytes: [UInt8]) -> [UInt8] {
        if self == .utf8 || self == .unknown { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 4)
        for byte in bytes {
            if byte < 0x80 {
                result.append(byte)
            } else {
                result.append(contentsOf: UTF8.encode(scalar(byte)) ?? UTF8.encodedReplacementCharacter)
            }
        }
        return result
    }

    private func scalar(_ byte: UInt8) -> Unicode.Scalar {
        switch self {
        case .windows1252 where byte < 0xA0: Self.windows1252Scalars[Int(byte & 0x1F)]
        case .latin9: Self.latin9Scalars[byte] ?? Unicode.Scalar(byte)
        default: Unicode.Scalar(byte)
        }
    }

    private static let latin9Scalars: [UInt8: Unicode.Scalar] = [
        0xA4: "\u{20AC}", 0xA6: "\u{160}", 0xA8: "\u{161}", 0xB4: "\u{17D}", 0xB8: "\u{17E}", 0xBC: "\u{152}",
        0xBD: "\u{153}", 0xBE: "\u{178}",
    ]

    /// 0x80…0x9F; the five that are undefined stand for themselves.
    private static let windows1252Scalars: [Unicode.Scalar] = [
        "\u{20AC}", "\u{81}", "\u{201A}", "\u{192}", "\u{201E}", "\u{2026}", "\u{2020}", "\u{2021}", "\u{2C6}",
        "\u{2030}", "\u{160}", "\u{2039}", "\u{152}", "\u{8D}", "\u{17D}", "\u{8F}", "\u{90}", "\u{2018}", "\u{2019}",
        "\u{201C}", "\u{201D}", "\u{2022}", "\u{2013}", "\u{2014}", "\u{2DC}", "\u{2122}", "\u{161}", "\u{203A}",
        "\u{153}", "\u{9D}", "\u{17E}", "\u{178}",
    ]
}
