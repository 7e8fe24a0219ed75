import Blocking
import MailModel

/// Takes a folder away with everything in it. Nothing in it is followed anywhere: a link is removed, not what it leads to.
enum FolderRemoval {
    /// A Maildir folder is two levels deep; other programs may have put a little more there.
    private static let maximumDepth = 8

    /// Renamed into the account's `tmp/` first, so that it is gone at once and for good, then removed piece by piece.
    static func moveAwayAndRemove(_ name: [UInt8], in root: DirectoryHandle, to tmp: DirectoryHandle) throws {
        guard try root.status(name).kind == .directory else {
            // A shared folder: the link is the account's own, the mail is not.
            try root.remove(name)
            try root.sync()
            return
        }
        let temporaryName = UniqueName.next()
        try root.renameWithoutReplacing(name, to: tmp, temporaryName)
        try root.sync()
        remove(temporaryName, in: tmp)
    }

    /// Takes a folder's mail and its own files away, not the folders that lie below it. Without `cur` it is a folder no more.
    static func removeMail(_ name: [UInt8], in parent: DirectoryHandle, to tmp: DirectoryHandle) throws {
        guard try parent.status(name).kind == .directory else {
            try parent.remove(name)
            try parent.sync()
            return
        }
        let directory = try parent.directory(name)
        for part in [MaildirDirectories.cur, MaildirDirectories.new, MaildirDirectories.tmp] {
            let temporaryName = UniqueName.next()
            guard try directory.moveIfPresent(part, to: tmp, temporaryName) else {
                // Only `cur` makes it a folder.
                if part == MaildirDirectories.cur, try !isEmpty(directory) {
                    throw MailboxFailure(.notPermitted, "\(pathText(directory.path)) only holds other folders")
                }
                continue
            }
            try directory.sync()
            remove(temporaryName, in: tmp)
        }
        try removeFiles(name, in: parent)
    }

    private static func isEmpty(_ directory: DirectoryHandle) throws(SystemCallError) -> Bool {
        try directory.entries().isEmpty
    }

    /// All files of a directory, and the directory itself if nothing is left in it.
    static func removeFiles(_ name: [UInt8], in parent: DirectoryHandle) throws(SystemCallError) {
        let directory = try parent.directory(name)
        for entry in try directory.entries() where try directory.status(entry.name).kind == .regular {
            try directory.remove(entry.name)
        }
        do throws(SystemCallError) {
            try parent.removeDirectory(name)
        } catch {
            // Other folders lie in it.
        }
        try parent.sync()
    }

    /// As far as it goes: what stays is in `tmp/`, where nobody sees it.
    static func remove(_ name: [UInt8], in parent: DirectoryHandle, depth: Int = 0) {
        do throws(SystemCallError) {
            guard depth < maximumDepth, try parent.status(name).kind == .directory else {
                try parent.remove(name)
                return
            }
            let directory = try parent.directory(name)
            for entry in try directory.entries() { remove(entry.name, in: directory, depth: depth + 1) }
            try parent.removeDirectory(name)
        } catch {
            // Nothing to be told to a client, whose mailbox is gone.
        }
    }
}
