/// Keys of tables and lists are asked in lower case (Postfix's FOLD_FIX).
package enum LookupKey {
    /// Whether a table is asked for the key at all: with smtputf8_enable, Postfix's default, no table of any type finds a key
    /// that is no UTF-8.
    package static func isText(_ key: [UInt8]) -> Bool {
        !key.contains { $0 >= 0x80 } || String(validating: key, as: UTF8.self) != nil
    }

    /// The key with upper case folded away: ASCII letters, and in valid UTF-8 every character (Unicode's full case
    /// folding, so that `JÜRGEN` is `jürgen` and `STRASSE` is `straße`). Bytes that are no UTF-8 only have their ASCII
    /// letters folded.
    package static func folded(_ key: [UInt8]) -> [UInt8] {
        guard key.contains(where: { $0 >= 0x80 }), let text = String(validating: key, as: UTF8.self) else {
            return key.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        }
        var result: [UInt8] = []
        result.reserveCapacity(key.count)
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x131:
                // The dotless ı is the one letter that folding keeps apart from what its upper case stands for.
                result += "\u{131}".utf8
            case 0x13A0...0x13FD, 0xAB70...0xABBF:
                // Cherokee is the one script that folds to its capitals.
                result += scalar.properties.uppercaseMapping.utf8
            default:
                // By way of upper case, which unites ß, ẞ and SS, and both sigmas.
                for lower in scalar.properties.lowercaseMapping.unicodeScalars {
                    for upper in lower.properties.uppercaseMapping.unicodeScalars {
                        result += upper.properties.lowercaseMapping.utf8
                    }
                }
            }
        }
        return result
    }
}
