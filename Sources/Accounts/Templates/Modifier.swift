extension Template {
    /// The letter between `%` and a variable.
    enum Modifier: UInt8, Hashable, Sendable {
        case lowercase = 0x4C  // L
        case uppercase = 0x55  // U
        /// `"`, `'` and `\` get a backslash.
        case escape = 0x45  // E
        /// A decimal number in hexadecimal; 0 for what is none.
        case hexadecimal = 0x58  // X
        case reverse = 0x52  // R
        case trim = 0x54  // T
        /// `a.b` becomes `a,dc=b`: for distinguished names.
        case domainComponents = 0x44  // D
        /// MD5 in hexadecimal.
        case md5 = 0x4D  // M
        /// A hash of 32 bits, and one made of MD5. What would be a width is what it is divided by, what would be an offset
        /// how many digits it has at least: `%2.256Nu` is `00` to `ff`.
        case hash = 0x48  // H
        case newHash = 0x4E  // N

        func apply(_ value: [UInt8]) -> [UInt8] {
            switch self {
            case .lowercase: value.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
            case .uppercase: value.map { $0 >= 0x61 && $0 <= 0x7A ? $0 & 0xDF : $0 }
            case .escape:
                value.flatMap { "\"'\\".utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
            case .hexadecimal:
                Array(String(UInt64(String(decoding: value, as: UTF8.self)) ?? 0, radix: 16).utf8)
            case .reverse: value.reversed()
            case .trim:
                Array(value[..<((value.lastIndex { $0 != 0x20 && $0 != 0x09 }).map { $0 + 1 } ?? 0)])
            case .domainComponents:
                value.flatMap { $0 == UInt8(ascii: ".") ? Array(",dc=".utf8) : [$0] }
            case .md5: Octets.hexadecimal(Digest.md5(value))
            case .hash, .newHash: number(value, .whole)
            }
        }

        /// As `apply`; the hashes take the slice for themselves.
        func apply(_ value: [UInt8], _ slice: inout Slice) -> [UInt8] {
            switch self {
            case .hash, .newHash:
                defer { slice = .whole }
                return number(value, slice)
            case .lowercase, .uppercase, .escape, .hexadecimal, .reverse, .trim, .domainComponents, .md5:
                return apply(value)
            }
        }

        private func number(_ value: [UInt8], _ slice: Slice) -> [UInt8] {
            var number = self == .hash ? UInt64(Self.hash(value)) : Self.newHash(value)
            if let modulus = slice.width, modulus > 0 { number %= UInt64(modulus) }
            // Only the lower half is written.
            let digits = Array(String(UInt32(truncatingIfNeeded: number), radix: 16).utf8)
            let missing = max(slice.offset, 0) - digits.count
            return (missing > 0 ? Array(repeating: UInt8(ascii: "0"), count: missing) : []) + digits
        }

        /// The hash of ELF symbol tables, with its top bits left as Dovecot leaves them.
        private static func hash(_ value: [UInt8]) -> UInt32 {
            var hash: UInt32 = 0
            for byte in value {
                hash = (hash << 4) &+ UInt32(byte)
                let top = hash & 0xF000_0000
                if top != 0 { hash = hash ^ (top >> 24) ^ top }
            }
            return hash
        }

        private static func newHash(_ value: [UInt8]) -> UInt64 {
            Digest.md5(value).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}
