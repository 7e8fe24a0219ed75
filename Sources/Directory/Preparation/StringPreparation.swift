// The canonical half of normalisation is in the standard library, where Foundation uses it too; the package interface for
// it is not public yet.
@_spi(_Unicode) import Swift

/// Prepares strings for comparison (RFC 4518): two prepared values match when their octets are equal.
enum StringPreparation {
    /// Where in a value a piece of a substring filter stands: it decides which spaces at its ends count.
    enum Piece: Hashable, Sendable {
        case whole
        case initial
        case any
        case final
    }

    /// For directory strings (UTF-8). Nil when `value` is no UTF-8.
    ///
    /// RFC 4518 asks for full case folding, so `ß` equals `ss`; OpenLDAP folds single characters only. Controls among the
    /// ASCII characters are kept as OpenLDAP keeps them: dropping them would let an address with a control in it pass for
    /// another one.
    static func directoryString(_ value: ArraySlice<UInt8>, foldsCase: Bool, piece: Piece) -> [UInt8]? {
        if value.allSatisfy({ $0 < 0x80 }) { return ascii(value, foldsCase: foldsCase, piece: piece) }
        guard let text = String(validating: value, as: UTF8.self) else { return nil }
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where !isMappedToNothing(scalar) {
            guard let mapping = CompatibilityMapping.mapping(of: scalar) else {
                append(scalar, foldsCase: foldsCase, to: &scalars)
                continue
            }
            for scalar in mapping { append(scalar, foldsCase: foldsCase, to: &scalars) }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(value.count)
        for scalar in String(scalars)._nfc { bytes += scalar.utf8 }
        return collapsingSpaces(bytes[...], piece: piece)
    }

    /// For ASCII: case folded when asked, runs of spaces made one, spaces at the ends dropped as `piece` allows.
    static func ascii(_ value: ArraySlice<UInt8>, foldsCase: Bool, piece: Piece) -> [UInt8] {
        guard foldsCase else { return collapsingSpaces(value, piece: piece) }
        var folded = Array(value)
        for index in folded.indices where folded[index] >= 0x41 && folded[index] <= 0x5A { folded[index] |= 0x20 }
        return folded.contains(space) ? collapsingSpaces(folded[...], piece: piece) : folded
    }

    /// Insignificant space handling (RFC 4518 §2.6.1): a piece keeps the space at an end where the value goes on.
    static func collapsingSpaces(_ value: ArraySlice<UInt8>, piece: Piece) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(value.count)
        var previousIsSpace = piece == .whole || piece == .initial
        for byte in value {
            if byte == space {
                if !previousIsSpace { result.append(byte) }
                previousIsSpace = true
            } else {
                result.append(byte)
                previousIsSpace = false
            }
        }
        if previousIsSpace, piece == .whole || piece == .final, result.last == space { result.removeLast() }
        // A string of nothing but spaces is one space; at the end of a value it is nothing.
        if result.isEmpty, !value.isEmpty, piece != .final { result.append(space) }
        return result
    }

    private static let space = UInt8(ascii: " ")

    private static func append(
        _ scalar: Unicode.Scalar, foldsCase: Bool, to scalars: inout String.UnicodeScalarView
    ) {
        guard foldsCase, scalar != "\u{131}" else {
            scalars.append(scalar)
            return
        }
        // The lower case of the upper case: what full case folding gives, except for the dotless i.
        for upper in scalar.properties.uppercaseMapping.unicodeScalars {
            scalars.append(contentsOf: upper.properties.lowercaseMapping.unicodeScalars)
        }
    }

    /// Soft hyphens, joiners, zero-width spaces, variation selectors, directional marks (RFC 4518 §2.2).
    private static func isMappedToNothing(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x80...0x84, 0x86...0x9F, 0xAD, 0x034F, 0x06DD, 0x070F, 0x1806, 0x180B...0x180E, 0x200B...0x200F,
            0x202A...0x202E, 0x2060...0x2063, 0x206A...0x206F, 0xFE00...0xFE0F, 0xFEFF, 0xFFF9...0xFFFC,
            0x1D173...0x1D17A, 0xE0001, 0xE0020...0xE007F:
            true
        default: false
        }
    }
}
