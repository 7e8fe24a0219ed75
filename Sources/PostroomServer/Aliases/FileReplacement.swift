import CBlockingShim
import Glibc

/// A file of the administrator's that is changed by a command: one command at a time, and whoever reads sees the old or the new
/// one. Blocks.
final class FileReplacement: Sendable {
    /// What is in the way.
    struct Failure: Error {
        var code: Int32
        var action: String
        var isBusy: Bool { code == EWOULDBLOCK }
        var description: String { "\(action): \(String(cString: strerror(code)))" }
    }

    /// Where the file itself is, links followed.
    let path: String
    private let folder: String
    private let name: String
    private let descriptor: Int32

    /// Takes the lock of the file's folder, which ends with this value: a lock on the file would be left behind with the file
    /// when another takes its place.
    ///
    /// - Throws: `isBusy` when somebody else has it for longer than `patience` tenths of a second.
    init(_ given: String, patience: Int = 100) throws(Failure) {
        var resolved = given
        if let real = realpath(given, nil) {
            resolved = String(cString: real)
            free(real)
        }
        path = resolved
        let slash = resolved.lastIndex(of: "/")
        folder = slash.map { $0 == resolved.startIndex ? "/" : String(resolved[..<$0]) } ?? "."
        name = slash.map { String(resolved[resolved.index(after: $0)...]) } ?? resolved
        let opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw Failure(code: errno, action: folder) }
        var attempts = 0
        while true {
            let result = -cblocking_try_lock(opened)
            if result == 0 { break }
            attempts += 1
            guard result == EWOULDBLOCK || result == EINTR, attempts < patience else {
                close(opened)
                throw Failure(code: result, action: "lock of \(folder)")
            }
            usleep(100_000)
        }
        descriptor = opened
    }

    deinit {
        close(descriptor)
    }

    /// Nil when the file isn't there.
    func contents() throws(Failure) -> [UInt8]? {
        if let contents = ConfigurationFile.read(path) { return contents }
        guard errno == ENOENT else { throw Failure(code: errno, action: path) }
        return nil
    }

    /// Puts a whole new file in the place of the old one, with its owner and mode; survives a power cut.
    func replace(with contents: [UInt8]) throws(Failure) {
        var old = stat()
        let isThere = stat(path, &old) == 0
        let temporary = "\(folder)/.\(name).postroom-new"
        // Of a command that was killed: the lock says that nobody writes it now.
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, isThere ? 0o600 : 0o644)
        guard file >= 0 else { throw Failure(code: errno, action: folder) }
        do throws(Failure) {
            defer { close(file) }
            if isThere {
                try Self.check(fchown(file, old.st_uid, old.st_gid), "owner of \(path)")
                try Self.check(fchmod(file, old.st_mode & 0o7777), "mode of \(path)")
            }
            try Self.write(contents, to: file, temporary)
            try Self.check(fsync(file), temporary)
            try Self.check(rename(temporary, path), path)
        } catch {
            unlink(temporary)
            throw error
        }
        try Self.check(fsync(descriptor), folder)
    }

    private static func check(_ result: Int32, _ action: String) throws(Failure) {
        guard result == 0 else { throw Failure(code: errno, action: action) }
    }

    private static func write(_ contents: [UInt8], to file: Int32, _ path: String) throws(Failure) {
        var rest = contents[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Failure(code: count == 0 ? EIO : errno, action: path) }
            rest = rest.dropFirst(count)
        }
    }
}
