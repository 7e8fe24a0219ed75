import Blocking
import Glibc
import Synchronization

/// The folders of a spool, open and locked. Blocks.
///
///     lock        held by the one server that uses the spool
///     version     the format of the folders
///     tmp/        messages that are being written; swept at start
///     messages/X/ those that wait, in one of 52 folders
///     corrupt/    files that are no messages any more, for the administrator
final class SpoolFolders: Sendable {
    static let layout = "postroom spool 1\n"

    let path: [UInt8]
    let temporary: DirectoryHandle
    let corrupt: DirectoryHandle
    private let shards: [QueueID.Shard: Shard]
    /// Nil once it was given back.
    private let lock: Mutex<FileHandle?>

    struct Shard: Sendable {
        var directory: DirectoryHandle
        var sync: SharedDirectorySync
    }

    private init(
        path: [UInt8], temporary: DirectoryHandle, corrupt: DirectoryHandle, shards: [QueueID.Shard: Shard],
        lock: FileHandle
    ) {
        self.path = path
        self.temporary = temporary
        self.corrupt = corrupt
        self.shards = shards
        self.lock = Mutex(lock)
    }

    static func open(_ path: [UInt8]) throws -> SpoolFolders {
        do {
            // Any absolute path, links included: it stands in the configuration.
            let roots = try MailRoots([[UInt8(ascii: "/")]])
            _ = try roots.makeDirectories(path)
            let root = try roots.open(path)
            let lock = try takeLock(in: root)
            try checkVersion(in: root)
            let temporary = try directory("tmp", in: root)
            let corrupt = try directory("corrupt", in: root)
            let messages = try directory("messages", in: root)
            var shards: [QueueID.Shard: Shard] = [:]
            for shard in QueueID.Shard.all {
                let directory = try directory(shard.name, in: messages)
                shards[shard] = Shard(directory: directory, sync: SharedDirectorySync(directory))
            }
            try messages.sync()
            try root.sync()
            try sweep(temporary)
            return SpoolFolders(path: path, temporary: temporary, corrupt: corrupt, shards: shards, lock: lock)
        } catch let failure as PathFailure {
            throw SpoolFailure(.unavailable, "the spool can't be opened: \(failure)")
        }
    }

    func releaseLock() {
        lock.withLock { $0 = nil }
    }

    func shard(of id: QueueID) throws(SpoolFailure) -> Shard {
        guard let shard = shards[QueueID.Shard(id)] else {
            throw SpoolFailure(.noSuchMessage, "message \(id): no folder for it")
        }
        return shard
    }

    var allShards: [DirectoryHandle] { QueueID.Shard.all.compactMap { shards[$0]?.directory } }

    private static func directory(_ name: String, in parent: DirectoryHandle) throws(SystemCallError) -> DirectoryHandle
    {
        let name = Array(name.utf8)
        do throws(SystemCallError) {
            return try parent.directory(name)
        } catch  where error.isMissing {
            try parent.makeDirectory(name)
            return try parent.directory(name)
        }
    }

    /// For how long a server that is about to end may keep the lock: so does one that was killed until the kernel is through
    /// with it, and a child of its own between fork(2) and execve(2).
    private static let lockPatience = Duration.seconds(3)

    /// Two servers on one spool would send every message twice.
    private static func takeLock(in root: DirectoryHandle) throws -> FileHandle {
        let file = try lockFile(in: root)
        guard try waitForLock(file) else {
            let holder = try String(decoding: file.read(from: 0, count: 20), as: UTF8.self)
            let process = Int32(holder.prefix { $0.isASCII && $0.isNumber }).map { " (process \($0))" } ?? ""
            throw SpoolFailure(
                .busy,
                """
                the spool \(String(decoding: root.path, as: UTF8.self)) is in use by another server\(process): \
                stop that one, or give this one a spool of its own
                """)
        }
        try file.truncate(to: 0)
        try file.write(Array("\(getpid())\n".utf8), at: 0)
        return file
    }

    private static func waitForLock(_ file: FileHandle) throws(SystemCallError) -> Bool {
        let deadline = ContinuousClock.now + lockPatience
        while try !file.tryLock() {
            guard ContinuousClock.now < deadline else { return false }
            usleep(20_000)
        }
        return true
    }

    private static func lockFile(in root: DirectoryHandle) throws(SystemCallError) -> FileHandle {
        let name = Array("lock".utf8)
        do throws(SystemCallError) {
            return try root.makeFile(name)
        } catch  where error.isExisting {
            return try root.fileForChanging(name)
        }
    }

    private static func checkVersion(in root: DirectoryHandle) throws {
        let name = Array("version".utf8)
        guard let found = try contents(of: name, in: root) else {
            return try DurableFile.replace(
                name, in: root, temporaryName: Array("version.new".utf8), contents: Array(layout.utf8))
        }
        guard found == Array(layout.utf8) else {
            let mark = String(decoding: found.prefix { $0 >= 0x20 }, as: UTF8.self)
            throw SpoolFailure(
                .unavailable,
                """
                the spool \(String(decoding: root.path, as: UTF8.self)) is marked "\(mark)"; this program knows \
                "postroom spool 1" only
                """)
        }
    }

    /// The beginning of a small file; nil where there is none.
    private static func contents(of name: [UInt8], in root: DirectoryHandle) throws(SystemCallError) -> [UInt8]? {
        do throws(SystemCallError) {
            return try root.file(name).read(from: 0, count: 100)
        } catch  where error.isMissing {
            return nil
        }
    }

    /// What a server that was killed had not finished was never acknowledged.
    private static func sweep(_ temporary: DirectoryHandle) throws(SystemCallError) {
        for entry in try temporary.entries() where entry.kind != .directory {
            _ = try temporary.removeIfPresent(entry.name)
        }
    }
}

extension QueueID {
    /// Which folder a message lies in. By the fourth letter from the end: what arrives in the same tenth of a second shares
    /// a folder, and so its syncs; over eight seconds all have the same share.
    struct Shard: Hashable, Sendable {
        let letter: UInt8

        init(_ id: QueueID) {
            letter = Array(id.description.utf8.suffix(4)).first ?? UInt8(ascii: "0")
        }

        private init(letter: UInt8) {
            self.letter = letter
        }

        var name: String { String(UnicodeScalar(letter)) }

        static let all = Array("0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz".utf8).map(Shard.init(letter:))
    }

    /// As a file name of the spool.
    var fileName: [UInt8] { Array(description.utf8) }
}
