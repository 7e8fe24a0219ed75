import Blocking
package import MailModel

extension MaildirStore {
    package func list() async throws(MailboxFailure) -> [MailboxListing] {
        let (location, roots, options) = (location, stores.roots, stores.options)
        let (folders, subscribed, stated) = try await withMailboxFailures {
            try await stores.pool.runWithIdentity(owner) {
                () -> ([MailboxName], [MailboxName], [MailboxName: MailboxListing.SpecialUse]) in
                do {
                    let root = try roots.open(location.path)
                    let control = location.control == nil ? root : try roots.openOrMake(location.accountControl)
                    let folders = try FolderTree(location.names, roots).folders(in: root)
                    let subscriptions = AccountSubscriptions(
                        control: control, root: root, encoding: location.names, options: options)
                    return (
                        folders, try subscriptions.names(), Self.statedUses(of: folders, in: root, location.names)
                    )
                } catch  where MaildirDirectories.isMissing(error) {
                    // Before the first mail and the first login.
                    return ([], [], [:])
                }
            }
        }
        return listings(folders, subscribed, stated)
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
