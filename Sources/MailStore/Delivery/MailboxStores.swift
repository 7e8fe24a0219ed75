package import Blocking
package import MailModel

/// All mailboxes of a site, whatever form each account's has.
package struct MailboxStores: Sendable {
    package let maildirs: MaildirStores
    package let mboxes: MboxStores
    /// What readers of others' mailboxes have seen.
    let seenFiles = SeenFiles()

    package init(maildirs: MaildirStores, mboxes: MboxStores) {
        self.maildirs = maildirs
        self.mboxes = mboxes
    }

    /// - Parameter indexes: what is remembered of mailboxes; without them it is found out again after each start.
    package init(
        roots: MailRoots, pool: BlockingPool, indexes: MailboxIndexes? = nil,
        maildirs maildirOptions: MaildirOptions = MaildirOptions(), mboxes mboxOptions: MboxOptions = MboxOptions()
    ) {
        let watcher = DirectoryWatcher()
        maildirs = MaildirStores(
            roots: roots, pool: pool, options: maildirOptions, watcher: watcher, indexes: indexes)
        mboxes = MboxStores(roots: roots, pool: pool, options: mboxOptions, watcher: watcher, indexes: indexes)
    }

    package var indexes: MailboxIndexes? { maildirs.indexes }

    /// For folders that are looked at from now on.
    package func use(_ indexes: MailboxIndexes) {
        maildirs.use(indexes)
        mboxes.use(indexes)
    }

    /// One account's mailboxes.
    /// - Parameter account: the login, to whom warnings of its quota are addressed.
    /// - Throws: `.misconfigured` for a location that can't be served.
    package func store(
        for location: MailboxLocation, owner: Owner, quota: Quota = .unlimited, account: String = ""
    ) throws(MailboxFailure) -> any MailboxStore {
        switch location.format {
        case .maildir: try maildirs.store(for: location, owner: owner, quota: quota, account: account)
        case .mbox: try mboxes.store(for: location, owner: owner, quota: quota)
        }
    }
}
