import Blocking
import Glibc

/// A file read block by block from front to back, with a look at a few bytes anywhere.
struct BlockReader {
    private static let blockSize = 64 * 1024

    let file: FileHandle
    let size: UInt64
    private var start: UInt64 = 0
    private var block: [UInt8] = []
    private(set) var bytesRead: UInt64 = 0

    init(_ file: FileHandle, size: UInt64) {
        self.file = file
        self.size = size
    }

    /// Makes the byte at `offset` the first of the block, unless the block holds `count` bytes from there.
    private mutating func load(_ offset: UInt64, count: Int = 1) throws(SystemCallError) {
        let wanted = min(UInt64(count), size > offset ? size - offset : 0)
        if offset >= start, offset - start + wanted <= UInt64(block.count) { return }
        let length = min(UInt64(max(Self.blockSize, count)), size > offset ? size - offset : 0)
        block = try file.read(from: offset, count: Int(length))
        start = offset
        bytesRead += UInt64(block.count)
        // The file became shorter while it was read: what was known of its size is no longer true.
        guard UInt64(block.count) == length else { throw SystemCallError("read", file.path, ESTALE) }
    }

    /// At most `count` bytes; less at the end of the file.
    mutating func bytes(at offset: UInt64, count: Int) throws(SystemCallError) -> ArraySlice<UInt8> {
        guard offset < size, count > 0 else { return [] }
        try load(offset, count: count)
        let first = Int(offset - start)
        return block[first..<min(block.count, first + count)]
    }

    /// Where the next LF is.
    mutating func lineEnd(from offset: UInt64) throws(SystemCallError) -> UInt64? {
        var offset = offset
        while offset < size {
            try load(offset)
            let first = Int(offset - start)
            let found = block.withUnsafeBytes { bytes -> Int? in
                guard let base = bytes.baseAddress, let end = memchr(base + first, 0x0A, bytes.count - first) else {
                    return nil
                }
                return UnsafeRawPointer(end) - base
            }
            if let found { return start + UInt64(found) }
            offset = start + UInt64(block.count)
        }
        return nil
    }

    /// A sum (FNV-1a) by which changes of a part are noticed.
    mutating func sum(from offset: UInt64, to end: UInt64) throws(SystemCallError) -> UInt64 {
        var sum = ByteSum()
        var offset = offset
        let isInBlock = offset >= start && end - start <= UInt64(block.count)
        if !isInBlock, offset < end, end - offset <= UInt64(Self.blockSize) / 4 {
            // A header among large messages: no more than it is read.
            let header = try file.read(from: offset, count: Int(end - offset))
            bytesRead += UInt64(header.count)
            sum.add(header[...])
            return sum.value
        }
        while offset < end {
            let part = try bytes(at: offset, count: Int(min(UInt64(Self.blockSize), end - offset)))
            guard !part.isEmpty else { break }
            sum.add(part)
            offset += UInt64(part.count)
        }
        return sum.value
    }
}

/// FNV-1a.
struct ByteSum {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ bytes: ArraySlice<UInt8>) {
        value = bytes.withUnsafeBytes { bytes in
            var value = value
            for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
            return value
        }
    }
}
