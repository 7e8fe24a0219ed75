import Blocking
import MailModel

/// Takes a folder away with everything in it. Nothing in it is followed anywhere: a link is removed, not what it leads to.
enum FolderRemoval {
    /// A Maildir folder is two levels deep; other programs may have put a little more there.
    private static let maximumDepth = 8

    /// Renamed into the account's `tmp/` first, so that it is gone at once and for good, then removed piece by piece.
    static func moveAwayAndRemove(_ name: [UInt8], in root: DirectoryHandle) throws {
        guard try root.status(name).kind == .directory else {
            // A shared folder: the link is the account's own, the mail is not.
            try root.remove(name)
            try root.sync()
            return
        }
        let tmp = try root.directory(MaildirDirectories.tmp)
        let temporaryName = UniqueName.next()
        try root.renameWithoutReplacing(name, to: tmp, temporaryName)
        try root.sync()
        remove(temporaryName, in: tmp)
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
