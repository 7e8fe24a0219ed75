/// Numbers in stored values: digits and nothing else.
enum DecimalNumber {
    /// Nil without the prefix or without digits; the largest number when there are too many.
    static func parse(_ bytes: ArraySlice<UInt8>, after prefix: String = "") -> UInt64? {
        guard bytes.starts(with: prefix.utf8) else { return nil }
        let digits = bytes.dropFirst(prefix.utf8.count)
        guard !digits.isEmpty, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return UInt64(String(decoding: digits, as: UTF8.self)) ?? .max
    }
}
