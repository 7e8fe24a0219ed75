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

    /// Takes the file's record lock (fcntl(2)), which mail programs share a mailbox by, for as long as this handle lives or
    /// until `unlockRecords`. It belongs to this handle, so that threads of one process keep each other off too. False where
    /// another handle or process has it.
    package func tryLockRecords(exclusive: Bool) throws(SystemCallError) -> Bool {
        while true {
            let result = cblocking_try_record_lock(descriptor, exclusive ? 1 : 0)
            switch -result {
            case 0: return true
            case EAGAIN, EACCES: return false
            case EINTR: continue
            default: throw SystemCallError("fcntl", path, -result)
            }
        }
    }

    package func unlockRecords() {
        _ = cblocking_record_unlock(descriptor)
    }

    package func changeOwner(uid: UInt32, gid: UInt32) throws(SystemCallError) {
        let result = cblocking_fchown(descriptor, uid, gid)
        guard result == 0 else { throw SystemCallError("chown", path, -result) }
    }

    /// A file without a name for what has to be complete before it goes where it belongs; its space is free again when the
    /// handle is released. As the service: no owner of mail needs rights there.
    package static func unnamed() throws(SystemCallError) -> FileHandle {
        let result = cblocking_open_unnamed()
        guard result >= 0 else { throw SystemCallError("open", Array("/var/tmp".utf8), -result) }
        return FileHandle(descriptor: result, folder: Array("/var/tmp".utf8), name: Array("(unnamed)".utf8))
    }
}
