import MailModel

/// The last part: the message that the report is about, whole or its header.
struct ReturnedMessage: Sendable {
    let isWhole: Bool
    let bytes: [UInt8]

    /// - Parameter wantsWhole: it comes whole only if it also has no line that could not be sent; else its header, as far
    ///   as `limit` goes.
    init(_ content: [UInt8], wantsWhole: Bool, limit: Int) {
        if wantsWhole, let whole = Self.normalized(content[...], cutsLines: false) {
            isWhole = true
            bytes = whole
            return
        }
        isWhole = false
        bytes = Self.normalized(Self.header(content, limit), cutsLines: true) ?? []
    }

    var isEightBit: Bool { bytes.contains { $0 >= 0x80 } }

    /// Whole lines up to the empty one, and up to the limit.
    private static func header(_ content: [UInt8], _ limit: Int) -> ArraySlice<UInt8> {
        var end = 0
        var position = 0
        while position < content.count {
            let lineEnd = content[position...].firstIndex(of: 0x0A).map { $0 + 1 } ?? content.count
            let isEmpty = content[position..<lineEnd].allSatisfy { $0 == 0x0D || $0 == 0x0A }
            if isEmpty || lineEnd > limit { break }
            end = lineEnd
            position = lineEnd
        }
        // A first line beyond the limit: as much of it as goes.
        return end == 0 && position == 0 && content.count > limit ? content.prefix(limit) : content[..<end]
    }

    /// With every line end CRLF and no NUL, which other servers refuse. Lines over 998 octets are cut, or nil is given.
    private static func normalized(_ content: ArraySlice<UInt8>, cutsLines: Bool) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(content.count + 64)
        var length = 0
        var previous: UInt8 = 0
        for byte in content {
            switch byte {
            case 0x0A where previous == 0x0D: break
            case 0x0A, 0x0D:
                result += [0x0D, 0x0A]
                length = 0
            default:
                if length == 998 {
                    guard cutsLines else { return nil }
                    // Goes on as a folded line of the same field.
                    result += [0x0D, 0x0A, 0x20]
                    length = 1
                }
                result.append(byte == 0 ? UInt8(ascii: "?") : byte)
                length += 1
            }
            previous = byte
        }
        if length > 0 { result += [0x0D, 0x0A] }
        return result
    }
}
