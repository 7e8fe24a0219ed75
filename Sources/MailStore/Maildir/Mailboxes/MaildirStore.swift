import Blocking
package import MailModel

/// One account's Maildir: INBOX in its root, the other folders beside it.
package struct MaildirStore: MailboxStore {
    let stores: MaildirStores
    let location: MaildirLocation
    let owner: Owner
    let quota: AccountQuota

    init(_ stores: MaildirStores, _ location: MaildirLocation, owner: Owner, quota: AccountQuota) {
        self.stores = stores
        self.location = location
        self.owner = owner
        self.quota = quota
    }

    /// A folder that may or may not be there.
    func folder(_ name: MailboxName) throws(MailboxFailure) -> MaildirFolder {
        stores.folder(try location.place(name), owner: owner)
    }

    /// A folder that is there, its state loaded. INBOX is made when it is missing.
    ///
    /// Without `lookingAgain`, a folder that is known already is not looked at: whoever works on it finds out.
    func existingFolder(_ name: MailboxName, lookingAgain: Bool = true) async throws -> MaildirFolder {
        let folder = try folder(name)
        guard lookingAgain || !folder.state.isLoaded else { return folder }
        // Others may be making an INBOX at the same moment: what is half there now is whole in the next.
        for attempt in 1...3 {
            do {
                try await refresh(folder)
                return folder
            } catch let failure as MailboxFailure {
                guard failure.kind == .noSuchMailbox, name.isInbox else { throw failure }
                do {
                    try await makeInbox()
                } catch {
                    guard attempt < 3, mailboxFailure(error).kind == .noSuchMailbox else { throw error }
                }
            }
        }
        try await refresh(folder)
        return folder
    }

    /// A directory for `CONTROL=` may have to be made where only the service may write.
    private func refresh(_ folder: MaildirFolder) async throws {
        do {
            _ = try await folder.refresh()
        } catch  where location.control != nil && MaildirDirectories.isDenied(error) {
            try await stores.makeMissingDirectory(of: location.accountControl, for: owner)
            _ = try await folder.refresh()
        }
    }

    private func makeInbox() async throws {
        let (roots, path) = (stores.roots, location.inbox)
        try await stores.run(as: owner, making: path) {
            _ = try MaildirDirectories(making: path, roots)
        }
        guard location.path != path else { return }
        let root = location.path
        try await stores.run(as: owner, making: root) { _ = try roots.makeDirectories(root) }
    }

    // MARK: MailboxStore

    package func open(
        _ name: MailboxName, readOnly: Bool, onChange: @escaping @Sendable () -> Void
    ) async throws(MailboxFailure) -> any OpenMailbox {
        try await withMailboxFailures {
            let folder = try await existingFolder(name)
            let listener = try await folder.listen(onChange)
            let mailbox = MaildirMailbox(self, folder, name, readOnly: readOnly, listener: listener)
            // What came in between loading and listening.
            _ = try await mailbox.refresh()
            return DigestedMailbox(mailbox, place: folder.place.path, index: folder.index, pool: stores.pool)
        }
    }

    package func status(_ name: MailboxName) async throws(MailboxFailure) -> MailboxStatus {
        let state = try await withMailboxFailures { try await existingFolder(name).state }
        let view = state.view
        let deleted = view.flags.indices.filter { view.flags[$0].contains(.deleted) }
        return MailboxStatus(
            messages: view.count, recent: view.count - view.firstIndex(atOrAbove: view.firstRecentUID),
            unseen: view.flags.count { !$0.contains(.seen) }, uidNext: view.uidNext, uidValidity: view.uidValidity,
            highestModSeq: view.highestModSeq, deleted: deleted.count,
            deletedStorage: deleted.reduce(0) { $0 &+ (state.size(at: $1, quota.quota.terms.sizes) ?? 0) },
            identity: view.identity)
    }

    // MARK: Quota

    package func quotaStatus() async throws(MailboxFailure) -> QuotaStatus? {
        let quota = quota
        return try await withMailboxFailures { try await stores.pool.runWithIdentity(owner) { try quota.status() } }
    }

    package func recalculateQuota() async throws(MailboxFailure) -> QuotaStatus? {
        let quota = quota
        return try await withMailboxFailures {
            try await stores.pool.runWithIdentity(owner) { try quota.recalculate() }
        }
    }

    package var quotaRootName: String { quota.quota.terms.rootName }

    package func append(to name: MailboxName, size: UInt64) async throws(MailboxFailure) -> any MessageAppend {
        try await withMailboxFailures {
            let folder = try await existingFolder(name, lookingAgain: false)
            let quota = quota
            try await folder.work { work in
                try quota.check(size, to: name, as: .client)
                let space = try work.directories.tmp.freeSpace()
                guard space.bytes >= size else {
                    throw MailboxFailure(
                        .noSpace, "\(pathText(work.place.path)): \(space.bytes) bytes are free, \(size) are needed")
                }
            }
            return try await MaildirAppend(folder, name, pool: stores.pool, quota: quota)
        }
    }

    package func subscribe(_ name: MailboxName) async throws(MailboxFailure) {
        if !name.isInbox { _ = try location.names.path(name) }
        try await changeSubscriptions { $0.add(name) }
    }

    package func unsubscribe(_ name: MailboxName) async throws(MailboxFailure) {
        try await changeSubscriptions { $0.remove(name) }
    }

    private func changeSubscriptions(
        _ body: @escaping @Sendable (inout Subscriptions) -> Void
    ) async throws(MailboxFailure) {
        let (location, roots, options) = (location, stores.roots, stores.options)
        try await withMailboxFailures {
            _ = try await existingFolder(.inbox, lookingAgain: false)
            try await stores.pool.runWithIdentity(owner) {
                try AccountSubscriptions(
                    control: try roots.openOrMake(location.accountControl), root: try roots.open(location.path),
                    encoding: location.names, options: options
                ).change(body)
            }
        }
    }
}
