import Glibc
import MailModel
import MailStore
import Synchronization

/// The entries of a site for mailboxes of all accounts, which say more than any mailbox's own (Dovecot's
/// `acl = vfile:/etc/dovecot/acls`): one file with a pattern in each line, or a folder in which the file `Work/Plans` is
/// that of the mailbox of this name, and `.DEFAULT` what holds where nothing else speaks of a login. Changes count at once.
final class SiteAccessLists: Sendable {
    /// What a site says of some mailboxes, in the order of their names, and of all others.
    struct Answer: Sendable {
        var lists: [AccessControlList]
        var standard: AccessControlList
    }

    private struct Kept {
        var stamps: [String: ConfigurationFile.Stamp] = [:]
        var lists: [String: AccessControlList] = [:]
        var file: (stamp: ConfigurationFile.Stamp, contents: SiteAccessFile)?
    }

    private static let maximumKept = 4096
    private static let standardName = ".DEFAULT"

    let path: String
    private let kept = Mutex(Kept())

    init(path: String) {
        self.path = path
    }

    /// - Parameter names: as clients see them.
    func answer(_ names: [[UInt8]]) async throws(MailboxFailure) -> Answer {
        let answer = await Hashing.blocking { () -> Result<Answer, MailboxFailure> in
            do throws(MailboxFailure) {
                return .success(try self.read(names))
            } catch {
                return .failure(error)
            }
        }
        guard let answer else { throw MailboxFailure(.unavailable, "\(path): too much is being read") }
        return try answer.get()
    }

    /// Nil if all is well; blocks, for the start of a site.
    func fault() -> String? {
        do throws(MailboxFailure) {
            _ = try read([Array("INBOX".utf8)])
            return nil
        } catch {
            return error.reason
        }
    }

    private func read(_ names: [[UInt8]]) throws(MailboxFailure) -> Answer {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            var lists: [AccessControlList] = []
            for name in names { lists.append(try list(of: String(decoding: name, as: UTF8.self))) }
            return Answer(lists: lists, standard: try list(of: Self.standardName))
        }
        let file = try file()
        return Answer(lists: names.map { file.list(of: $0) }, standard: file.list(of: []))
    }

    // MARK: One file

    private func file() throws(MailboxFailure) -> SiteAccessFile {
        let stamp = ConfigurationFile.stamp(path)
        if let known = kept.withLock({ kept in stamp.flatMap { kept.file?.stamp == $0 ? kept.file?.contents : nil } }) {
            return known
        }
        guard let text = ConfigurationFile.read(path) else { throw unreadable(path) }
        let contents: SiteAccessFile
        do throws(MailboxFailure) {
            contents = try SiteAccessFile(parsing: text)
        } catch {
            throw MailboxFailure(error.kind, "\(path): \(error.reason)")
        }
        if let stamp { kept.withLock { $0.file = (stamp, contents) } }
        return contents
    }

    // MARK: A file for each mailbox

    private func list(of name: String) throws(MailboxFailure) -> AccessControlList {
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        // A name that leads elsewhere is no file's.
        guard !parts.contains(where: { $0.isEmpty || $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }),
            name.utf8.count <= 1024
        else { return AccessControlList() }
        let file = "\(path)/\(name)"
        let stamp = ConfigurationFile.stamp(file)
        if let known = kept.withLock({ stamp != nil && $0.stamps[file] == stamp ? $0.lists[file] : nil }) {
            return known
        }
        guard let text = ConfigurationFile.read(file) else {
            let reason = errno
            guard reason != ENOENT, reason != ENOTDIR, reason != EISDIR, reason != ENAMETOOLONG else {
                return AccessControlList()
            }
            throw unreadable(file)
        }
        let list: AccessControlList
        do throws(MailboxFailure) {
            list = try DovecotACLFile.parse(text)
        } catch {
            throw MailboxFailure(error.kind, "\(file): \(error.reason)")
        }
        kept.withLock { kept in
            if kept.lists.count >= Self.maximumKept { (kept.lists, kept.stamps) = ([:], [:]) }
            kept.stamps[file] = stamp
            kept.lists[file] = list
        }
        return list
    }

    private func unreadable(_ file: String) -> MailboxFailure {
        MailboxFailure(.misconfigured, "\(file): the site's ACLs can't be read: \(String(cString: strerror(errno)))")
    }
}
