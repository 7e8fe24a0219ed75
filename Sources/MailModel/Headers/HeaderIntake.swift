import Glibc
package import NIOCore

/// Finds the end of a message's header while the message comes in chunks; the body passes through untouched.
///
/// The header ends at its empty line, or before the first line that is neither a field nor the continuation of one: that
/// line is body already (cleanup(8) of Postfix takes it so). A header above the limit is given up on: the message passes
/// as it is.
package struct HeaderIntake: Sendable {
    package enum Step: Sendable {
        /// The header goes on in the next chunk; nothing to pass on yet.
        case more
        /// `body` begins with the empty line; one is put there where the message has none.
        case header([UInt8], body: ByteBuffer)
        /// The header is above the limit: all that has come, as it came.
        case tooLong(ByteBuffer)
        /// The header has been given already.
        case body(ByteBuffer)
    }

    /// Octets. Above what the SMTP server takes for a header, so that whoever must see the header sees it.
    package static let limit = (1 << 20) + (64 << 10)

    private let limit: Int
    private var gathered = ByteBuffer()
    /// Where the line begins that has not ended yet, and from where its end is looked for.
    private var lineStart = 0
    private var searched = 0
    private var hasField = false
    private(set) var isDone = false

    package init(limit: Int = Self.limit) {
        self.limit = limit
    }

    /// - Parameter isLast: no chunk comes after this one.
    package mutating func append(_ chunk: ByteBuffer, isLast: Bool) -> Step {
        guard !isDone else { return .body(chunk) }
        if gathered.readableBytes == 0 {
            gathered = chunk
        } else {
            var chunk = chunk
            gathered.writeBuffer(&chunk)
        }
        while let line = nextLine(isLast) {
            switch kind(of: line) {
            case .field: hasField = true
            case .continuation where hasField: break
            case .empty: return end(at: line.lowerBound, isSeparated: true)
            case .continuation, .other: return end(at: line.lowerBound, isSeparated: false)
            }
            lineStart = line.upperBound
            guard lineStart <= limit else { return giveUp() }
        }
        if isLast { return end(at: gathered.readableBytes, isSeparated: false) }
        return gathered.readableBytes > limit ? giveUp() : .more
    }

    private mutating func giveUp() -> Step {
        isDone = true
        defer { gathered = ByteBuffer() }
        return .tooLong(gathered)
    }

    private mutating func end(at offset: Int, isSeparated: Bool) -> Step {
        isDone = true
        defer { gathered = ByteBuffer() }
        let header = gathered.readBytes(length: offset) ?? []
        guard !isSeparated else { return .header(header, body: gathered) }
        var body = ByteBuffer(string: "\r\n")
        body.writeBuffer(&gathered)
        return .header(header, body: body)
    }

    /// Offsets behind the reader index, line end included.
    private mutating func nextLine(_ isLast: Bool) -> Range<Int>? {
        let (start, from, count) = (lineStart, searched, gathered.readableBytes)
        guard from < count else { return nil }
        let end = gathered.withUnsafeReadableBytes { bytes -> Int? in
            guard let base = bytes.baseAddress, let found = memchr(base + from, 0x0A, count - from) else { return nil }
            return base.distance(to: UnsafeRawPointer(found)) + 1
        }
        searched = end ?? count
        if let end { return start..<end }
        return isLast ? start..<count : nil
    }

    private enum Line {
        case field, continuation, empty, other
    }

    /// field = field-name *WSP ":" … (RFC 5322 §2.2, §4.5)
    private func kind(of line: Range<Int>) -> Line {
        gathered.withUnsafeReadableBytes { bytes in
            let text = bytes[line]
            switch text.first {
            case 0x0A, nil: return .empty
            case 0x0D where text.count <= 2: return .empty
            case 0x20, 0x09: return .continuation
            default: break
            }
            guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return .other }
            var name = text[text.startIndex..<colon]
            while name.last == 0x20 || name.last == 0x09 { name.removeLast() }
            return !name.isEmpty && name.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? .field : .other
        }
    }
}
