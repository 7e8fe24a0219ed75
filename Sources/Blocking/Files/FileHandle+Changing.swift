import CBlockingShim
import Glibc

/// What is done to a file that stays in its place.
extension FileHandle {
    /// Writes all of `bytes` from `offset` on, whatever the file's position.
    package func write(_ bytes: [UInt8], at offset: UInt64) throws(SystemCallError) {
        var failure: SystemCallError?
        bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count, let base = buffer.baseAddress {
                let result = cblocking_pwrite(
                    descriptor, base + written, buffer.count - written, offset + UInt64(written))
                if result == -Int64(EINTR) { continue }
                guard result > 0 else {
                    failure = SystemCallError("write", path, result == 0 ? EIO : Int32(-result))
                    return
                }
                written += Int(result)
            }
        }
        if let failure { throw failure }
    }

    package func truncate(to size: UInt64) throws(SystemCallError) {
        let result = cblocking_ftruncate(descriptor, size)
        guard result == 0 else { throw SystemCallError("ftruncate", path, -result) }
    }

    /// Takes the file's lock (flock(2)) for as long as this handle lives. False where another handle, of this process or
    /// another, has it.
    package func tryLock() throws(SystemCallError) -> Bool {
        while true {
            let result = cblocking_try_lock(descriptor)
            switch -result {
            case 0: return true
            case EWOULDBLOCK: return false
            case EINTR: continue
            default: throw SystemCallError("flock", path, -result)
            }
        }
    }
}
