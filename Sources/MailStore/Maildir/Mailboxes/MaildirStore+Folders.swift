import Blocking
import Glibc
package import MailModel

extension MaildirStore {
    private static let marker = Array("maildirfolder".utf8)

    package func create(
        _ name: MailboxName, specialUse: MailboxListing.SpecialUse?
    ) async throws(MailboxFailure) {
        guard !name.isInbox else { throw MailboxFailure(.alreadyExists, "INBOX is always there") }
        _ = try location.names.path(name)
        let stated = specialUse.flatMap { self.specialUse(name) == $0 ? nil : $0 }
        let (location, roots) = (location, stores.roots)
        try await withMailboxFailures {
            _ = try await existingFolder(.inbox, lookingAgain: false)
            try await stores.pool.runWithIdentity(owner) { try Self.makeFolder(name, for: stated, location, roots) }
        }
    }

    /// Made in `tmp/` with all that belongs to it, then renamed: a folder is there or it is not.
    private static func makeFolder(
        _ name: MailboxName, for use: MailboxListing.SpecialUse?, _ location: MaildirLocation, _ roots: MailRoots
    ) throws {
        let path = try location.names.path(name)
        let root = try roots.open(location.path)
        let (parent, last) = try openParent(of: path, in: root, roots)
        if try parent.exists(last) {
            // A directory that only holds others becomes a folder itself.
            guard location.names.layout == .fileSystem, try parent.status(last).kind == .directory,
                try !parent.directory(last).exists(MaildirDirectories.cur)
            else { throw exists(path) }
            return try fill(try parent.directory(last), for: use, location, root)
        }
        let tmp = try temporaryDirectory(in: root)
        let temporaryName = UniqueName.next()
        try tmp.makeDirectory(temporaryName)
        do {
            try fill(try tmp.directory(temporaryName), for: use, location, root)
            try tmp.renameWithoutReplacing(temporaryName, to: parent, last)
        } catch let error as SystemCallError {
            FolderRemoval.remove(temporaryName, in: tmp)
            if error.isExisting || error.number == ENOTEMPTY {
                throw exists(path)
            }
            throw error
        }
        try parent.sync()
    }

    private static func fill(
        _ folder: DirectoryHandle, for use: MailboxListing.SpecialUse?, _ location: MaildirLocation,
        _ root: DirectoryHandle
    ) throws {
        if location.names.layout == .maildirPlusPlus {
            do throws(SystemCallError) {
                try folder.makeFile(marker).sync()
            } catch  where error.isExisting {}
        }
        if location.control == nil, try !folder.exists(UIDListFile.name) {
            let list = UIDList(uidValidity: try UIDValidityCounter.next(in: root, above: 0))
            try UIDListFile(directory: folder).replace(list)
        }
        if let use { try state(use, in: folder) }
        try MaildirDirectories.fill(folder)
    }

    /// RFC 6154 §5.
    private static func state(_ use: MailboxListing.SpecialUse, in folder: DirectoryHandle) throws {
        var metadata = MailboxMetadata()
        try metadata.apply([MetadataChange(.specialUse, Array("\\\(use.rawValue)".utf8))])
        _ = try folder.removeIfPresent(MetadataFile.mailbox)
        let file = try folder.makeFile(MetadataFile.mailbox)
        try file.write(MetadataFile.bytes(metadata))
        try file.sync()
    }

    /// Where a folder is, or is to be; the directories above it are made where they are missing.
    private static func openParent(
        of path: [UInt8], in root: DirectoryHandle, _ roots: MailRoots
    ) throws -> (directory: DirectoryHandle, name: [UInt8]) {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return (root, path) }
        let parent = try roots.openOrMake(root.path + [UInt8(ascii: "/")] + path[..<slash])
        return (parent, Array(path[(slash + 1)...]))
    }

    /// With `INBOX=` elsewhere, the root has none of its own.
    private static func temporaryDirectory(in root: DirectoryHandle) throws(SystemCallError) -> DirectoryHandle {
        do throws(SystemCallError) {
            return try root.directory(MaildirDirectories.tmp)
        } catch  where error.isMissing {
            do throws(SystemCallError) {
                try root.makeDirectory(MaildirDirectories.tmp)
            } catch  where error.isExisting {}
            return try root.directory(MaildirDirectories.tmp)
        }
    }

    private static func exists(_ name: [UInt8]) -> MailboxFailure {
        MailboxFailure(.alreadyExists, "folder \(pathText(name)) is there already")
    }

    package func delete(_ name: MailboxName) async throws(MailboxFailure) {
        guard !name.isInbox else { throw MailboxFailure(.notPermitted, "INBOX can't be deleted") }
        let place = try location.place(name)
        let (location, roots, quota) = (location, stores.roots, quota)
        try await withMailboxFailures {
            try await stores.pool.runWithIdentity(owner) {
                do {
                    try quota.replace { try Self.remove(name, location, roots) }
                } catch  where MaildirDirectories.isMissing(error) {
                    throw MailboxFailure(.noSuchMailbox, "there is no folder \(name)")
                }
            }
        }
        stores.end([place.path])
        stores.indexes?.account(at: place.accountPath, owner: owner).forget(place.path)
    }

    private static func remove(_ name: MailboxName, _ location: MaildirLocation, _ roots: MailRoots) throws {
        let path = try location.names.path(name)
        let root = try roots.open(location.path)
        let tmp = try temporaryDirectory(in: root)
        let (parent, last) = try existingParent(of: path, in: root, roots)
        switch location.names.layout {
        case .maildirPlusPlus: try FolderRemoval.moveAwayAndRemove(last, in: parent, to: tmp)
        case .fileSystem: try FolderRemoval.removeMail(last, in: parent, to: tmp)
        }
        guard location.control != nil else { return }
        // The next folder of this name must not go on with this one's UIDs; those of folders below stay.
        do {
            let (parent, last) = try existingParent(of: path, in: try roots.open(location.accountControl), roots)
            try FolderRemoval.removeFiles(last, in: parent)
        } catch  where MaildirDirectories.isMissing(error) {}
    }

    private static func existingParent(
        of path: [UInt8], in root: DirectoryHandle, _ roots: MailRoots
    ) throws -> (directory: DirectoryHandle, name: [UInt8]) {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return (root, path) }
        return (try roots.open(root.path + [UInt8(ascii: "/")] + path[..<slash]), Array(path[(slash + 1)...]))
    }

    package func rename(_ name: MailboxName, to newName: MailboxName) async throws(MailboxFailure) {
        guard !newName.isInbox else { throw MailboxFailure(.alreadyExists, "INBOX is always there") }
        guard !newName.isDescendant(of: name) || name.isInbox, newName != name else {
            throw MailboxFailure(
                newName == name ? .alreadyExists : .notPermitted, "\(name) can't be renamed to \(newName)")
        }
        if name.isInbox { return try await renameInbox(to: newName) }
        _ = try location.names.path(newName)
        let (location, roots, quota) = (location, stores.roots, quota)
        let moved = try await withMailboxFailures {
            try await stores.pool.runWithIdentity(owner) { () -> [(from: [UInt8], to: [UInt8])] in
                let root = try roots.open(location.path)
                let folders = try FolderTree(location.names, roots).folders(in: root)
                let moves = try Self.moves(from: name, to: newName, among: folders, location.names)
                // A directory takes all that lies below it along.
                let steps =
                    location.names.layout == .maildirPlusPlus
                    ? moves : [FolderMove(from: try location.names.path(name), to: try location.names.path(newName))]
                // Other rules may speak of the new names.
                if quota.quota.folderRules.isEmpty {
                    try Self.rename(steps, location, roots)
                } else {
                    try quota.replace { try Self.rename(steps, location, roots) }
                }
                let prefix = location.path + [UInt8(ascii: "/")]
                return moves.map { (prefix + $0.from, prefix + $0.to) }
            }
        }
        stores.end(Set(moved.flatMap { [$0.from, $0.to] }))
        stores.indexes?.account(at: location.path, owner: owner).move(moved)
    }

    private struct FolderMove {
        var from: [UInt8]
        var to: [UInt8]

        var reversed: FolderMove { FolderMove(from: to, to: from) }
    }

    /// The folder and all below it, with their names after the renaming.
    private static func moves(
        from name: MailboxName, to newName: MailboxName, among folders: [MailboxName], _ names: FolderNames
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
            return FolderMove(from: try names.path(folder), to: try names.path(target))
        }
    }

    /// Children first; if one can't be renamed, those before it get their names back.
    private static func rename(_ moves: [FolderMove], _ location: MaildirLocation, _ roots: MailRoots) throws {
        let root = try roots.open(location.path)
        let control = location.control == nil ? nil : try roots.openOrMake(location.accountControl)
        var done: [FolderMove] = []
        do {
            for move in moves {
                // First, so that the folder never has its new name without its UIDs.
                if let control { try moveControl(move, in: control, roots) }
                do {
                    try Self.move(move, in: root, roots)
                } catch {
                    if let control { try moveControl(move.reversed, in: control, roots) }
                    throw error
                }
                done.append(move)
            }
        } catch {
            for move in done.reversed() {
                do {
                    try Self.move(move.reversed, in: root, roots)
                    if let control { try moveControl(move.reversed, in: control, roots) }
                } catch {
                    // The first failure is the one to be told.
                }
            }
            if let error = error as? SystemCallError, error.isExisting || error.number == ENOTEMPTY {
                throw MailboxFailure(.alreadyExists, error.description)
            }
            throw error
        }
    }

    private static func move(_ move: FolderMove, in root: DirectoryHandle, _ roots: MailRoots) throws {
        let (from, name) = try existingParent(of: move.from, in: root, roots)
        let (to, newName) = try openParent(of: move.to, in: root, roots)
        try from.renameWithoutReplacing(name, to: to, newName)
        try to.sync()
        try from.sync()
    }

    /// What a folder of the new name left there has no mail any more; a folder that was never opened has nothing there.
    private static func moveControl(_ move: FolderMove, in control: DirectoryHandle, _ roots: MailRoots) throws {
        do {
            let (to, newName) = try openParent(of: move.to, in: control, roots)
            let (from, name) = try existingParent(of: move.from, in: control, roots)
            guard try from.exists(name) else { return }
            FolderRemoval.remove(newName, in: to)
            try Self.move(move, in: control, roots)
        } catch  where MaildirDirectories.isMissing(error) {}
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
