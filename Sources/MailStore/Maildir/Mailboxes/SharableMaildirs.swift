import Blocking
package import MailModel

/// A folder of a sharable Maildir that an account's `shared-maildirs` names.
package struct SharableFolder: Hashable, Sendable {
    /// What the file calls the Maildir.
    package var group: [UInt8]
    package var location: MailboxLocation
    package var name: MailboxName
}

extension MaildirStores {
    private static let maximumFolders = 1000

    /// What an account's own `shared-maildirs` shows it. The file is the account's to write: all is looked at as its owner, below the
    /// roots, and only folders that belong to it are shown. Elsewhere no UIDs could be kept.
    package func sharableFolders(
        of location: MailboxLocation, owner: Owner
    ) async throws(MailboxFailure) -> [SharableFolder] {
        let roots = roots
        let path = try MaildirLocation(location).path
        return try await withMailboxFailures {
            try await pool.runWithIdentity(owner) { () -> [SharableFolder] in
                let contents: [UInt8]
                do {
                    contents = try roots.open(path).file(SharedMaildirsFile.name).readAll(
                        limit: SharedMaildirsFile.limit)
                } catch  where MaildirDirectories.isMissing(error) {
                    return []
                }
                var found: [SharableFolder] = []
                for line in SharedMaildirsFile.lines(contents) {
                    let maildir = MailboxLocation(format: .maildir, path: line.path, usesUTF8: location.usesUTF8)
                    for name in Self.folders(of: maildir, owner, roots) where found.count < Self.maximumFolders {
                        found.append(SharableFolder(group: line.group, location: maildir, name: name))
                    }
                }
                return found
            }
        }
    }

    /// None of a Maildir that is not there, or not for this account.
    private static func folders(of location: MailboxLocation, _ owner: Owner, _ roots: MailRoots) -> [MailboxName] {
        do {
            let names = FolderNames(isUTF8: location.usesUTF8)
            let root = try roots.open(location.path)
            return try FolderTree(names, roots).folders(in: root).filter { isOwn($0, names, in: root, owner) }
        } catch {
            return []
        }
    }

    /// Not one behind a link: it may be anybody's.
    private static func isOwn(
        _ name: MailboxName, _ names: FolderNames, in root: DirectoryHandle, _ owner: Owner
    ) -> Bool {
        do {
            return try root.directory(names.path(name)).status().uid == owner.uid
        } catch {
            return false
        }
    }
}
