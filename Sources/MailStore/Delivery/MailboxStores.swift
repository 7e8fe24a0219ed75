package import Blocking
package import MailModel

/// All mailboxes of a site, whatever form each account's has.
package struct MailboxStores: Sendable {
    package let maildirs: MaildirStores
    package let mboxes: MboxStores

    package init(maildirs: MaildirStores, mboxes: MboxStores) {
        self.maildirs = maildirs
        self.mboxes = mboxes
    }

    package init(roots: MailRoots, pool: BlockingPool) {
        let watcher = DirectoryWatcher()
        maildirs = MaildirStores(roots: roots, pool: pool, watcher: watcher)
        mboxes = MboxStores(roots: roots, pool: pool, watcher: watcher)
    }

    /// One account's mailboxes.
    /// - Throws: `.misconfigured` for a location that can't be served.
    package func store(
        for location: MailboxLocation, owner: Owner, quota: Quota = .unlimited
    ) throws(MailboxFailure) -> any MailboxStore {
        switch location.format {
        case .maildir: try maildirs.store(for: location, owner: owner, quota: quota)
        case .mbox: try mboxes.store(for: location, owner: owner, quota: quota)
        }
    }
}
