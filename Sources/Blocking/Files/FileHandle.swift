import CBlockingShim
import Glibc

/// An open regular file. Every call blocks: only for threads of a pool.
package final class FileHandle: Sendable {
    let descriptor: Int32
    private let folder: [UInt8]
    private let name: [UInt8]
    /// For errors.
    package var path: [UInt8] { folder + [UInt8(ascii: "/")] + name }

    init(descriptor: Int32, folder: [UInt8], name: [UInt8]) {
        self.descriptor = descriptor
        self.folder = folder
        self.name = name
    }

    deinit {
        close(descriptor)
    }

    package func status() throws(SystemCallError) -> FileStatus {
        var status = cblocking_status()
        let result = cblocking_fstat(descriptor, &status)
        guard result == 0 else { throw SystemCallError("fstat", path, -result) }
        return FileStatus(status)
    }

    /// Writes all of `bytes` at the file's position.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemCallError) {
        var rest = bytes[...]
        while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
            let result = cblocking_write(descriptor, base, rest.count)
            if result == -Int64(EINTR) { continue }
            guard result > 0 else { throw SystemCallError("write", path, result == 0 ? EIO : Int32(-result)) }
            rest = rest.dropFirst(Int(result))
        }
    }

    package func write(_ bytes: [UInt8]) throws(SystemCallError) {
        var failure: SystemCallError?
        bytes.withUnsafeBytes { buffer in
            do throws(SystemCallError) { try write(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Fills `buffer` from `offset`; less than its size only at the end of the file.
    package func read(into buffer: UnsafeMutableRawBufferPointer, from offset: UInt64) throws(SystemCallError) -> Int {
        var count = 0
        while count < buffer.count, let base = buffer.baseAddress {
            let result = cblocking_pread(descriptor, base + count, buffer.count - count, offset + UInt64(count))
            if result == -Int64(EINTR) { continue }
            guard result >= 0 else { throw SystemCallError("read", path, Int32(-result)) }
            if result == 0 { break }
            count += Int(result)
        }
        return count
    }

    /// The whole file, at most `limit` bytes of it; a longer one is an `EFBIG`.
    package func readAll(limit: Int) throws(SystemCallError) -> [UInt8] {
        let size = try status().size
        guard size <= UInt64(limit) else { throw SystemCallError("read", path, EFBIG) }
        return try read(from: 0, count: Int(size))
    }

    /// At most `count` bytes.
    package func read(from offset: UInt64, count: Int) throws(SystemCallError) -> [UInt8] {
        var failure: SystemCallError?
        let bytes = [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, initialized in
            do throws(SystemCallError) {
                initialized = try read(into: UnsafeMutableRawBufferPointer(buffer), from: offset)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Makes the file's contents durable. After a failure the kernel may count lost pages as clean: the file must be given
    /// up, a second call proves nothing.
    package func sync() throws(SystemCallError) {
        let result = cblocking_fsync(descriptor)
        guard result == 0 else { throw SystemCallError("fsync", path, -result) }
    }

    /// As `sync`, without times and other metadata that reading back does not need.
    package func syncData() throws(SystemCallError) {
        let result = cblocking_fdatasync(descriptor)
        guard result == 0 else { throw SystemCallError("fdatasync", path, -result) }
    }

    package func setModified(_ seconds: Int64) throws(SystemCallError) {
        let result = cblocking_set_modified(descriptor, seconds)
        guard result == 0 else { throw SystemCallError("futimens", path, -result) }
    }
}
