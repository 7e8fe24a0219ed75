import Blocking
package import MailModel

/// RFC 5464: annotations lie where Dovecot has its own files of a mailbox, so that they go where it takes these. An account
/// that is one file keeps none.
extension MboxStore {
    package var keepsMetadata: Bool { location.root != nil }

    package func metadata(
        of name: MailboxName?, for reader: String?
    ) async throws(MailboxFailure) -> MailboxMetadata {
        let (path, files) = try metadataPlace(name, reader)
        let (place, roots) = (try name.map { name throws(MailboxFailure) in try location.place(name) }, stores.roots)
        return try await withMailboxFailures {
            try await stores.pool.runWithIdentity(owner) {
                if let name, let place { try Self.check(name, at: place, roots) }
                guard let directory = try Self.openIfPresent(path, roots) else { return MailboxMetadata() }
                return try files.read(in: directory)
            }
        }
    }

    package func setMetadata(
        _ changes: [MetadataChange], of name: MailboxName?, for reader: String?
    ) async throws(MailboxFailure) {
        let (path, files) = try metadataPlace(name, reader)
        let (place, roots) = (try name.map { name throws(MailboxFailure) in try location.place(name) }, stores.roots)
        let seconds = stores.options.locking.waitSeconds
        try await withMailboxFailures {
            try await stores.run(as: owner, making: path + Array("/x".utf8)) {
                if let name, let place { try Self.check(name, at: place, roots) }
                try files.change(in: try roots.open(path), lockSeconds: seconds, changes)
            }
        }
    }

    private func metadataPlace(
        _ name: MailboxName?, _ reader: String?
    ) throws(MailboxFailure) -> (path: [UInt8], files: MetadataFiles) {
        let parts = try name.map { name throws(MailboxFailure) in
            name.isInbox ? [Array("INBOX".utf8)] : try MboxLocation.parts(name)
        }
        guard let path = location.state(of: parts ?? []) else {
            throw MailboxFailure(.notPermitted, "an account that is one mbox keeps no annotations")
        }
        return (path, name == nil ? MetadataFiles(account: ()) : try MetadataFiles(mailboxFor: reader))
    }

    /// INBOX is always there.
    private static func check(_ name: MailboxName, at place: MboxPlace, _ roots: MailRoots) throws {
        guard !name.isInbox else { return }
        do {
            let (directory, file) = try roots.openParent(of: place.path)
            if try directory.exists(file) { return }
        } catch {
            guard MboxAccess.isMissing(error) else { throw error }
        }
        throw MailboxFailure(.noSuchMailbox, "there is no mailbox \(name)")
    }

    /// What the mailboxes are for, where somebody said so (RFC 6154 §3).
    static func statedUses(
        of listings: [MailboxListing], in root: [UInt8], _ roots: MailRoots
    ) -> [MailboxName: MailboxListing.SpecialUse] {
        var uses: [MailboxName: MailboxListing.SpecialUse] = [:]
        for listing in listings where listing.isSelectable {
            // One that goes meanwhile has none.
            guard let parts = try? MboxLocation.parts(listing.name),
                let directory = try? openIfPresent(MboxLocation.state(of: parts, in: root), roots),
                let metadata = try? MetadataFile.read(MetadataFile.mailbox, in: directory)
            else { continue }
            uses[listing.name] = metadata.specialUse
        }
        return uses
    }

    /// Dovecot's files and ours go where the mailbox went, as Dovecot itself takes its own along.
    static func moveState(of parts: [[UInt8]], to newParts: [[UInt8]], _ root: [UInt8], _ roots: MailRoots) throws {
        guard let file = parts.last, let newFile = newParts.last,
            let source = try openIfPresent(MboxLocation.state(of: parts.dropLast(), in: root), roots),
            try source.exists(file)
        else { return }
        let parent = MboxLocation.state(of: newParts.dropLast(), in: root)
        _ = try roots.makeDirectories(parent)
        let target = try roots.open(parent)
        // Of a mailbox of this name that was.
        FolderRemoval.remove(newFile, in: target)
        try source.renameWithoutReplacing(file, to: target, newFile)
        try source.sync()
        try target.sync()
    }
}
