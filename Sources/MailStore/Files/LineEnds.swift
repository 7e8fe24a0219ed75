import Glibc
import NIOCore

/// Mail has CRLF line ends on the wire and LF on disk. Both directions in runs, not byte by byte.
enum LineEnds {
    /// LF that has no CR before it gets one.
    static func crlf(_ bytes: [UInt8]) -> ByteBuffer {
        var result = ByteBufferAllocator().buffer(capacity: bytes.count + bytes.count / 32 + 16)
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            var start = 0
            while start < raw.count {
                guard let found = memchr(base + start, 0x0A, raw.count - start) else {
                    result.writeBytes(UnsafeRawBufferPointer(rebasing: raw[start...]))
                    break
                }
                let end = base.distance(to: UnsafeRawPointer(found))
                result.writeBytes(UnsafeRawBufferPointer(rebasing: raw[start..<end]))
                let hasCR = end > 0 && raw[end - 1] == 0x0D
                if hasCR { result.writeInteger(UInt8(0x0A)) } else { result.writeStaticString("\r\n") }
                start = end + 1
            }
        }
        return result
    }

    /// How many bytes `crlf` would give.
    static func crlfCount(_ bytes: [UInt8]) -> UInt64 {
        var count = UInt64(bytes.count)
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            var start = 0
            while start < raw.count, let found = memchr(base + start, 0x0A, raw.count - start) {
                let end = base.distance(to: UnsafeRawPointer(found))
                if end == 0 || raw[end - 1] != 0x0D { count += 1 }
                start = end + 1
            }
        }
        return count
    }

    /// Where the body begins: behind the empty line that ends the header; nil when it is not in `bytes`.
    static func headerEnd(_ bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return nil }
            var start = 0
            while start < raw.count, let found = memchr(base + start, 0x0A, raw.count - start) {
                let end = base.distance(to: UnsafeRawPointer(found))
                if end == start || (end == start + 1 && raw[start] == 0x0D) { return end + 1 }
                start = end + 1
            }
            return nil
        }
    }
}

/// CRLF → LF over pieces of a message; counts both forms.
struct LineEndNormalizer {
    /// A CR at the end of the last piece that may belong to a CRLF.
    private var hasPendingCR = false
    private(set) var storedBytes: UInt64 = 0
    private(set) var virtualBytes: UInt64 = 0

    mutating func normalize(_ piece: ByteBuffer) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(piece.readableBytes + 1)
        piece.withUnsafeReadableBytes { raw in
            guard let base = raw.baseAddress, raw.count > 0 else { return }
            if hasPendingCR {
                if raw[0] != 0x0A { result.append(0x0D) }
                hasPendingCR = false
            }
            var start = 0
            while start < raw.count {
                guard let found = memchr(base + start, 0x0D, raw.count - start) else {
                    result.append(contentsOf: raw[start...])
                    break
                }
                let at = base.distance(to: UnsafeRawPointer(found))
                result.append(contentsOf: raw[start..<at])
                if at + 1 == raw.count {
                    hasPendingCR = true
                } else if raw[at + 1] != 0x0A {
                    result.append(0x0D)
                }
                start = at + 1
            }
        }
        count(result)
        return result
    }

    /// What is left at the end of the message.
    mutating func finish() -> [UInt8] {
        guard hasPendingCR else { return [] }
        hasPendingCR = false
        count([0x0D])
        return [0x0D]
    }

    private mutating func count(_ bytes: [UInt8]) {
        storedBytes += UInt64(bytes.count)
        virtualBytes += LineEnds.crlfCount(bytes)
    }
}
