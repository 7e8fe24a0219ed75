extension Template {
    /// The letter between `%` and a variable.
    enum Modifier: UInt8, Hashable, Sendable {
        case lowercase = 0x4C  // L
        case uppercase = 0x55  // U
        /// `"`, `'` and `\` get a backslash.
        case escape = 0x45  // E
        case hexadecimal = 0x58  // X
        case reverse = 0x52  // R
        case trim = 0x54  // T
        /// `a.b` becomes `a,dc=b`: for distinguished names.
        case domainComponents = 0x44  // D

        func apply(_ value: [UInt8]) -> [UInt8] {
            switch self {
            case .lowercase: value.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
            case .uppercase: value.map { $0 >= 0x61 && $0 <= 0x7A ? $0 & 0xDF : $0 }
            case .escape:
                value.flatMap { "\"'\\".utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
            case .hexadecimal:
                value.flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 0x0F)]] }
            case .reverse: value.reversed()
            case .trim:
                Array(value[..<((value.lastIndex { $0 != 0x20 && $0 != 0x09 }).map { $0 + 1 } ?? 0)])
            case .domainComponents:
                value.flatMap { $0 == UInt8(ascii: ".") ? Array(",dc=".utf8) : [$0] }
            }
        }

        private static let digits = Array("0123456789abcdef".utf8)
    }
}
