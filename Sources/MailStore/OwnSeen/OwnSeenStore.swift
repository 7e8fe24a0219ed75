package import MailModel

/// Mailboxes that several people read, as one of them sees them: with a `\Seen` of the reader's own. Everything else is
/// everybody's.
package struct OwnSeenStore: MailboxStore {
    private let base: any MailboxStore
    /// The reader's own mailboxes: without INBOX there is no place for the marks.
    private let own: any MailboxStore
    private let reader: ReaderPlace
    private let files: SeenFiles

    init(_ base: any MailboxStore, own: any MailboxStore, _ reader: ReaderPlace, _ files: SeenFiles) {
        self.base = base
        self.own = own
        self.reader = reader
        self.files = files
    }

    private func seenFile(of identity: [UInt8]) async throws(MailboxFailure) -> SeenFile {
        let file = try files.file(reader, of: identity)
        try await withMailboxFailures {
            do {
                try await file.refresh()
            } catch  where MaildirDirectories.isMissing(error) {
                // A new account: its mail has no place yet.
                _ = try await own.status(.inbox)
                try await file.refresh()
            }
        }
        return file
    }

    package func open(
        _ name: MailboxName, readOnly: Bool, onChange: @escaping @Sendable () -> Void
    ) async throws(MailboxFailure) -> any OpenMailbox {
        let mailbox = try await base.open(name, readOnly: readOnly, onChange: onChange)
        do throws(MailboxFailure) {
            let file = try await seenFile(of: mailbox.view.identity)
            return OwnSeenMailbox(mailbox, file, self, readOnly: readOnly, onChange: onChange)
        } catch {
            await mailbox.close()
            throw error
        }
    }

    package func status(_ name: MailboxName) async throws(MailboxFailure) -> MailboxStatus {
        var status = try await base.status(name)
        let mailbox = try await base.open(name, readOnly: true) {}
        let view = mailbox.view
        await mailbox.close()
        let seen = try await seenFile(of: view.identity).view(of: view)
        status.unseen = seen.flags.count { !$0.contains(.seen) }
        status.messages = seen.count
        status.uidNext = seen.uidNext
        status.highestModSeq = seen.highestModSeq
        return status
    }

    package func append(to name: MailboxName, size: UInt64) async throws(MailboxFailure) -> any MessageAppend {
        let append = try await base.append(to: name, size: size)
        return OwnSeenAppend(append, self, name)
    }

    /// Messages that came into a mailbox as seen by the reader.
    func markSeen(_ uids: [UInt32], in name: MailboxName) async throws(MailboxFailure) {
        guard !uids.isEmpty else { return }
        let mailbox = try await base.open(name, readOnly: true) {}
        let view = mailbox.view
        await mailbox.close()
        let file = try await seenFile(of: view.identity)
        try await withMailboxFailures { _ = try await file.set(true, uids, in: view) }
    }

    // MARK: What is everybody's

    package func list() async throws(MailboxFailure) -> [MailboxListing] { try await base.list() }

    package func create(
        _ name: MailboxName, specialUse: MailboxListing.SpecialUse?
    ) async throws(MailboxFailure) {
        try await base.create(name, specialUse: specialUse)
    }

    package func delete(_ name: MailboxName) async throws(MailboxFailure) { try await base.delete(name) }

    package func rename(_ name: MailboxName, to newName: MailboxName) async throws(MailboxFailure) {
        try await base.rename(name, to: newName)
    }

    package func subscribe(_ name: MailboxName) async throws(MailboxFailure) { try await base.subscribe(name) }
    package func unsubscribe(_ name: MailboxName) async throws(MailboxFailure) { try await base.unsubscribe(name) }
    package func quotaStatus() async throws(MailboxFailure) -> QuotaStatus? { try await base.quotaStatus() }

    package func recalculateQuota() async throws(MailboxFailure) -> QuotaStatus? {
        try await base.recalculateQuota()
    }

    package var quotaRootName: String { base.quotaRootName }
}

extension OwnSeenStore: AccessControlledStore {
    package func accessLists(of names: [MailboxName]) async throws(MailboxFailure) -> [StoredAccessList] {
        guard let base = base as? any AccessControlledStore else { return names.map { _ in StoredAccessList() } }
        return try await base.accessLists(of: names)
    }

    package func changeAccessList(
        of name: MailboxName, _ body: @escaping @Sendable (inout AccessControlList) throws(MailboxFailure) -> Void
    ) async throws(MailboxFailure) {
        guard let base = base as? any AccessControlledStore else {
            throw MailboxFailure(.notPermitted, "\(name) is kept in a form that has no ACLs")
        }
        try await base.changeAccessList(of: name, body)
    }
}

extension MailboxStores {
    /// `store` as the account at `location` reads it, with its own `\Seen`.
    package func reading(
        _ store: any MailboxStore, from location: MailboxLocation, owner: Owner
    ) throws(MailboxFailure) -> any MailboxStore {
        let place: ReaderPlace
        switch location.format {
        case .maildir:
            place = ReaderPlace(
                directory: try MaildirLocation(location).path, filePrefix: Array("postroom-seen.".utf8), owner: owner,
                pool: maildirs.pool, roots: maildirs.roots, lockSeconds: maildirs.options.lockSeconds)
        case .mbox:
            let mbox = try MboxLocation(location)
            guard let directory = mbox.control else {
                throw MailboxFailure(.misconfigured, "\(location): a file alone has no place for the reader's marks")
            }
            // Whatever begins with a dot is no mbox.
            place = ReaderPlace(
                directory: directory, filePrefix: Array(".postroom-seen.".utf8), owner: owner, pool: mboxes.pool,
                roots: mboxes.roots, lockSeconds: maildirs.options.lockSeconds)
        }
        return OwnSeenStore(store, own: try self.store(for: location, owner: owner), place, seenFiles)
    }
}
