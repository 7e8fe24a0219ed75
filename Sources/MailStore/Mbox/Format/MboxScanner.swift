import Blocking
import MailModel

/// Where a message is in an mbox.
struct MboxExtent: Hashable, Sendable {
    /// The `From ` line.
    var from: UInt64
    var header: UInt64
    var body: UInt64
    /// Behind the message; the line end that parts it from the next one follows.
    var end: UInt64
    /// The next message, or the end of the file.
    var next: UInt64
    /// Of the `From ` line and the header.
    var sum: UInt64

    /// What the message takes up in the file.
    var size: UInt64 { next - from }

    func moved(by distance: Int64) -> MboxExtent {
        func move(_ offset: UInt64) -> UInt64 { UInt64(bitPattern: Int64(bitPattern: offset) &+ distance) }
        return MboxExtent(
            from: move(from), header: move(header), body: move(body), end: move(end), next: move(next), sum: sum)
    }
}

struct ScannedMessage: Sendable {
    var extent: MboxExtent
    var fields: MboxFields
    var date: Int64
}

/// Finds the messages of an mbox as Dovecot does: `Content-Length` counts where it leads to another message or to the end of
/// the file; otherwise a message ends at the next `From ` line with a date. Whatever the file holds, each byte behind the first
/// `From ` line belongs to exactly one message.
struct MboxScanner {
    /// A longer header is cut: what follows counts as body.
    static let maximumHeader: UInt64 = 1 << 20
    private static let maximumField = 1 << 16

    private var reader: BlockReader

    init(_ file: FileHandle, size: UInt64) {
        self.reader = BlockReader(file, size: size)
    }

    var size: UInt64 { reader.size }
    var bytesRead: UInt64 { reader.bytesRead }

    /// The first message at or behind `offset`, which is the beginning of a line; nil where there is none.
    mutating func firstMessage(from offset: UInt64 = 0) throws(SystemCallError) -> UInt64? {
        var offset = offset
        while offset < size {
            if try isFromLine(at: offset) { return offset }
            guard let end = try reader.lineEnd(from: offset) else { return nil }
            offset = end + 1
        }
        return nil
    }

    mutating func start(count: Int) throws(SystemCallError) -> ArraySlice<UInt8> {
        try reader.bytes(at: 0, count: count)
    }

    mutating func isFromLine(at offset: UInt64) throws(SystemCallError) -> Bool {
        try date(at: offset) != nil
    }

    private mutating func date(at offset: UInt64) throws(SystemCallError) -> Int64? {
        let start = try reader.bytes(at: offset, count: FromLine.start.count)
        guard start.elementsEqual(FromLine.start) else { return nil }
        let line = try reader.bytes(at: offset, count: FromLine.maximumLength)
        // Torn: what would be written behind it would become a part of it.
        guard let end = line.firstIndex(of: 0x0A) else { return nil }
        return FromLine.date(line[..<end])
    }

    /// Whether the same message as ever begins there.
    mutating func isUnchanged(_ extent: MboxExtent) throws(SystemCallError) -> Bool {
        guard extent.next <= size, extent.body <= extent.next else { return false }
        return try reader.sum(from: extent.from, to: extent.body) == extent.sum
    }

    /// The message whose `From ` line is at `from`.
    mutating func message(at from: UInt64) throws(SystemCallError) -> ScannedMessage {
        let date = try date(at: from) ?? 0
        let header = (try reader.lineEnd(from: from)).map { $0 + 1 } ?? size
        var collected: [UInt8] = []
        var isField = false
        var position = header
        var body = size
        var end: (end: UInt64, next: UInt64)?
        while true {
            guard position < size, let lineEnd = try reader.lineEnd(from: position) else {
                // The file ends within the header.
                if position < size { isField = try collect(position, size, isField, into: &collected) }
                break
            }
            let first = try reader.bytes(at: position, count: 5)
            if first.first == 0x0A || (first.starts(with: [0x0D, 0x0A])) {
                body = lineEnd + 1
                break
            }
            if first.elementsEqual(FromLine.start), try isFromLine(at: position) {
                end = position == header ? (header, header) : (try lineBreak(before: position), position)
                break
            }
            isField = try collect(position, lineEnd + 1, isField, into: &collected)
            position = lineEnd + 1
            if position - header > Self.maximumHeader {
                body = position
                break
            }
        }
        let fields = MboxFields(collected[...])
        let found: (end: UInt64, next: UInt64) =
            if let end { end } else { try bodyEnd(body, header: header, fields.contentLength) }
        body = min(body, found.end)
        let sum = try reader.sum(from: from, to: body)
        return ScannedMessage(
            extent: MboxExtent(from: from, header: header, body: body, end: found.end, next: found.next, sum: sum),
            fields: fields, date: date)
    }

    /// Adds a line to `collected` if it belongs to one of the fields that are not the message's own.
    private mutating func collect(
        _ start: UInt64, _ end: UInt64, _ wasField: Bool, into collected: inout [UInt8]
    ) throws(SystemCallError) -> Bool {
        let beginning = try reader.bytes(at: start, count: 24)
        let isContinuation = beginning.first == 0x20 || beginning.first == 0x09
        let isField = isContinuation ? wasField : MboxFields.Name(beginning) != nil
        if isField, end - start <= UInt64(Self.maximumField), collected.count < Self.maximumField * 4 {
            collected += try reader.bytes(at: start, count: Int(end - start))
        }
        return isField
    }

    private mutating func bodyEnd(
        _ body: UInt64, header: UInt64, _ length: UInt64?
    ) throws(SystemCallError) -> (end: UInt64, next: UInt64) {
        if let length {
            let (end, overflow) = body.addingReportingOverflow(length)
            if !overflow, end <= size, let next = try next(behind: end) { return (end, next) }
        }
        // The header's empty line may be the one that parts this message from the next.
        var position = max(header, body > 0 ? body - 1 : 0)
        while let lineEnd = try reader.lineEnd(from: position) {
            let next = lineEnd + 1
            if next == size { return (max(header, try lineBreak(before: next)), size) }
            if try isFromLine(at: next) { return (max(header, try lineBreak(before: next)), next) }
            position = next
        }
        return (size, size)
    }

    /// The next message, if `end` is where one ends.
    private mutating func next(behind end: UInt64) throws(SystemCallError) -> UInt64? {
        let bytes = try reader.bytes(at: end, count: 2)
        if bytes.isEmpty { return size }
        let length: UInt64 = bytes.first == 0x0A ? 1 : bytes.elementsEqual([0x0D, 0x0A]) ? 2 : 0
        guard length > 0 else { return nil }
        return end + length == size ? size : try isFromLine(at: end + length) ? end + length : nil
    }

    /// Where the LF or CRLF before `offset` begins.
    private mutating func lineBreak(before offset: UInt64) throws(SystemCallError) -> UInt64 {
        guard offset >= 2 else { return 0 }
        let before = try reader.bytes(at: offset - 2, count: 2)
        return before.elementsEqual([0x0D, 0x0A]) ? offset - 2 : offset - 1
    }
}
