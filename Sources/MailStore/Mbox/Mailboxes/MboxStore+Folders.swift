import Blocking
import Glibc
package import MailModel

extension MboxStore {
    // MARK: Listing

    package func list() async throws(MailboxFailure) -> [MailboxListing] {
        let (roots, location) = (stores.roots, location)
        let (found, subscribed, stated) = try await withMailboxFailures {
            try await stores.pool.runWithIdentity(owner) {
                () -> ([MailboxListing], [MailboxName], [MailboxName: MailboxListing.SpecialUse]) in
                var found: [MailboxListing] = []
                var subscribed: [MailboxName] = []
                var stated: [MailboxName: MailboxListing.SpecialUse] = [:]
                if let root = location.root, let directory = try Self.openIfPresent(root, roots) {
                    try Self.list(directory, [], location.inbox, &found)
                    stated = Self.statedUses(of: found, in: root, roots)
                }
                if let control = location.control, let directory = try Self.openIfPresent(control, roots) {
                    subscribed = try Subscriptions.read(in: directory, fileName: Subscriptions.mboxFileName).names
                }
                return (found, subscribed, stated)
            }
        }
        var listings = [MailboxName.inbox: MailboxListing(name: .inbox)]
        for listing in found {
            if listing.name.isInbox {
                // The folder of INBOX's children: INBOX itself lies elsewhere.
                if listing.hasChildren { listings[.inbox]?.hasChildren = true }
            } else {
                listings[listing.name] = listing
            }
        }
        for name in subscribed {
            listings[name, default: MailboxListing(name: name, isSelectable: false)].isSubscribed = true
        }
        for name in listings.keys { listings[name]?.specialUse = stated[name] ?? specialUse(name) }
        return listings.values.sorted { left, right in
            if left.name.isInbox != right.name.isInbox { return left.name.isInbox }
            return left.name.parts.lexicographicallyPrecedes(right.name.parts) { $0.lexicographicallyPrecedes($1) }
        }
    }

    static func openIfPresent(_ path: [UInt8], _ roots: MailRoots) throws -> DirectoryHandle? {
        do throws(PathFailure) {
            return try roots.open(path)
        } catch {
            guard error.isMissing else { throw error }
            return nil
        }
    }

    /// Files are mailboxes; a directory is a name that holds others.
    static func list(
        _ directory: DirectoryHandle, _ parts: [[UInt8]], _ inbox: [UInt8], _ listings: inout [MailboxListing]
    ) throws {
        for entry in try directory.entries() where MboxLocation.isMailbox(entry.name) {
            guard let decoded = ModifiedUTF7.decode(entry.name), let name = MailboxName(parts: parts + [decoded]),
                directory.path + [UInt8(ascii: "/")] + entry.name != inbox
            else { continue }
            // `inbox/x` and `INBOX/x` are one name to us: only the one that is made from the name can be opened.
            guard name.parts == parts + [decoded] else { continue }
            switch try entry.kind ?? directory.status(entry.name).kind {
            case .regular:
                if !name.isInbox { listings.append(MailboxListing(name: name)) }
            case .directory:
                let before = listings.count
                if parts.count < 31 {
                    try list(try directory.directory(entry.name), parts + [decoded], inbox, &listings)
                }
                listings.append(
                    MailboxListing(name: name, isSelectable: false, hasChildren: listings.count > before))
            case .symbolicLink, .other: break
            }
        }
    }

    func specialUse(_ name: MailboxName) -> MailboxListing.SpecialUse? {
        guard name.parts.count == 1, let part = name.parts.first else { return nil }
        return MailboxListing.SpecialUse.allCases.first { use in
            stores.options.specialUses[use]?.contains { ASCII.equalIgnoringCase($0.utf8, part) } ?? false
        }
    }

    // MARK: Making and removing

    package func create(
        _ name: MailboxName, specialUse: MailboxListing.SpecialUse?
    ) async throws(MailboxFailure) {
        guard !name.isInbox else { throw MailboxFailure(.alreadyExists, "INBOX is always there") }
        let stated = specialUse.flatMap { self.specialUse(name) == $0 ? nil : $0 }
        let parts = try MboxLocation.parts(name)
        _ = try location.place(name)
        let roots = stores.roots
        try await withMailboxFailures {
            try await withRoot { root in
                let parent = try Self.makeParent(of: parts, in: root)
                guard let last = parts.last else { return }
                // What an mbox of this name that another program removed has left is not the new one's.
                if try !parent.exists(last) { try Self.removeState(of: parts, root.path, roots) }
                do throws(SystemCallError) {
                    try parent.makeFile(last).sync()
                } catch {
                    guard error.isExisting else { throw error }
                    throw MailboxFailure(.alreadyExists, "mailbox \(name) is there already")
                }
                try parent.sync()
            }
        }
        guard let stated else { return }
        try await setMetadata([MetadataChange(.specialUse, Array("\\\(stated.rawValue)".utf8))], of: name)
    }

    private static func makeParent(of parts: [[UInt8]], in root: DirectoryHandle) throws -> DirectoryHandle {
        var directory = root
        for part in parts.dropLast() {
            do throws(SystemCallError) {
                try directory.makeDirectory(part)
                try directory.sync()
            } catch {
                guard error.isExisting else { throw error }
                guard try directory.status(part).kind == .directory else {
                    throw MailboxFailure(
                        .notPermitted, "\(pathText(part)) is an mbox: a file can't hold other mailboxes")
                }
            }
            directory = try directory.directory(part)
        }
        return directory
    }

    package func delete(_ name: MailboxName) async throws(MailboxFailure) {
        guard !name.isInbox else { throw MailboxFailure(.notPermitted, "INBOX can't be deleted") }
        let parts = try MboxLocation.parts(name)
        let place = try location.place(name)
        let (access, roots) = (stores.access(place, owner), stores.roots)
        try await withMailboxFailures {
            try await stores.pool.runWithIdentity(owner) {
                do {
                    let (directory, file) = try roots.openParent(of: place.path)
                    if try directory.status(file).kind == .directory {
                        try Self.removeDirectory(file, in: directory, name)
                    } else {
                        // Nobody is writing into it.
                        try access.changing { _ in try directory.remove(file) }
                    }
                    try directory.sync()
                } catch {
                    guard MboxAccess.isMissing(error) else { throw error }
                    throw MailboxFailure(.noSuchMailbox, "there is no mailbox \(name)")
                }
                // Dovecot's indexes are of the mailbox that was.
                if let root = self.location.root {
                    try Self.removeState(of: parts, root, roots)
                }
            }
        }
        stores.end { $0 == place.path }
    }

    private static func removeDirectory(_ file: [UInt8], in directory: DirectoryHandle, _ name: MailboxName) throws {
        do throws(SystemCallError) {
            try directory.removeDirectory(file)
        } catch {
            guard [ENOTEMPTY, EEXIST].contains(error.number) else { throw error }
            throw MailboxFailure(.notPermitted, "\(name) holds other mailboxes")
        }
    }

    private static func removeState(of parts: [[UInt8]], _ root: [UInt8], _ roots: MailRoots) throws {
        var path = root + Array("/.imap".utf8)
        for part in parts.dropLast() { path += [UInt8(ascii: "/")] + part }
        guard let last = parts.last, let directory = try openIfPresent(path, roots) else { return }
        FolderRemoval.remove(last, in: directory)
    }

    // MARK: Renaming

    package func rename(_ name: MailboxName, to newName: MailboxName) async throws(MailboxFailure) {
        guard !newName.isInbox else { throw MailboxFailure(.alreadyExists, "INBOX is always there") }
        guard !newName.isDescendant(of: name) || name.isInbox, newName != name else {
            throw MailboxFailure(
                newName == name ? .alreadyExists : .notPermitted, "\(name) can't be renamed to \(newName)")
        }
        if name.isInbox { return try await renameInbox(to: newName) }
        let place = try location.place(name)
        let parts = try MboxLocation.parts(name)
        let newParts = try MboxLocation.parts(newName)
        _ = try location.place(newName)
        let (store, roots) = (self, stores.roots)
        try await withMailboxFailures {
            try await withRoot { root in
                do {
                    let (directory, file) = try roots.openParent(of: place.path)
                    // A rewriting that was broken off is completed where its journal finds the file.
                    try store.settle(name, try directory.status(file).kind)
                    let parent = try Self.makeParent(of: newParts, in: root)
                    try directory.renameWithoutReplacing(file, to: parent, newParts.last ?? file)
                    try directory.sync()
                    try parent.sync()
                    try Self.moveState(of: parts, to: newParts, root.path, roots)
                } catch {
                    if let number = (error as? SystemCallError)?.number, [EEXIST, ENOTEMPTY].contains(number) {
                        throw MailboxFailure(.alreadyExists, "mailbox \(newName) is there already")
                    }
                    guard MboxAccess.isMissing(error) else { throw error }
                    throw MailboxFailure(.noSuchMailbox, "there is no mailbox \(name)")
                }
            }
        }
        stores.end { $0 == place.path || $0.starts(with: place.path + [UInt8(ascii: "/")]) }
    }

    private func settle(_ name: MailboxName, _ kind: FileStatus.Kind) throws {
        guard kind == .directory else {
            return try stores.access(try location.place(name), owner).changing { _ in }
        }
        let path = try location.place(name).path
        var found: [MailboxListing] = []
        try Self.list(try stores.roots.open(path), name.parts, location.inbox, &found)
        for listing in found where listing.isSelectable {
            try stores.access(try location.place(listing.name), owner).changing { _ in }
        }
    }

    /// RFC 3501 §6.3.5: INBOX's messages go to a new mailbox, INBOX stays.
    private func renameInbox(to newName: MailboxName) async throws(MailboxFailure) {
        try await create(newName, specialUse: nil)
        try await withFolder(.inbox) { inbox in
            _ = try await inbox.refresh()
            let target = try folder(newName)
            _ = try await MboxTransfer(from: inbox, .inbox, to: target, newName, quota, pool: stores.pool)
                .move(inbox.view.uids)
        }
        try await copyMetadata(to: newName)
    }
}
