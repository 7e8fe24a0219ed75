import Blocking
package import MailModel

/// RFC 5464: annotations of mailboxes, and of the account.
extension MaildirStore {
    package var keepsMetadata: Bool { true }

    package func metadata(
        of name: MailboxName?, for reader: String?
    ) async throws(MailboxFailure) -> MailboxMetadata {
        let (path, files, roots) = try await metadataPlace(name, reader)
        return try await withMailboxFailures {
            try await stores.pool.runWithIdentity(owner) {
                try Self.naming(name) { try files.read(in: try roots.open(path)) }
            }
        }
    }

    package func setMetadata(
        _ changes: [MetadataChange], of name: MailboxName?, for reader: String?
    ) async throws(MailboxFailure) {
        let (path, files, roots) = try await metadataPlace(name, reader)
        let seconds = stores.options.lockSeconds
        try await withMailboxFailures {
            try await stores.pool.runWithIdentity(owner) {
                try Self.naming(name) {
                    try files.change(in: try roots.open(path), lockSeconds: seconds, changes)
                }
            }
        }
    }

    /// The directory, and the files in it. An account without mail yet gets its Maildir first.
    private func metadataPlace(
        _ name: MailboxName?, _ reader: String?
    ) async throws(MailboxFailure) -> (path: [UInt8], files: MetadataFiles, roots: MailRoots) {
        if name?.isInbox ?? true {
            try await withMailboxFailures { _ = try await existingFolder(.inbox, lookingAgain: false) }
        }
        guard let name else { return (location.path, MetadataFiles(account: ()), stores.roots) }
        return (try location.place(name).path, try MetadataFiles(mailboxFor: reader), stores.roots)
    }

    private static func naming<T>(_ name: MailboxName?, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch  where MaildirDirectories.isMissing(error) {
            throw MailboxFailure(.noSuchMailbox, "there is no folder \(name?.description ?? "INBOX")")
        }
    }

    /// What the folders are for, where somebody said so (RFC 6154 §3).
    static func statedUses(
        of folders: [MailboxName], in root: DirectoryHandle, _ names: FolderNames
    ) -> [MailboxName: MailboxListing.SpecialUse] {
        var uses: [MailboxName: MailboxListing.SpecialUse] = [:]
        for name in folders {
            // A folder that goes meanwhile, or that is somebody else's behind a link, has none.
            guard let path = try? names.path(name), let directory = try? Self.directory(path, in: root),
                let metadata = try? MetadataFile.read(MetadataFile.mailbox, in: directory)
            else { continue }
            uses[name] = metadata.specialUse
        }
        return uses
    }

    private static func directory(_ path: [UInt8], in root: DirectoryHandle) throws -> DirectoryHandle {
        try path.split(separator: UInt8(ascii: "/")).reduce(root) { try $0.directory(Array($1)) }
    }

    package func watch(_ onChange: @escaping @Sendable () -> Void) async throws(MailboxFailure) -> (any AccountWatch)? {
        try await withMailboxFailures { _ = try await existingFolder(.inbox, lookingAgain: false) }
        let (path, roots, watcher) = (location.path, stores.roots, stores.watcher)
        let watch = try await withMailboxFailures {
            try await stores.pool.runWithIdentity(owner) {
                watcher.watch([try roots.open(path)], onChange: onChange)
            }
        }
        return FolderWatch(watch)
    }
}

/// Folders lie side by side in the account's directory, as `subscriptions` does: whoever makes, renames or removes one is seen.
private final class FolderWatch: AccountWatch {
    private let watch: DirectoryWatcher.Watch

    init(_ watch: DirectoryWatcher.Watch) {
        self.watch = watch
    }
}
