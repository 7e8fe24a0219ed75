package import Blocking
import DequeModule
package import MailModel
import Synchronization

/// All Maildirs of a site: one value for the whole process, so that every session and every delivery shares what is known
/// of a folder.
package final class MaildirStores: Sendable {
    package let roots: MailRoots
    let pool: BlockingPool
    let options: MaildirOptions
    let watcher: DirectoryWatcher
    private let kept: Mutex<MailboxIndexes?>
    private let folders = Mutex(Folders())

    private struct Key: Hashable {
        var path: [UInt8]
        var owner: Owner
    }

    private struct WeakFolder {
        weak var folder: MaildirFolder?
    }

    private struct CounterKey: Hashable {
        var path: [UInt8]
        var owner: Owner
    }

    private struct WeakCounter {
        weak var counter: QuotaCounter?
    }

    private struct Folders {
        /// Whoever changes an account's messages holds its counter; nobody else needs it.
        var counters: [CounterKey: WeakCounter] = [:]
        var countersSinceSweep = 0
        var byKey: [Key: WeakFolder] = [:]
        /// Keeps the last ones alive.
        var recent = Deque<MaildirFolder>()
        var sinceSweep = 0
    }

    /// - Parameters:
    ///   - roots: below which all mail lies.
    ///   - pool: threads for this disk work alone.
    ///   - indexes: what is remembered of mailboxes; without them it is found out again after each start.
    package init(
        roots: MailRoots, pool: BlockingPool, options: MaildirOptions = MaildirOptions(),
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

    /// For folders that are looked at from now on.
    package func use(_ indexes: MailboxIndexes) {
        kept.withLock { $0 = indexes }
    }

    /// One account's mailboxes. Cheap: what is known of folders is shared by all values for the same place.
    /// - Parameter account: the login, to whom warnings of its quota are addressed.
    /// - Throws: `.misconfigured` for a location that this store can't serve.
    package func store(
        for location: MailboxLocation, owner: Owner, quota: Quota = .unlimited, account: String = ""
    ) throws(MailboxFailure) -> MaildirStore {
        let location = try MaildirLocation(location)
        return MaildirStore(
            self, location, owner: owner, quota: self.quota(quota, location, owner: owner, account: account))
    }

    /// What keeps to one account's quota; all values for the same place share what has to be shared.
    func quota(_ quota: Quota, _ location: MaildirLocation, owner: Owner, account: String) -> AccountQuota {
        let counter = folders.withLock { folders in
            let key = CounterKey(path: location.path, owner: owner)
            if let counter = folders.counters[key]?.counter { return counter }
            let counter = QuotaCounter()
            folders.counters[key] = WeakCounter(counter: counter)
            folders.countersSinceSweep += 1
            if folders.countersSinceSweep > 1024 {
                folders.countersSinceSweep = 0
                folders.counters = folders.counters.filter { $0.value.counter != nil }
            }
            return counter
        }
        return AccountQuota(
            counter: counter, quota: quota, location: location, roots: roots, options: options, account: account)
    }

    /// The one value of this process for a folder.
    func folder(_ place: FolderPlace, owner: Owner) -> MaildirFolder {
        folders.withLock { folders in
            let key = Key(path: place.path, owner: owner)
            // Where a site has changed what else it says of the place, sessions that are open go on as they began.
            if let folder = folders.byKey[key]?.folder, !folder.isEnded, folder.place == place {
                return folder
            }
            let folder = MaildirFolder(
                place, owner: owner, pool: pool, roots: roots, options: options, watcher: watcher,
                index: indexes?.account(at: place.accountPath, owner: owner))
            folders.byKey[key] = WeakFolder(folder: folder)
            folders.recent.append(folder)
            if folders.recent.count > options.cachedFolders { folders.recent.removeFirst() }
            folders.sinceSweep += 1
            if folders.sinceSweep > 256 {
                folders.sinceSweep = 0
                folders.byKey = folders.byKey.filter { $0.value.folder != nil }
            }
            return folder
        }
    }

    /// The folders at `path` that somebody has loaded.
    private func known(_ matches: ([UInt8]) -> Bool) -> [MaildirFolder] {
        folders.withLock { folders in
            folders.byKey.compactMap { matches($0.key.path) ? $0.value.folder : nil }
        }
    }

    /// A delivery put something there: sessions learn of it without waiting for the kernel's news.
    func noteChange(of path: [UInt8], owner: Owner) {
        let key = Key(path: path, owner: owner)
        folders.withLock { $0.byKey[key]?.folder }?.noteChange()
    }

    /// Sessions that have these folders open can't go on with them.
    func end(_ paths: Set<[UInt8]>) {
        for folder in known({ paths.contains($0) }) { folder.end() }
    }

    /// Runs `body` as `owner`. If the owner was refused because directories of `path` are missing in a place that
    /// belongs to the service, they are made, and `body` is run again.
    func run<T: Sendable>(
        as owner: Owner, making path: [UInt8], mode: UInt32 = 0o700, _ body: @escaping @Sendable () throws -> T
    ) async throws -> T {
        do {
            return try await pool.runWithIdentity(owner, body)
        } catch  where MaildirDirectories.isDenied(error) {
            try await makeMissingDirectory(of: path, for: owner, mode: mode)
            return try await pool.runWithIdentity(owner, body)
        }
    }

    /// As the service, the first directory that `path` lacks, which is then the owner's. What the service may not look
    /// into is the owner's already: another delivery was quicker, and only the owner can say what is missing there.
    func makeMissingDirectory(of path: [UInt8], for owner: Owner, mode: UInt32 = 0o700) async throws {
        let roots = roots
        do {
            _ = try await pool.run { try roots.makeDirectories(path, mode: mode, owner: (owner.uid, owner.gid)) }
        } catch let failure as PathFailure where failure.isDenied {}
    }
}
