import Crypto

extension Template {
    /// The digests that templates can ask for by name.
    enum Digest: String, Hashable, Sendable {
        case md5, sha1, sha256, sha384, sha512

        func callAsFunction(_ value: [UInt8]) -> [UInt8] {
            switch self {
            case .md5: Array(Insecure.MD5.hash(data: value))
            case .sha1: Array(Insecure.SHA1.hash(data: value))
            case .sha256: Array(SHA256.hash(data: value))
            case .sha384: Array(SHA384.hash(data: value))
            case .sha512: Array(SHA512.hash(data: value))
            }
        }

        /// Round by round, each digest the next one's value, with the salt before it.
        func callAsFunction(_ value: [UInt8], salt: [UInt8], rounds: Int) -> [UInt8] {
            var value = value
            for _ in 0..<max(rounds, 1) { value = self(salt + value) }
            return value
        }
    }

    /// A login's digest is made on the thread that asks, so rounds are few.
    static let mostRounds = 10_000

    /// `%{sha256;rounds=3,truncate=16,format=base64,salt=x:user}`.
    struct HashFunction: Hashable, Sendable {
        enum Format: String, Hashable, Sendable {
            case hex, base64
        }

        var digest: Digest
        var rounds = 1
        /// Bits that are kept, from the left; 0 keeps all.
        var truncation = 0
        var format = Format.hex
        var salt: Template?

        func apply(_ value: [UInt8], _ variables: LoginVariables, _ entry: EntryValues) -> [UInt8] {
            let result = Octets.truncated(
                digest(value, salt: salt?.render(variables, entry) ?? [], rounds: rounds), bits: truncation)
            return switch format {
            case .hex: Octets.hexadecimal(result)
            case .base64: Octets.base64(result)
            }
        }
    }

    /// `%{if;%u;eq;bob;yes;no}`.
    struct Conditional: Hashable, Sendable {
        enum Comparison: String, Hashable, Sendable {
            case equal = "=="
            case notEqual = "!="
            case less = "<"
            case lessOrEqual = "<="
            case greater = ">"
            case greaterOrEqual = ">="
            case textEqual = "eq"
            case textNotEqual = "ne"
            case textLess = "lt"
            case textLessOrEqual = "le"
            case textGreater = "gt"
            case textGreaterOrEqual = "ge"
            case like = "*"
            case unlike = "!*"
        }

        var left: Template
        var comparison: Comparison
        var right: Template
        var yes: Template
        var no: Template

        func render(_ variables: LoginVariables, _ entry: EntryValues) -> [UInt8] {
            let holds = Self.holds(left.render(variables, entry), comparison, right.render(variables, entry))
            return (holds ? yes : no).render(variables, entry)
        }

        static func holds(_ left: [UInt8], _ comparison: Comparison, _ right: [UInt8]) -> Bool {
            switch comparison {
            case .equal: numbers(left, right, ==)
            case .notEqual: numbers(left, right, !=)
            case .less: numbers(left, right, <)
            case .lessOrEqual: numbers(left, right, <=)
            case .greater: numbers(left, right, >)
            case .greaterOrEqual: numbers(left, right, >=)
            case .textEqual: left == right
            case .textNotEqual: left != right
            case .textLess: left.lexicographicallyPrecedes(right)
            case .textLessOrEqual: !right.lexicographicallyPrecedes(left)
            case .textGreater: right.lexicographicallyPrecedes(left)
            case .textGreaterOrEqual: !left.lexicographicallyPrecedes(right)
            case .like: WildcardPattern.matches(left, right)
            case .unlike: !WildcardPattern.matches(left, right)
            }
        }

        /// What is no number makes no comparison hold.
        private static func numbers(_ left: [UInt8], _ right: [UInt8], _ holds: (Int64, Int64) -> Bool) -> Bool {
            guard let one = Int64(String(decoding: left, as: UTF8.self)),
                let other = Int64(String(decoding: right, as: UTF8.self))
            else { return false }
            return holds(one, other)
        }
    }
}

/// Octets as text.
enum Octets {
    static func hexadecimal(_ value: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return value.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0x0F)]] }
    }

    /// Nil for what is no hexadecimal text of whole octets.
    static func fromHexadecimal(_ text: [UInt8]) -> [UInt8]? {
        let digits = text.map { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count.isMultiple(of: 2) else { return nil }
        var result: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            result.append(UInt8(high << 4 | low))
        }
        return result
    }

    /// RFC 4648 §4, with padding.
    static func base64(_ value: [UInt8]) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var result: [UInt8] = []
        var index = 0
        while index < value.count {
            let group = value[index..<min(index + 3, value.count)]
            var bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            bits <<= UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                let digit = alphabet[Int(bits >> UInt32(18 - 6 * place) & 0x3F)]
                result.append(place <= group.count ? digit : UInt8(ascii: "="))
            }
            index += 3
        }
        return result
    }

    /// The first `bits` bits as a number, in as few octets as hold them.
    static func truncated(_ value: [UInt8], bits: Int) -> [UInt8] {
        guard bits > 0, bits < value.count * 8 else { return value }
        let kept = Array(value.prefix((bits + 7) / 8))
        let shift = kept.count * 8 - bits
        guard shift > 0 else { return kept }
        return kept.indices.map { index in
            let carried = index > 0 ? kept[index - 1] << UInt8(8 - shift) : 0
            return kept[index] >> UInt8(shift) | carried
        }
    }
}
