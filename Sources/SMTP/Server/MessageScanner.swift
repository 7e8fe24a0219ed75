import Glibc
import NIOCore

/// Takes a message out of the stream: finds its end, undoes dot-stuffing and sees to it that every line end is CRLF.
///
/// The only end of DATA is CRLF `.` CRLF (RFC 5321 §4.1.1.4, and the reason of CVE-2023-51764 where it was not). Whole runs
/// are searched with memchr and copied at once.
struct MessageScanner {
    enum Framing {
        /// DATA: dot-stuffed, up to the lone dot.
        case dots
        /// BDAT: whatever is given belongs to the message.
        case counted
    }

    enum Outcome: Equatable {
        case needInput
        case end
        case bareLineFeed
        case bareCarriageReturn
    }

    private enum State {
        /// Behind a CRLF, or at the start.
        case lineStart
        /// The dot of a line that starts with one is read and held back.
        case dot
        case dotCarriageReturn
        case line
        case carriageReturn
    }

    let framing: Framing
    let normalizes: Bool
    private var state = State.lineStart
    private var isLineEmpty = true
    private var scanStart = 0
    /// Bytes given out.
    private(set) var size = 0
    /// Whether the empty line behind the header has not come yet.
    private(set) var isInHeader = true
    /// Bytes up to the end of the header; while it has not come, all bytes up to the last `scan`.
    private(set) var headerSize = 0

    init(_ framing: Framing, normalizes: Bool) {
        self.framing = framing
        self.normalizes = normalizes
    }

    /// Whether the message ends behind a CRLF, or is empty.
    var endsLine: Bool { if case .lineStart = state { true } else { false } }
    /// Whether the last byte was a CR that may yet turn out to be bare.
    var endsInCarriageReturn: Bool { if case .carriageReturn = state { true } else { false } }

    /// Consumes `input`, up to the end of the message if that comes first, and adds what it means to `output`.
    mutating func scan(_ input: inout ByteBuffer, into output: inout ByteBuffer) -> Outcome {
        scanStart = output.writerIndex
        var outcome = Outcome.needInput
        let consumed = input.withUnsafeReadableBytes { bytes in
            var run = Run(bytes)
            outcome = scan(&run, into: &output)
            run.flush(into: &output)
            return run.position
        }
        input.moveReaderIndex(forwardBy: consumed)
        size &+= output.writerIndex &- scanStart
        if isInHeader { headerSize = size }
        return outcome
    }

    private mutating func scan(_ run: inout Run, into output: inout ByteBuffer) -> Outcome {
        while let byte = run.byte {
            switch state {
            case .lineStart:
                if byte == UInt8(ascii: "."), case .dots = framing {
                    run.skip(into: &output)
                    state = .dot
                } else {
                    isLineEmpty = true
                    state = .line
                }
            case .dot:
                if byte == carriageReturn {
                    run.skip(into: &output)
                    state = .dotCarriageReturn
                } else {
                    isLineEmpty = false
                    state = .line
                }
            case .dotCarriageReturn:
                if byte == lineFeed {
                    run.skip(into: &output)
                    return .end
                }
                guard normalizes else { return .bareCarriageReturn }
                output.writeBytes(lineEnd)
                isLineEmpty = true
                endLine(run, output)
                state = .line
            case .carriageReturn:
                if byte == lineFeed {
                    run.position += 1
                    endLine(run, output)
                    state = .lineStart
                } else {
                    guard normalizes else { return .bareCarriageReturn }
                    run.flush(into: &output)
                    output.writeInteger(lineFeed)
                    endLine(run, output)
                    // Not `lineStart`: a dot behind a line end that only we made ends nothing and is not stuffed.
                    state = .line
                }
            case .line:
                guard let refusal = scanLine(&run, into: &output) else { continue }
                return refusal
            }
        }
        return .needInput
    }

    /// From anywhere in a line to behind its end, or to the end of what there is. Nil when all is well.
    private mutating func scanLine(_ run: inout Run, into output: inout ByteBuffer) -> Outcome? {
        let start = run.position
        let feed = run.next(lineFeed, before: run.count) ?? run.count
        let carriage = run.next(carriageReturn, before: feed) ?? feed
        if carriage > start { isLineEmpty = false }
        run.position = carriage
        if carriage == run.count { return nil }
        if carriage < feed {
            run.position = carriage + 1
            // What follows decides whether this is a line end; the CR itself goes out either way.
            state = .carriageReturn
            return nil
        }
        guard normalizes else { return .bareLineFeed }
        run.skip(into: &output)
        output.writeBytes(lineEnd)
        endLine(run, output)
        return nil
    }

    /// A line end is about to be given out, or just was.
    private mutating func endLine(_ run: Run, _ output: ByteBuffer) {
        if isLineEmpty, isInHeader {
            isInHeader = false
            headerSize = size &+ (output.writerIndex &- scanStart) &+ run.pending
        }
        isLineEmpty = true
    }
}

private let carriageReturn: UInt8 = 0x0D
private let lineFeed: UInt8 = 0x0A
private let lineEnd: [UInt8] = [0x0D, 0x0A]

/// A stretch of input that is copied as a whole until something in it must change.
private struct Run {
    private let bytes: UnsafeRawBufferPointer
    private var start = 0
    var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var count: Int { bytes.count }
    /// Passed but not yet copied.
    var pending: Int { position - start }
    var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

    func next(_ byte: UInt8, before end: Int) -> Int? {
        guard let base = bytes.baseAddress, position < end,
            let found = memchr(base + position, CInt(byte), end - position)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    mutating func flush(into output: inout ByteBuffer) {
        if start < position { output.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<position])) }
        start = position
    }

    /// Leaves the next byte out.
    mutating func skip(into output: inout ByteBuffer) {
        flush(into: &output)
        position += 1
        start = position
    }
}
