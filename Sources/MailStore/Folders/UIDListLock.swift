import Blocking
import Glibc
import MailModel

/// `dovecot-uidlist.lock`: who holds it may give UIDs. A lock file that nobody touched for two minutes was left behind by a
/// program that is gone and is overridden, as Dovecot does.
struct UIDListLock {
    private static let name = Array("dovecot-uidlist.lock".utf8)
    private static let staleAfter: Int64 = 120
    private static let patience: Int64 = 30

    private let directory: DirectoryHandle

    /// Blocks for up to half a minute.
    init(_ directory: DirectoryHandle) throws(MailboxFailure) {
        self.directory = directory
        let deadline = FileStatus.Time.now.seconds + Self.patience
        var pause: UInt32 = 1000
        while true {
            do throws(SystemCallError) {
                let file = try directory.makeFile(Self.name)
                try file.write(Array("\(getpid())".utf8))
                return
            } catch {
                guard error.isExisting else { throw error.mailboxFailure }
            }
            Self.removeStale(directory)
            guard FileStatus.Time.now.seconds < deadline else {
                throw MailboxFailure(
                    .unavailable,
                    "\(String(decoding: directory.path, as: UTF8.self))/dovecot-uidlist.lock is held by another program")
            }
            usleep(pause)
            pause = min(pause * 2, 50_000)
        }
    }

    private static func removeStale(_ directory: DirectoryHandle) {
        do throws(SystemCallError) {
            let age = FileStatus.Time.now.seconds - (try directory.status(name).modified.seconds)
            if age > staleAfter { try directory.remove(name) }
        } catch {
            // Gone in between: the next try finds out.
        }
    }

    func release() {
        DurableFile.discard(Self.name, in: directory)
    }
}
