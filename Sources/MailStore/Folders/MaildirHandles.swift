import Blocking
import MailModel

/// The open directories of one Maildir folder, for the length of one operation. Every call blocks.
struct MaildirHandles {
    let main: DirectoryHandle
    let new: DirectoryHandle
    let cur: DirectoryHandle
    let tmp: DirectoryHandle

    static let newName = Array("new".utf8)
    static let curName = Array("cur".utf8)
    static let tmpName = Array("tmp".utf8)

    init(_ path: [UInt8], _ roots: MailRoots) throws(MailboxFailure) {
        do throws(PathFailure) {
            main = try roots.open(path)
        } catch {
            throw error.mailboxFailure
        }
        do throws(SystemCallError) {
            new = try main.directory(Self.newName)
            cur = try main.directory(Self.curName)
            tmp = try main.directory(Self.tmpName)
        } catch {
            throw error.isMissing ? MailboxFailure(.noSuchMailbox, error.description) : error.mailboxFailure
        }
    }

    /// Where a message's file lies.
    func directory(isNew: Bool) -> DirectoryHandle { isNew ? new : cur }

    /// The messages of `new/` and `cur/`.
    func scan() throws(MailboxFailure) -> [FolderContents.File] {
        var files: [FolderContents.File] = []
        do throws(SystemCallError) {
            for isNew in [true, false] {
                for entry in try directory(isNew: isNew).entries() where entry.kind == nil || entry.kind == .regular {
                    guard let name = MaildirFileName(entry.name) else { continue }
                    files.append(FolderContents.File(name: name, isNew: isNew))
                }
            }
        } catch {
            throw error.mailboxFailure
        }
        return files
    }

    /// The content of a small file beside the messages; nil when there is none.
    func control(_ name: [UInt8], limit: Int) throws(MailboxFailure) -> [UInt8]? {
        do throws(SystemCallError) {
            return try main.file(name).readAll(limit: limit)
        } catch {
            if error.isMissing { return nil }
            throw error.mailboxFailure
        }
    }

    /// Makes `cur`, `new` and `tmp` where they are missing.
    static func complete(_ main: DirectoryHandle) throws(MailboxFailure) {
        do throws(SystemCallError) {
            for name in [tmpName, newName, curName] {
                do throws(SystemCallError) {
                    try main.makeDirectory(name)
                } catch where error.isExisting {}
            }
            try main.sync()
        } catch {
            throw error.mailboxFailure
        }
    }
}
