import CBlockingShim
import Glibc

extension DirectoryHandle {
    package struct Entry: Hashable, Sendable {
        package var name: [UInt8]
        /// Nil where the file system does not tell it without a `stat`.
        package var kind: FileStatus.Kind?
    }

    /// The names in this directory without `.` and `..`, in no order. More than `limit` is an `EOVERFLOW`: a directory
    /// that big is not served rather than served in part.
    package func entries(limit: Int = 4_000_000) throws(SystemCallError) -> [Entry] {
        var entries: [Entry] = []
        try forEachEntry(limit: limit) { entries.append(Entry(name: Array($0), kind: $1)) }
        return entries
    }

    /// The same without an array for each: a name is there while `body` runs.
    package func forEachEntry(
        limit: Int = 4_000_000, _ body: (UnsafeRawBufferPointer, FileStatus.Kind?) -> Void
    ) throws(SystemCallError) {
        // A descriptor of its own: reading moves a position, and this handle is shared.
        let reader = try withPath("open", [UInt8(ascii: ".")]) {
            cblocking_openat(descriptor, $0, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        }
        defer { close(reader) }
        var total = 0
        let size = 64 * 1024
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
        defer { buffer.deallocate() }
        while true {
            let count = cblocking_getdents(reader, buffer.baseAddress, size)
            if count == -Int64(EINTR) { continue }
            guard count >= 0 else { throw SystemCallError("getdents", path, Int32(-count)) }
            if count == 0 { return }
            total += Self.forEach(UnsafeRawBufferPointer(rebasing: buffer[..<Int(count)]), body)
            guard total <= limit else { throw SystemCallError("getdents", path, EOVERFLOW) }
        }
    }

    /// struct linux_dirent64 (getdents64(2)): inode 8, offset 8, record length 2, kind 1, name ended by a NUL.
    private static func forEach(
        _ records: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, FileStatus.Kind?) -> Void
    ) -> Int {
        let nameOffset = 19
        var start = 0
        var count = 0
        while start + nameOffset < records.count {
            let length = Int(records.loadUnaligned(fromByteOffset: start + 16, as: UInt16.self))
            guard length > nameOffset, start + length <= records.count else { return count }
            let field = UnsafeRawBufferPointer(rebasing: records[(start + nameOffset)..<(start + length)])
            let end = field.baseAddress.flatMap { memchr($0, 0, field.count) }.map { UnsafeRawPointer($0) }
            let nameLength = end.flatMap { end in field.baseAddress.map { end - $0 } } ?? field.count
            let name = UnsafeRawBufferPointer(rebasing: field[..<nameLength])
            let isSelfOrParent = name.first == 0x2E && (name.count == 1 || (name.count == 2 && name.last == 0x2E))
            if !isSelfOrParent {
                body(name, kind(records[start + 18]))
                count += 1
            }
            start += length
        }
        return count
    }

    private static func kind(_ type: UInt8) -> FileStatus.Kind? {
        switch Int(type) {
        case 0: nil
        case 4: .directory
        case 8: .regular
        case 10: .symbolicLink
        default: .other
        }
    }
}
