package import NIOCore

/// Cuts lines out of the input. A line that is too long is told once and dropped as it comes, never gathered.
package struct LineFramer: Sendable {
    package enum Event: Hashable, Sendable {
        case needInput
        /// Without its CRLF; a bare LF ends a line too, as every server has it.
        case line([UInt8])
        case tooLong
    }

    private var isDropping = false
    /// How much of the unread input holds no line end.
    private var searched = 0

    package init() {}

    package mutating func next(_ input: inout ByteBuffer, limit: Int) -> Event {
        while true {
            let bytes = input.readableBytesView
            guard let end = bytes.dropFirst(searched).firstIndex(of: 0x0A) else {
                searched = bytes.count
                if isDropping {
                    input.moveReaderIndex(to: input.writerIndex)
                    searched = 0
                } else if bytes.count > limit + 1 {
                    isDropping = true
                    input.moveReaderIndex(to: input.writerIndex)
                    searched = 0
                    return .tooLong
                }
                return .needInput
            }
            var line = bytes[bytes.startIndex..<end]
            if line.last == 0x0D { line.removeLast() }
            let result = Array(line.prefix(limit + 1))
            input.moveReaderIndex(forwardBy: end - bytes.startIndex + 1)
            searched = 0
            if isDropping {
                isDropping = false
                continue
            }
            return result.count > limit ? .tooLong : .line(result)
        }
    }
}
