import Glibc
package import NIOCore

/// Turns the CRLF of the wire into the LF that Maildir files have, piece by piece, and counts both sizes.
package struct LineEndsToLF: Sendable {
    /// Bytes written so far, as `,S=` counts them.
    package private(set) var size: UInt64 = 0
    /// The same with a CRLF for every line end, as `,W=` counts them.
    package private(set) var virtualSize: UInt64 = 0

    private var holdsCR = false
    private var lastByte: UInt8 = 0

    package init() {}

    package mutating func convert(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        guard var position = input.baseAddress, !input.isEmpty else { return }
        var left = input.count
        if holdsCR {
            holdsCR = false
            if input[0] != 0x0A { emit(cr, into: &output) }
        }
        while left > 0 {
            guard let found = memchr(position, 0x0A, left) else { break }
            let length = UnsafeRawPointer(found) - position
            let line = UnsafeRawBufferPointer(start: position, count: length)
            emit(line.last == cr ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line, into: &output)
            endLine(into: &output)
            position += length + 1
            left -= length + 1
        }
        var rest = UnsafeRawBufferPointer(start: position, count: left)
        if rest.last == cr {
            holdsCR = true
            rest = UnsafeRawBufferPointer(rebasing: rest.dropLast())
        }
        emit(rest, into: &output)
    }

    package mutating func convert(_ input: [UInt8], into output: inout [UInt8]) {
        input.withUnsafeBytes { convert($0, into: &output) }
    }

    /// A CR that nothing followed.
    package mutating func finish(into output: inout [UInt8]) {
        if holdsCR { emit(cr, into: &output) }
        holdsCR = false
    }

    private var cr: UInt8 { 0x0D }

    private mutating func endLine(into output: inout [UInt8]) {
        // A reader sees CR LF as one line end already (`CR CR LF` came in).
        if lastByte != cr { virtualSize += 1 }
        emit(0x0A, into: &output)
    }

    private mutating func emit(_ byte: UInt8, into output: inout [UInt8]) {
        output.append(byte)
        lastByte = byte
        size += 1
        virtualSize += 1
    }

    private mutating func emit(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        guard let last = bytes.last else { return }
        output.append(contentsOf: bytes)
        lastByte = last
        size += UInt64(bytes.count)
        virtualSize += UInt64(bytes.count)
    }
}

/// The way back: every line end becomes CRLF, whatever the file has.
package enum LineEndsToCRLF {
    /// How many bytes `input` has with CRLF line ends, if `previous` stands before it.
    package static func virtualSize(_ input: UnsafeRawBufferPointer, after previous: UInt8 = 0) -> UInt64 {
        guard let base = input.baseAddress, !input.isEmpty else { return 0 }
        var size = UInt64(input.count)
        var position = base
        var left = input.count
        while left > 0, let found = memchr(position, 0x0A, left) {
            let line = UnsafeRawPointer(found)
            let before = line == base ? previous : (line - 1).load(as: UInt8.self)
            if before != 0x0D { size += 1 }
            left -= line - position + 1
            position = line + 1
        }
        return size
    }

    /// - Parameter expected: what a file's name says of its size with CRLF; counted where nothing does, or it is wrong.
    package static func append(
        _ input: UnsafeRawBufferPointer, expecting expected: UInt64? = nil, to buffer: inout ByteBuffer
    ) {
        if let expected, let expected = Int(exactly: expected), expected > input.count, expected / 2 <= input.count {
            let written = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: expected) { output in
                write(input, to: UnsafeMutableRawBufferPointer(rebasing: output[..<expected])) ?? 0
            }
            if written > 0 { return }
        }
        let size = virtualSize(input)
        guard size != UInt64(input.count) else {
            buffer.writeBytes(input)
            return
        }
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Int(clamping: size)) { write(input, to: $0) ?? 0 }
    }

    /// Nil when `output` has no room for all of it.
    private static func write(_ input: UnsafeRawBufferPointer, to output: UnsafeMutableRawBufferPointer) -> Int? {
        guard let base = input.baseAddress, let target = output.baseAddress else { return 0 }
        let room = output.count
        var position = base
        var left = input.count
        var written = 0
        while left > 0, let found = memchr(position, 0x0A, left) {
            let length = UnsafeRawPointer(found) - position
            let before: UInt8 = UnsafeRawPointer(found) == base ? 0 : (UnsafeRawPointer(found) - 1).load(as: UInt8.self)
            guard written + length + (before == 0x0D ? 1 : 2) <= room else { return nil }
            memcpy(target + written, position, length)
            written += length
            if before != 0x0D {
                target.storeBytes(of: 0x0D, toByteOffset: written, as: UInt8.self)
                written += 1
            }
            target.storeBytes(of: 0x0A, toByteOffset: written, as: UInt8.self)
            written += 1
            position += length + 1
            left -= length + 1
        }
        guard written + left <= room else { return nil }
        if left > 0 { memcpy(target + written, position, left) }
        return written + left
    }

    /// The length of the header with its empty line; nil when `input` does not hold the empty line.
    package static func headerLength(_ input: UnsafeRawBufferPointer) -> Int? {
        guard let base = input.baseAddress else { return nil }
        var position = 0
        while position < input.count, let found = memchr(base + position, 0x0A, input.count - position) {
            let end = UnsafeRawPointer(found) - base
            let line = end - position
            if line == 0 || (line == 1 && input[position] == 0x0D) { return end + 1 }
            position = end + 1
        }
        return nil
    }
}
