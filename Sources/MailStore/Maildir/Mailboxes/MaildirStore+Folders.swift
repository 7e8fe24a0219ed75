import Blocking
import Glibc
package import MailModel

extension MaildirStore {
    private static let marker = Array("maildirfolder".utf8)

    package func create(
        _ name: MailboxName, specialUse: MailboxListing.SpecialUse?
    ) async throws(MailboxFailure) {
        guard !name.isInbox else { throw MailboxFailure(.alreadyExists, "INBOX is always there") }
        let directory = try FolderNames.directory(name)
        let stated = specialUse.flatMap { self.specialUse(name) == $0 ? nil : $0 }
        let (path, roots) = (location.path, stores.roots)
        try await withMailboxFailures {
            _ = try await existingFolder(.inbox, lookingAgain: false)
            try await stores.pool.runWithIdentity(owner) {
                try Self.makeFolder(directory, for: stated, in: try roots.open(path))
            }
        }
    }

    /// Made in `tmp/` with all that belongs to it, then renamed: a folder is there or it is not.
    private static func makeFolder(
        _ name: [UInt8], for use: MailboxListing.SpecialUse?, in root: DirectoryHandle
    ) throws {
        guard try !root.exists(name) else { throw exists(name) }
        let tmp = try root.directory(MaildirDirectories.tmp)
        let temporaryName = UniqueName.next()
        var metadata = MailboxMetadata()
        try metadata.apply([MetadataChange(.specialUse, use.map { Array("\\\($0.rawValue)".utf8) })])
        try tmp.makeDirectory(temporaryName)
        do {
            let folder = try tmp.directory(temporaryName)
            try folder.makeFile(marker).sync()
            let list = UIDList(uidValidity: try UIDValidityCounter.next(in: root, above: 0))
            try UIDListFile(directory: folder).replace(list)
            if use != nil {
                let file = try folder.makeFile(MetadataFile.mailbox)
                try file.write(MetadataFile.bytes(metadata))
                try file.sync()
            }
            try MaildirDirectories.fill(folder)
            try tmp.renameWithoutReplacing(temporaryName, to: root, name)
        } catch {
            FolderRemoval.remove(temporaryName, in: tmp)
            if error.isExisting || error.number == ENOTEMPTY {
                throw exists(name)
            }
            throw error
        }
        try root.sync()
    }

    private static func exists(_ name: [UInt8]) -> MailboxFailure {
        MailboxFailure(.alreadyExists, "folder \(pathText(name)) is there already")
    }

    package func delete(_ name: MailboxName) async throws(MailboxFailure) {
        guard !name.isInbox else { throw MailboxFailure(.notPermitted, "INBOX can't be deleted") }
        let directory = try FolderNames.directory(name)
        let (path, roots, quota) = (location.path, stores.roots, quota)
        try await withMailboxFailures {
            try await stores.pool.runWithIdentity(owner) {
                do {
                    try quota.replace { try FolderRemoval.moveAwayAndRemove(directory, in: try roots.open(path)) }
                } catch  where MaildirDirectories.isMissing(error) {
                    throw MailboxFailure(.noSuchMailbox, "there is no folder \(pathText(directory))")
                }
            }
        }
        let place = try place(name)
        stores.end([place.path])
        stores.indexes?.account(at: place.accountPath, owner: owner).forget(place.path)
    }

    package func rename(_ name: MailboxName, to newName: MailboxName) async throws(MailboxFailure) {
        guard !newName.isInbox else { throw MailboxFailure(.alreadyExists, "INBOX is always there") }
        guard !newName.isDescendant(of: name) || name.isInbox, newName != name else {
            throw MailboxFailure(
                newName == name ? .alreadyExists : .notPermitted, "\(name) can't be renamed to \(newName)")
        }
        if name.isInbox { return try await renameInbox(to: newName) }
        _ = try FolderNames.directory(newName)
        let (path, roots, quota) = (location.path, stores.roots, quota)
        let moved = try await withMailboxFailures {
            try await stores.pool.runWithIdentity(owner) { () -> [(from: [UInt8], to: [UInt8])] in
                let root = try roots.open(path)
                let moves = try Self.moves(from: name, to: newName, among: try Self.folders(in: root, roots))
                // Other rules may speak of the new names.
                if quota.quota.folderRules.isEmpty {
                    try Self.rename(moves, in: root)
                } else {
                    try quota.replace { try Self.rename(moves, in: root) }
                }
                let prefix = path + [UInt8(ascii: "/")]
                return moves.map { (prefix + $0.from, prefix + $0.to) }
            }
        }
        stores.end(Set(moved.flatMap { [$0.from, $0.to] }))
        stores.indexes?.account(at: path, owner: owner).move(moved)
    }

    private struct FolderMove {
        var from: [UInt8]
        var to: [UInt8]
    }

    /// The folder and all below it, with their names after the renaming.
    private static func moves(
        from name: MailboxName, to newName: MailboxName, among folders: [MailboxName]
    ) throws -> [FolderMove] {
        let affected = folders.filter { $0 == name || $0.isDescendant(of: name) }
        guard !affected.isEmpty else { throw MailboxFailure(.noSuchMailbox, "there is no folder \(name)") }
        return try affected.sorted { $0.parts.count > $1.parts.count }.map { folder in
            let parts = newName.parts + folder.parts.dropFirst(name.parts.count)
            guard let target = MailboxName(parts: parts) else {
                throw MailboxFailure(.notPermitted, "\(folder) would lie too deep")
            }
            guard !folders.contains(target) else {
                throw MailboxFailure(.alreadyExists, "folder \(target) is there already")
            }
            return FolderMove(from: try FolderNames.directory(folder), to: try FolderNames.directory(target))
        }
    }

    /// Children first; if one can't be renamed, those before it get their names back.
    private static func rename(_ moves: [FolderMove], in root: DirectoryHandle) throws {
        var done: [FolderMove] = []
        do {
            for move in moves {
                try root.renameWithoutReplacing(move.from, to: root, move.to)
                done.append(move)
            }
        } catch {
            for move in done.reversed() {
                do throws(SystemCallError) {
                    try root.renameWithoutReplacing(move.to, to: root, move.from)
                } catch {
                    // The first failure is the one to be told.
                }
            }
            if error.isExisting || error.number == ENOTEMPTY {
                throw MailboxFailure(.alreadyExists, error.description)
            }
            throw error
        }
        try root.sync()
    }

    /// RFC 3501 §6.3.5: INBOX's messages go to a new mailbox, INBOX and what lies below it stay.
    private func renameInbox(to newName: MailboxName) async throws(MailboxFailure) {
        try await create(newName, specialUse: nil)
        try await withMailboxFailures {
            let inbox = try await existingFolder(.inbox)
            let target = try await existingFolder(newName)
            _ = try await MessageTransfer(from: inbox, .inbox, to: target, newName, quota).move(inbox.view.uids)
        }
        try await copyMetadata(to: newName)
    }
}
