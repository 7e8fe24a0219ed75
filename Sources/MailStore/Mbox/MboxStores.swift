package import Blocking
import DequeModule
package import MailModel
import Synchronization

/// All mboxes of a site: one value for the whole process, so that every session and every delivery shares what is known of one.
package final class MboxStores: Sendable {
    package let roots: MailRoots
    let pool: BlockingPool
    let options: MboxOptions
    private let watcher: DirectoryWatcher
    private let kept: Mutex<MailboxIndexes?>
    private let folders = Mutex(Folders())

    private struct Key: Hashable {
        var path: [UInt8]
        var owner: Owner
    }

    private struct WeakFolder {
        weak var folder: MboxFolder?
    }

    private struct WeakGate {
        weak var gate: MboxQuota.Gate?
    }

    private struct Folders {
        /// Whoever adds to an account's mailboxes holds its gate; nobody else needs it.
        var gates: [Key: WeakGate] = [:]
        var gatesSinceSweep = 0
        var byKey: [Key: WeakFolder] = [:]
        /// Keeps the last ones alive.
        var recent = Deque<MboxFolder>()
        var sinceSweep = 0
    }

    package init(
        roots: MailRoots, pool: BlockingPool, options: MboxOptions = MboxOptions(),
        watcher: DirectoryWatcher = DirectoryWatcher(), indexes: MailboxIndexes? = nil
    ) {
        self.kept = Mutex(indexes)
        self.roots = roots
        self.pool = pool
        self.options = options
        self.watcher = watcher
    }

    /// What is remembered of mailboxes beyond this process; nil where nothing is.
    package var indexes: MailboxIndexes? { kept.withLock { $0 } }

    /// For mailboxes that are looked at from now on.
    package func use(_ indexes: MailboxIndexes) {
        kept.withLock { $0 = indexes }
    }

    package func store(
        for location: MailboxLocation, owner: Owner, quota: Quota = .unlimited
    ) throws(MailboxFailure) -> MboxStore {
        let location = try MboxLocation(location)
        return MboxStore(self, location, owner: owner, quota: self.quota(quota, location, owner: owner))
    }

    /// What keeps to one account's quota; all values for the same place share what has to be shared.
    func quota(_ quota: Quota, _ location: MboxLocation, owner: Owner) -> MboxQuota {
        let gate = folders.withLock { folders in
            let key = Key(path: location.accountPath, owner: owner)
            if let gate = folders.gates[key]?.gate { return gate }
            let gate = MboxQuota.Gate()
            folders.gates[key] = WeakGate(gate: gate)
            folders.gatesSinceSweep += 1
            if folders.gatesSinceSweep > 1024 {
                folders.gatesSinceSweep = 0
                folders.gates = folders.gates.filter { $0.value.gate != nil }
            }
            return gate
        }
        return MboxQuota(gate: gate, quota: quota, location: location, roots: roots)
    }

    func access(_ place: MboxPlace, _ owner: Owner) -> MboxAccess {
        MboxAccess(place: place, roots: roots, owner: owner, options: options)
    }

    /// The one value of this process for an mbox.
    func folder(_ place: MboxPlace, owner: Owner, isInbox: Bool) -> MboxFolder {
        folders.withLock { folders in
            let key = Key(path: place.path, owner: owner)
            if let folder = folders.byKey[key]?.folder, !folder.isEnded { return folder }
            let folder = MboxFolder(
                access(place, owner), isInbox: isInbox, pool: pool, watcher: watcher,
                index: indexes?.account(at: place.accountPath, owner: owner))
            folders.byKey[key] = WeakFolder(folder: folder)
            folders.recent.append(folder)
            if folders.recent.count > options.cachedMailboxes { folders.recent.removeFirst() }
            folders.sinceSweep += 1
            if folders.sinceSweep > 256 {
                folders.sinceSweep = 0
                folders.byKey = folders.byKey.filter { $0.value.folder != nil }
            }
            return folder
        }
    }

    /// A delivery put something there: sessions learn of it without waiting for the kernel's news.
    func noteChange(of path: [UInt8], owner: Owner) {
        folders.withLock { $0.byKey[Key(path: path, owner: owner)]?.folder }?.noteChange()
    }

    /// Sessions that have these open can't go on with them.
    func end(_ matches: ([UInt8]) -> Bool) {
        let ended = folders.withLock { folders in
            folders.byKey.compactMap { matches($0.key.path) ? $0.value.folder : nil }
        }
        for folder in ended { folder.end() }
    }

    // MARK: Missing files

    /// Runs `body` as the owner of an mbox at `path`. Where that fails because directories are missing, or because the file is
    /// and the owner may not make it (a spool), they are made, by the service where the owner may not, and `body` is run again.
    func run<T: Sendable>(
        as owner: Owner, making path: [UInt8], _ body: @escaping @Sendable () throws -> T
    ) async throws -> T {
        do {
            return try await pool.runWithIdentity(owner, body)
        } catch {
            let isDenied = MaildirDirectories.isDenied(error)
            let isMissing = MboxAccess.isMissing(error)
            guard isDenied || isMissing else { throw error }
            try await make(path, for: owner, wasDenied: isDenied)
            return try await pool.runWithIdentity(owner, body)
        }
    }

    private func make(_ path: [UInt8], for owner: Owner, wasDenied: Bool) async throws {
        let roots = roots
        let parent = Array(path.prefix(upTo: path.lastIndex(of: UInt8(ascii: "/")) ?? 0))
        do {
            try await pool.runWithIdentity(owner) {
                if try Self.isParentMissing(path, roots) { _ = try roots.makeDirectories(parent) }
            }
        } catch {
            guard MaildirDirectories.isDenied(error) else { throw error }
            _ = try await pool.run { try roots.makeDirectories(parent, owner: (owner.uid, owner.gid)) }
        }
        guard wasDenied else { return }
        try await pool.run {
            do {
                let (directory, name) = try roots.openParent(of: path)
                guard try !directory.exists(name) else { return }
                try Self.makeFile(name, in: directory, for: owner)
            } catch {
                guard MaildirDirectories.isDenied(error) else { throw error }
                throw MailboxFailure(
                    .misconfigured,
                    "\(pathText(path)): neither \(owner) nor the service may make it. Make the file, owned by "
                        + "\(owner), or let one of them write to its folder")
            }
        }
    }

    private static func isParentMissing(_ path: [UInt8], _ roots: MailRoots) throws -> Bool {
        do throws(PathFailure) {
            _ = try roots.openParent(of: path)
            return false
        } catch {
            guard error.isMissing else { throw error }
            return true
        }
    }

    /// Under another name first: nobody finds it while it is not yet its owner's.
    private static func makeFile(
        _ name: [UInt8], in directory: DirectoryHandle, for owner: Owner
    ) throws(SystemCallError) {
        let temporaryName = Array(".".utf8) + UniqueName.next()
        let file = try directory.makeFile(temporaryName)
        do throws(SystemCallError) {
            try file.changeOwner(uid: owner.uid, gid: owner.gid)
            try directory.renameWithoutReplacing(temporaryName, to: directory, name)
        } catch {
            DurableFile.discard(temporaryName, in: directory)
            guard error.isExisting else { throw error }
        }
    }
}
