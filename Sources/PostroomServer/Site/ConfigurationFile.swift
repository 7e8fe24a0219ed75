import CBlockingShim
import Glibc

/// Files that the configuration names: read whole, bounded. What only root may read (a password in a table's file, a TLS
/// key) is read as root when `serve` was started by root, though it serves as an ordinary user.
enum ConfigurationFile {
    /// A table of a million addresses; beyond this it is a mistake.
    private static let maximumSize = 256 << 20

    /// A whole file; nil with `errno` when it can't be read.
    static func read(_ path: String) -> [UInt8]? {
        if let content = readAsOneself(path) { return content }
        guard errno == EACCES, geteuid() != 0, Privileges.canTakeIdentities else { return nil }
        // For this thread alone, and without a suspension before it is set back.
        let user = cblocking_set_fsuid(0)
        let group = cblocking_set_fsgid(0)
        let content = readAsOneself(path)
        let reason = errno
        _ = cblocking_set_fsgid(UInt32(truncatingIfNeeded: group))
        _ = cblocking_set_fsuid(UInt32(truncatingIfNeeded: user))
        errno = reason
        return content
    }

    /// What tells one state of a file from another.
    struct Stamp: Hashable, Sendable {
        /// Seconds since 1970, and nanoseconds.
        var modified: Int64
        var nanoseconds: Int64
        var size: UInt64
        var node: UInt64
    }

    /// Nil when the file isn't there or can't be seen.
    static func stamp(_ path: String) -> Stamp? {
        // open(2): a descriptor that only names the file needs no right to read it, and follows links.
        let oPath: Int32 = 0o10000000
        let descriptor = open(path, oPath | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = cblocking_status()
        guard cblocking_fstat(descriptor, &status) == 0 else { return nil }
        return Stamp(
            modified: status.modified_seconds, nanoseconds: status.modified_nanoseconds, size: status.size,
            node: status.inode)
    }

    /// The names in a folder, in order; nil when it can't be read.
    static func names(in path: String) -> [String]? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder), names.count < 100_000 {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// A path as the shell that started the program means it.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        return String(cString: folder) + "/" + path
    }

    private static func readAsOneself(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while content.count <= maximumSize {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count == 0 ? content : nil }
            content += chunk.prefix(count)
        }
        errno = EFBIG
        return nil
    }
}
