package import Blocking
import Glibc
package import MailModel

/// Makes what a mailbox needs on disk, and says what was missing; looks only where `isDry`. Nothing that is there is changed,
/// replaced or removed. Every call blocks and runs as the mailbox's owner.
package struct MaildirMaking: Sendable {
    package enum Access: Hashable, Sendable {
        /// Its owner's alone: 0700.
        case personal
        /// Others may look in, and folders are given to them one by one: 0755 (maildirmake -S).
        case sharable
    }

    /// What was found, or what was done about it.
    package enum Finding: Hashable, Sendable {
        case present
        /// It was missing, and is made now unless this is a dry run.
        case missing
        /// It is something else than it should be: for a person to decide.
        case wrong(String)
    }

    package let roots: MailRoots
    package let isDry: Bool

    package init(roots: MailRoots, isDry: Bool) {
        self.roots = roots
        self.isDry = isDry
    }

    private static let folderMarker = Array("maildirfolder".utf8)
    private static let maildir = [MaildirDirectories.tmp, MaildirDirectories.new, MaildirDirectories.cur]

    // MARK: Maildirs

    package func maildir(
        _ path: [UInt8], owner: Owner, _ access: Access
    ) throws -> (finding: Finding, identity: FileStatus.Identity?) {
        guard let directory = try directoryIfPresent(path) else {
            guard !isDry else { return (.missing, nil) }
            // Parents of what others see must let them through.
            _ = try roots.makeDirectories(path, mode: access == .sharable ? 0o755 : 0o700)
            let made = try roots.open(path)
            try fill(made, access)
            return (.missing, try made.status().identity)
        }
        let status = try directory.status()
        guard status.uid == owner.uid else {
            let text = "belongs to uid \(status.uid), not to \(owner.uid): chown it if the directory is right"
            return (.wrong(text), status.identity)
        }
        if try isWhole(directory) { return (.present, status.identity) }
        if !isDry { try fill(directory, access) }
        return (.missing, status.identity)
    }

    /// The mode first: who finds `cur` finds it as it is meant.
    private func fill(_ directory: DirectoryHandle, _ access: Access) throws {
        if access == .sharable { try directory.changeMode(0o755) }
        try MaildirDirectories.fill(directory)
    }

    private func isWhole(_ directory: DirectoryHandle) throws -> Bool {
        for part in Self.maildir {
            guard try kind(of: part, in: directory) == .directory else { return false }
        }
        return true
    }

    /// Nil for a name that is not there.
    private func kind(of name: [UInt8], in directory: DirectoryHandle) throws -> FileStatus.Kind? {
        do {
            return try directory.status(name).kind
        } catch {
            guard error.isMissing else { throw error }
            return nil
        }
    }

    // MARK: Folders

    /// A folder of the Maildir++ at `path`. One that is shared can be written by all who come to it, and what each puts there
    /// is removed by him and the owner alone (maildirmake -s write).
    package func folder(_ name: MailboxName, of path: [UInt8], isShared: Bool) throws -> Finding {
        let directoryName = try FolderNames().path(name)
        guard let maildir = try directoryToRead(path) else { return .missing }
        if let kind = try kind(of: directoryName, in: maildir) {
            return kind == .directory ? .present : .wrong("has a file in the place of folder \(name)")
        }
        guard !isDry else { return .missing }
        try make(directoryName, in: maildir, isShared: isShared)
        return .missing
    }

    /// Complete before anybody sees it.
    private func make(_ name: [UInt8], in maildir: DirectoryHandle, isShared: Bool) throws {
        let tmp = try maildir.directory(MaildirDirectories.tmp)
        let temporaryName = Array("postroom-\(getpid())-\(UInt64.random(in: 0...(.max)))".utf8)
        try tmp.makeDirectory(temporaryName)
        let folder = try tmp.directory(temporaryName)
        for part in Self.maildir {
            try folder.makeDirectory(part)
            if isShared { try folder.directory(part).changeMode(0o1777) }
        }
        _ = try folder.makeFile(Self.folderMarker)
        if isShared { try folder.changeMode(0o1755) }
        try folder.sync()
        do {
            try tmp.renameWithoutReplacing(temporaryName, to: maildir, name)
        } catch {
            remove(folder, temporaryName, from: tmp)
            // Another program may have been quicker.
            guard error.isExisting else { throw error }
        }
        try maildir.sync()
    }

    private func remove(_ folder: DirectoryHandle, _ name: [UInt8], from parent: DirectoryHandle) {
        DurableFile.discard(Self.folderMarker, in: folder)
        for part in Self.maildir { try? folder.removeDirectory(part) }
        try? parent.removeDirectory(name)
    }

    // MARK: Links

    /// The directory above `path`, which is to hold a link.
    package func parent(of path: [UInt8]) throws -> Finding {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")), slash > 0 else { return .present }
        if try parentIfPresent(of: path) != nil { return .present }
        if !isDry { _ = try roots.makeDirectories(Array(path[..<slash]), mode: 0o755) }
        return .missing
    }

    /// A link at `path` that leads to `target`.
    package func link(_ path: [UInt8], to target: [UInt8]) throws -> Finding {
        guard let place = try parentIfPresent(of: path) else {
            guard isDry else { throw PathFailure(path, .system(SystemCallError("open", path, ENOENT))) }
            return .missing
        }
        let (parent, name) = place
        switch try kind(of: name, in: parent) {
        case nil: break
        case .symbolicLink:
            let found = try parent.symbolicLink(name)
            return found == target ? .present : .wrong("leads to \(pathText(found)), not to \(pathText(target))")
        default:
            let text = "is no link to \(pathText(target)): move the mail in it to that folder, then remove it"
            return .wrong(text)
        }
        guard !isDry else { return .missing }
        do {
            try parent.makeSymbolicLink(name, to: target)
        } catch {
            // Another run may have been quicker; the next one looks where it leads.
            guard error.isExisting else { throw error }
        }
        try parent.sync()
        return .missing
    }

    // MARK: Opening

    func directoryIfPresent(_ path: [UInt8]) throws -> DirectoryHandle? {
        do {
            return try roots.open(path)
        } catch {
            guard error.isMissing else { throw error }
            return nil
        }
    }

    /// Nil only in a dry run, where what would have been made before is still missing.
    func directoryToRead(_ path: [UInt8]) throws -> DirectoryHandle? {
        if isDry { return try directoryIfPresent(path) }
        return try roots.open(path)
    }

    private func parentIfPresent(of path: [UInt8]) throws -> (directory: DirectoryHandle, name: [UInt8])? {
        do {
            return try roots.openParent(of: path)
        } catch {
            guard error.isMissing else { throw error }
            return nil
        }
    }
}
