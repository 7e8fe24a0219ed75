import Blocking
import Glibc
import MailModel

/// `dovecot-uidlist` on disk. Everything that writes needs the lock.
struct UIDListFile {
    static let name = Array("dovecot-uidlist".utf8)
    static let lockName = "dovecot-uidlist.lock"
    private static let temporaryName = Array("dovecot-uidlist.tmp".utf8)
    /// About two million messages.
    private static let maximumSize = 256 << 20

    /// What tells one state of the file from the next: it is replaced by rename, or grows.
    struct Stamp: Hashable, Sendable {
        var identity: FileStatus.Identity
        var size: UInt64
        var modified: FileStatus.Time

        init(_ status: FileStatus) {
            identity = status.identity
            size = status.size
            modified = status.modified
        }

        /// Nil where the file is missing.
        static func of(_ name: [UInt8], in directory: DirectoryHandle) throws(SystemCallError) -> Stamp? {
            do throws(SystemCallError) {
                return Stamp(try directory.status(name))
            } catch  where error.isMissing {
                return nil
            }
        }
    }

    let directory: DirectoryHandle

    func stamp() throws(SystemCallError) -> Stamp? {
        try Stamp.of(Self.name, in: directory)
    }

    /// As another server left it a moment ago: NFS asks for a file's attributes when it is opened, and guesses otherwise.
    func stampNow() throws(SystemCallError) -> Stamp? {
        do throws(SystemCallError) {
            return Stamp(try directory.file(Self.name).status())
        } catch  where error.isMissing {
            return nil
        }
    }

    enum Contents {
        case list(UIDList)
        case missing
        case damaged
    }

    func read() throws(SystemCallError) -> Contents {
        do throws(SystemCallError) {
            let bytes = try directory.file(Self.name).readAll(limit: Self.maximumSize)
            return UIDList(parsing: bytes).map { .list($0) } ?? .damaged
        } catch  where error.isMissing {
            return .missing
        }
    }

    /// Durable when it returns: a UID that a client has seen is never given again.
    func append(_ records: ArraySlice<UIDList.Record>) throws(SystemCallError) {
        var lines: [UInt8] = []
        for record in records { UIDList.append(record, to: &lines) }
        let file = try directory.fileForAppending(Self.name)
        try file.write(lines)
        try file.syncData()
    }

    func replace(_ list: UIDList) throws(SystemCallError) {
        try DurableFile.replace(
            Self.name, in: directory, temporaryName: Self.temporaryName, contents: list.bytes)
    }
}
