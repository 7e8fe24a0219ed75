/// The pieces of a substring filter, prepared as the values they are held against.
struct PreparedSubstrings: Sendable {
    var initial: [UInt8]?
    var any: [[UInt8]]
    var final: [UInt8]?

    func matches(_ value: [UInt8]) -> Bool {
        var rest = value[...]
        if let initial {
            guard rest.starts(with: initial) else { return false }
            rest = rest.dropFirst(initial.count)
        }
        for piece in any {
            guard let end = Self.end(of: piece, in: rest) else { return false }
            rest = rest[end...]
        }
        guard let final else { return true }
        return rest.count >= final.count && rest.suffix(final.count).elementsEqual(final)
    }

    private static func end(of piece: [UInt8], in value: ArraySlice<UInt8>) -> Int? {
        guard let first = piece.first else { return value.startIndex }
        var start = value.startIndex
        while value.endIndex - start >= piece.count {
            guard let next = value[start...].firstIndex(of: first) else { return nil }
            if value.endIndex - next >= piece.count, value[next...].starts(with: piece) { return next + piece.count }
            start = next + 1
        }
        return nil
    }
}
