import Blocking
package import MailModel

/// One account's mboxes.
package struct MboxStore: MailboxStore {
    let stores: MboxStores
    let location: MboxLocation
    let owner: Owner
    let quota: MboxQuota

    init(_ stores: MboxStores, _ location: MboxLocation, owner: Owner, quota: MboxQuota) {
        self.stores = stores
        self.location = location
        self.owner = owner
        self.quota = quota
    }

    func folder(_ name: MailboxName) throws(MailboxFailure) -> MboxFolder {
        stores.folder(try location.place(name), owner: owner, isInbox: name.isInbox)
    }

    /// Runs `body` on a mailbox that is there; INBOX is made when it is missing.
    func withFolder<T: Sendable>(
        _ name: MailboxName, _ body: (MboxFolder) async throws -> T
    ) async throws(MailboxFailure) -> T {
        let found = try folder(name)
        do {
            if name.isInbox, !found.state.isLoaded { try await makeInbox(found) }
            return try await body(found)
        } catch {
            let failure = mailboxFailure(error)
            // Another program may have taken an INBOX away that it had emptied: there is always one.
            guard name.isInbox, failure.kind == .noSuchMailbox else { throw failure }
        }
        let again = try folder(name)
        do {
            try await makeInbox(again)
            return try await body(again)
        } catch {
            throw mailboxFailure(error)
        }
    }

    private func makeInbox(_ folder: MboxFolder) async throws {
        let access = folder.access
        try await stores.run(as: owner, making: location.inbox) {
            let (directory, name) = try access.roots.openParent(of: access.place.path)
            guard try !directory.exists(name) else { return }
            try access.changing(making: true) { _ in }
        }
    }

    /// The directory of the folders, made when it is missing.
    func withRoot<T: Sendable>(
        _ body: @escaping @Sendable (DirectoryHandle) throws -> T
    ) async throws -> T {
        guard let root = location.root else {
            throw MailboxFailure(
                .notPermitted, "this account has one mbox, \(pathText(location.inbox)), and no folder for others")
        }
        let roots = stores.roots
        return try await stores.run(as: owner, making: root + Array("/x".utf8)) { try body(try roots.open(root)) }
    }

    // MARK: MailboxStore

    package func open(
        _ name: MailboxName, readOnly: Bool, onChange: @escaping @Sendable () -> Void
    ) async throws(MailboxFailure) -> any OpenMailbox {
        try await withFolder(name) { folder in
            let listener = try await folder.listen(onChange)
            let mailbox = MboxMailbox(self, folder, name, readOnly: readOnly, listener: listener)
            return DigestedMailbox(
                mailbox, place: folder.access.place.path, index: folder.index, pool: stores.pool)
        }
    }

    package func status(_ name: MailboxName) async throws(MailboxFailure) -> MailboxStatus {
        let state = try await withFolder(name) { folder in
            _ = try await folder.refresh()
            return folder.state
        }
        let view = state.view
        let deleted = view.uids.indices.filter { view.flags[$0].contains(.deleted) }
        return MailboxStatus(
            messages: view.count, recent: view.count - view.firstIndex(atOrAbove: view.firstRecentUID),
            unseen: view.flags.count { !$0.contains(.seen) }, uidNext: view.uidNext, uidValidity: view.uidValidity,
            highestModSeq: view.highestModSeq, deleted: deleted.count,
            deletedStorage: deleted.reduce(0) { $0 &+ (state.entry(of: view.uids[$1])?.extent.size ?? 0) },
            identity: view.identity)
    }

    package func quotaStatus() async throws(MailboxFailure) -> QuotaStatus? {
        let quota = quota
        return try await withMailboxFailures { try await stores.pool.runWithIdentity(owner) { try quota.status() } }
    }

    /// The sizes of files are looked at each time: nothing can have been counted wrong.
    package func recalculateQuota() async throws(MailboxFailure) -> QuotaStatus? { try await quotaStatus() }

    package var quotaRootName: String { quota.quota.terms.rootName }

    package func append(to name: MailboxName, size: UInt64) async throws(MailboxFailure) -> any MessageAppend {
        let quota = quota
        return try await withFolder(name) { folder in
            // It exists, and there is room.
            try await folder.work { work in
                try work.refresh(whole: false)
                try quota.check(size, to: name, as: .client)
                let (directory, _) = try work.access.roots.openParent(of: work.access.place.path)
                let space = try directory.freeSpace()
                guard space.bytes >= size else {
                    throw MailboxFailure(
                        .noSpace,
                        "\(pathText(work.access.place.path)): \(space.bytes) bytes are free, \(size) are needed")
                }
            }
            return try await MboxAppend(folder, name, pool: stores.pool, quota: quota)
        }
    }

    package func subscribe(_ name: MailboxName) async throws(MailboxFailure) {
        if !name.isInbox { _ = try MboxLocation.parts(name) }
        try await changeSubscriptions { $0.add(name) }
    }

    package func unsubscribe(_ name: MailboxName) async throws(MailboxFailure) {
        try await changeSubscriptions { $0.remove(name) }
    }

    private func changeSubscriptions(
        _ body: @escaping @Sendable (inout Subscriptions) -> Void
    ) async throws(MailboxFailure) {
        let (seconds, roots) = (stores.options.locking.waitSeconds, stores.roots)
        try await withMailboxFailures {
            guard let control = location.control else {
                throw MailboxFailure(.notPermitted, "there is no folder that subscriptions could lie in")
            }
            try await stores.run(as: owner, making: control + Array("/x".utf8)) {
                try Subscriptions.change(
                    in: try roots.open(control), fileName: Subscriptions.mboxFileName, lockSeconds: seconds, body)
            }
        }
    }
}
