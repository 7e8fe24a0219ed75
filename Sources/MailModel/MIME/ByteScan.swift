#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Searches in message bytes at the speed of the C library.
package enum ByteScan {
    /// The first position at or behind `start` that holds `byte`.
    package static func firstIndex(of byte: UInt8, in bytes: Span<UInt8>, from start: Int, below end: Int) -> Int? {
        let end = min(end, bytes.count)
        guard start >= 0, start < end else { return nil }
        return bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return nil }
            guard let found = memchr(base + start, Int32(byte), end - start) else { return nil }
            return UnsafeRawPointer(found) - UnsafeRawPointer(base)
        }
    }

    static func copy(_ range: Range<Int>, of bytes: Span<UInt8>) -> [UInt8] {
        let range = range.clamped(to: 0..<bytes.count)
        return bytes.withUnsafeBufferPointer { Array($0[range]) }
    }

    static func append(_ range: Range<Int>, of bytes: Span<UInt8>, to output: inout [UInt8]) {
        let range = range.clamped(to: 0..<bytes.count)
        bytes.withUnsafeBufferPointer { output.append(contentsOf: UnsafeBufferPointer(rebasing: $0[range])) }
    }

    static func lineFeeds(in range: Range<Int>, of bytes: Span<UInt8>) -> Int {
        var count = 0
        var position = range.lowerBound
        while let found = firstIndex(of: 0x0A, in: bytes, from: position, below: range.upperBound) {
            count += 1
            position = found + 1
        }
        return count
    }
}
