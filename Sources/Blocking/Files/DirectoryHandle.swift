import CBlockingShim
import Glibc

/// An open directory, and what is done to the names in it. No call follows a symbolic link, and no name may hold a `/`:
/// whatever is done stays in this directory. Every call blocks: only for threads of a pool.
package final class DirectoryHandle: Sendable {
    let descriptor: Int32
    /// As it was asked for; for errors and logs.
    package let path: [UInt8]

    init(descriptor: Int32, path: [UInt8]) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        close(descriptor)
    }

    func path(of name: [UInt8]) -> [UInt8] { path + [UInt8(ascii: "/")] + name }

    /// One system call on a name of this directory.
    func call(
        _ call: String, _ name: [UInt8], _ body: (UnsafePointer<UInt8>) -> Int32
    ) throws(SystemCallError) -> Int32 {
        guard !name.isEmpty, !name.contains(UInt8(ascii: "/")), name != [0x2E], name != [0x2E, 0x2E] else {
            throw SystemCallError(call, path(of: name), EINVAL)
        }
        do throws(SystemCallError) {
            return try withPath(call, name, body)
        } catch {
            throw SystemCallError(call, path(of: name), error.number)
        }
    }

    // MARK: Directories

    /// A directory below this one, one level.
    package func directory(_ name: [UInt8]) throws(SystemCallError) -> DirectoryHandle {
        let result = try call("open", name) {
            cblocking_openat(descriptor, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
        }
        return DirectoryHandle(descriptor: result, path: path(of: name))
    }

    package func makeDirectory(_ name: [UInt8], mode: UInt32 = 0o700) throws(SystemCallError) {
        _ = try call("mkdir", name) { cblocking_mkdirat(descriptor, $0, mode) }
    }

    package func removeDirectory(_ name: [UInt8]) throws(SystemCallError) {
        _ = try call("rmdir", name) { cblocking_unlinkat(descriptor, $0, AT_REMOVEDIR) }
    }

    // MARK: Files

    /// Opens a regular file for reading; a link, a FIFO or a device is refused (`ELOOP`, `EINVAL`) without waiting for it.
    package func file(_ name: [UInt8]) throws(SystemCallError) -> FileHandle {
        let file = try open(name, O_RDONLY)
        guard try file.status().kind == .regular else { throw SystemCallError("open", path(of: name), EINVAL) }
        return file
    }

    /// Opens an existing regular file for adding to its end.
    package func fileForAppending(_ name: [UInt8]) throws(SystemCallError) -> FileHandle {
        let file = try open(name, O_WRONLY | O_APPEND)
        guard try file.status().kind == .regular else { throw SystemCallError("open", path(of: name), EINVAL) }
        return file
    }

    /// Opens an existing regular file for reading and for changing it in place.
    package func fileForChanging(_ name: [UInt8]) throws(SystemCallError) -> FileHandle {
        let file = try open(name, O_RDWR)
        guard try file.status().kind == .regular else { throw SystemCallError("open", path(of: name), EINVAL) }
        return file
    }

    /// Makes a file that did not exist, open for reading and writing.
    package func makeFile(_ name: [UInt8], mode: UInt32 = 0o600) throws(SystemCallError) -> FileHandle {
        try open(name, O_RDWR | O_CREAT | O_EXCL, mode: mode)
    }

    private func open(_ name: [UInt8], _ flags: Int32, mode: UInt32 = 0) throws(SystemCallError) -> FileHandle {
        let result = try call("open", name) {
            cblocking_openat(descriptor, $0, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode)
        }
        return FileHandle(descriptor: result, path: path(of: name))
    }

    package func remove(_ name: [UInt8]) throws(SystemCallError) {
        _ = try call("unlink", name) { cblocking_unlinkat(descriptor, $0, 0) }
    }

    /// Replaces what `newName` was.
    package func rename(
        _ name: [UInt8], to directory: DirectoryHandle, _ newName: [UInt8]
    ) throws(SystemCallError) {
        _ = try directory.call("rename", newName) { newPath in
            (name + [0]).withUnsafeBufferPointer { old in
                old.baseAddress.map { cblocking_renameat(descriptor, $0, directory.descriptor, newPath) } ?? -EINVAL
            }
        }
    }

    /// Fails with `EEXIST` where `newName` is taken. Atomic; where the file system can't (some NFS), by `link` and `unlink`.
    package func renameWithoutReplacing(
        _ name: [UInt8], to directory: DirectoryHandle, _ newName: [UInt8]
    ) throws(SystemCallError) {
        do throws(SystemCallError) {
            _ = try directory.call("rename", newName) { newPath in
                (name + [0]).withUnsafeBufferPointer { old in
                    old.baseAddress.map {
                        cblocking_rename_without_replacing(descriptor, $0, directory.descriptor, newPath)
                    } ?? -EINVAL
                }
            }
        } catch  where error.number == EINVAL || error.number == ENOSYS {
            guard try status(name).kind != .directory else {
                // Directories have no second names. A rename replaces none that holds anything.
                guard try !directory.exists(newName) else { throw SystemCallError("rename", directory.path, EEXIST) }
                return try rename(name, to: directory, newName)
            }
            try link(name, to: directory, newName)
            try remove(name)
        }
    }

    /// A second name for the same file; `EXDEV` across file systems.
    package func link(_ name: [UInt8], to directory: DirectoryHandle, _ newName: [UInt8]) throws(SystemCallError) {
        _ = try directory.call("link", newName) { newPath in
            (name + [0]).withUnsafeBufferPointer { old in
                old.baseAddress.map { cblocking_linkat(descriptor, $0, directory.descriptor, newPath) } ?? -EINVAL
            }
        }
    }

    // MARK: Knowledge

    /// Of a name in this directory; a symbolic link is reported as one.
    package func status(_ name: [UInt8]) throws(SystemCallError) -> FileStatus {
        var status = cblocking_status()
        _ = try call("stat", name) { cblocking_fstatat(descriptor, $0, &status) }
        return FileStatus(status)
    }

    package func status() throws(SystemCallError) -> FileStatus {
        var status = cblocking_status()
        let result = cblocking_fstat(descriptor, &status)
        guard result == 0 else { throw SystemCallError("fstat", path, -result) }
        return FileStatus(status)
    }

    package func exists(_ name: [UInt8]) throws(SystemCallError) -> Bool {
        do throws(SystemCallError) {
            _ = try status(name)
            return true
        } catch  where error.isMissing {
            return false
        }
    }

    /// Makes the names in this directory durable.
    package func sync() throws(SystemCallError) {
        let result = cblocking_fsync(descriptor)
        guard result == 0 else { throw SystemCallError("fsync", path, -result) }
    }

    /// What the file system that holds this directory has left for ordinary users.
    package func freeSpace() throws(SystemCallError) -> FreeSpace {
        var space = cblocking_space()
        let result = cblocking_statvfs(descriptor, &space)
        guard result == 0 else { throw SystemCallError("statvfs", path, -result) }
        return FreeSpace(
            bytes: space.free_bytes, totalBytes: space.total_bytes, files: space.free_files,
            totalFiles: space.total_files)
    }
}

package struct FreeSpace: Hashable, Sendable {
    package var bytes: UInt64
    package var totalBytes: UInt64
    /// Inodes; 0 on file systems that do not count them.
    package var files: UInt64
    /// 0 on file systems that do not count them: there `files` says nothing.
    package var totalFiles: UInt64
}
