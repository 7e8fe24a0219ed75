import CBlockingShim
import Glibc

/// Symbolic links as names of a directory, and modes as they are meant.
extension DirectoryHandle {
    /// A link to `target`, which need not be there. `EEXIST` where the name is taken.
    package func makeSymbolicLink(_ name: [UInt8], to target: [UInt8]) throws(SystemCallError) {
        guard !target.isEmpty, !target.contains(0) else { throw SystemCallError("symlink", path(of: name), EINVAL) }
        _ = try call("symlink", name) { place in
            (target + [0]).withUnsafeBufferPointer { text in
                text.baseAddress.map { cblocking_symlinkat($0, descriptor, place) } ?? -EINVAL
            }
        }
    }

    /// What a link holds; `EINVAL` for anything else.
    package func symbolicLink(_ name: [UInt8]) throws(SystemCallError) -> [UInt8] {
        let size = 4096
        var failure: SystemCallError?
        let target = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            do throws(SystemCallError) {
                count = Int(
                    try call("readlink", name) { place in
                        buffer.baseAddress.map { Int32(clamping: cblocking_readlinkat(descriptor, place, $0, size)) }
                            ?? -EINVAL
                    })
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        // As long as the buffer: it may have been cut.
        guard target.count < size else { throw SystemCallError("readlink", path(of: name), ENAMETOOLONG) }
        return target
    }

    /// All of the mode's bits: what is made with a mode lacks those of the process's umask.
    package func changeMode(_ mode: UInt32) throws(SystemCallError) {
        let result = cblocking_fchmod(descriptor, mode)
        guard result == 0 else { throw SystemCallError("chmod", path, -result) }
    }
}
