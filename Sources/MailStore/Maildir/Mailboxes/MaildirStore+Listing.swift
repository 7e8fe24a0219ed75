import Blocking
package import MailModel

extension MaildirStore {
    package func list() async throws(MailboxFailure) -> [MailboxListing] {
        let (path, roots) = (location.path, stores.roots)
        let (folders, subscribed, stated) = try await withMailboxFailures {
            try await stores.pool.runWithIdentity(owner) {
                () -> ([MailboxName], [MailboxName], [MailboxName: MailboxListing.SpecialUse]) in
                let root: DirectoryHandle
                do {
                    root = try roots.open(path)
                } catch  where MaildirDirectories.isMissing(error) {
                    // Before the first mail and the first login.
                    return ([], [], [:])
                }
                let folders = try Self.folders(in: root, roots)
                return (
                    folders, try Subscriptions.read(in: root).names, Self.statedUses(of: folders, in: root)
                )
            }
        }
        return listings(folders, subscribed, stated)
    }

    /// The folders that lie in an account's root.
    static func folders(in root: DirectoryHandle, _ roots: MailRoots) throws -> [MailboxName] {
        var names: [MailboxName] = []
        for entry in try root.entries() {
            guard let name = FolderNames.mailbox(entry.name) else { continue }
            if try isFolder(entry, in: root, roots) { names.append(name) }
        }
        return names
    }

    /// A home directory that is a Maildir has other directories with a dot in front; a folder has a `cur`.
    private static func isFolder(
        _ entry: DirectoryHandle.Entry, in root: DirectoryHandle, _ roots: MailRoots
    ) throws -> Bool {
        do {
            switch entry.kind {
            case .directory:
                return try root.directory(entry.name).exists(MaildirDirectories.cur)
            case .symbolicLink, nil:
                // A shared folder: only where the link may lead there.
                return try roots.open(root.path + [UInt8(ascii: "/")] + entry.name).exists(MaildirDirectories.cur)
            case .regular, .other:
                return false
            }
        } catch is PathFailure {
            return false
        } catch is SystemCallError {
            // Gone meanwhile, or nothing that the owner may enter.
            return false
        }
    }

    private func listings(
        _ folders: [MailboxName], _ subscribed: [MailboxName], _ stated: [MailboxName: MailboxListing.SpecialUse]
    ) -> [MailboxListing] {
        var listings: [MailboxName: MailboxListing] = [:]
        for name in [.inbox] + folders {
            listings[name] = MailboxListing(name: name, specialUse: stated[name] ?? specialUse(name))
        }
        // Names that only hold others.
        for name in folders {
            var parent = name.parent
            while let ancestor = parent {
                listings[ancestor, default: MailboxListing(name: ancestor, isSelectable: false)].hasChildren = true
                parent = ancestor.parent
            }
        }
        for name in subscribed {
            listings[name, default: MailboxListing(name: name, isSelectable: false)].isSubscribed = true
        }
        return listings.values.sorted { left, right in
            if left.name.isInbox != right.name.isInbox { return left.name.isInbox }
            return left.name.parts.lexicographicallyPrecedes(right.name.parts) { $0.lexicographicallyPrecedes($1) }
        }
    }

    /// By the names that the site says have a use; only top-level mailboxes have one.
    func specialUse(_ name: MailboxName) -> MailboxListing.SpecialUse? {
        guard name.parts.count == 1, let part = name.parts.first else { return nil }
        return MailboxListing.SpecialUse.allCases.first { use in
            stores.options.specialUses[use]?.contains { ASCII.equalIgnoringCase($0.utf8, part) } ?? false
        }
    }
}
