import Blocking
import MailModel
import Synchronization

/// One folder as this process knows it, shared by all its sessions.
///
/// Whatever changes the folder or looks for changes is a job of its lane: one after the other. Reading messages needs no
/// turn: a session reads with the state of the moment, and asks for a newer one if a file is not where that says.
final class MaildirFolder: Sendable {
    let place: FolderPlace
    let owner: Owner
    private let lane: BlockingLane
    private let roots: MailRoots
    private let options: MaildirOptions
    private let watcher: DirectoryWatcher
    let index: AccountIndex?
    /// Its UIDs mean the same as long as this value lives.
    let rendered = MailboxMemory()
    private let memory: ViewMemory?
    private let shared: Mutex<Shared>

    private struct Shared {
        var state = FolderState()
        var listeners: [UInt64: @Sendable () -> Void] = [:]
        var nextListener: UInt64 = 1
        var watch: DirectoryWatcher.Watch?
        /// Deleted, renamed or replaced: nothing can be done with it any more.
        var isEnded = false
        var isRefreshQueued = false
        var hasSwept = false
        /// How many looks for changes have begun, and the number of the last one that came to its end.
        var looksBegun: UInt64 = 0
        var lastLook: UInt64 = 0
    }

    init(
        _ place: FolderPlace, owner: Owner, pool: BlockingPool, roots: MailRoots, options: MaildirOptions,
        watcher: DirectoryWatcher, index: AccountIndex? = nil
    ) {
        self.index = index
        self.memory = index.map { ViewMemory($0, place: place.path) }
        self.place = place
        self.owner = owner
        self.lane = BlockingLane(pool: pool, owner: owner)
        self.roots = roots
        self.options = options
        self.watcher = watcher
        self.shared = Mutex(Shared())
    }

    var state: FolderState { shared.withLock { $0.state } }
    var view: MailboxView { shared.withLock { $0.state.view } }
    var isEnded: Bool { shared.withLock { $0.isEnded } }

    // MARK: Work

    /// Runs `body` alone on the folder, as the owner. The state it leaves is what everybody sees afterwards, also when it
    /// throws: what it did by then is done.
    /// - Parameter listener: the session that asked, which need not be told of what it does itself.
    func work<T: Sendable>(
        for listener: UInt64? = nil, _ body: @escaping @Sendable (inout FolderWork) throws -> T
    ) async throws -> T {
        await recall()
        return try await lane.run { try self.perform(for: listener, body) }
    }

    /// What the index knows from before, asked before the folder is read for the first time.
    private func recall() async {
        guard let memory, !state.isLoaded, let remembered = await memory.recall() else { return }
        shared.withLock { shared in
            if !shared.state.isLoaded { shared.state.remembered = remembered }
        }
    }

    private func perform<T>(for listener: UInt64?, _ body: (inout FolderWork) throws -> T) throws -> T {
        let (state, isEnded, mustSweep) = shared.withLock { shared in
            defer { shared.hasSwept = true }
            return (shared.state, shared.isEnded, !shared.hasSwept)
        }
        guard !isEnded else { throw noSuchMailbox }
        do {
            var work = try FolderWork(place, roots: roots, options: options, state: state)
            defer { publish(work.state, except: listener) }
            if mustSweep { work.sweepTemporaryFiles() }
            return try body(&work)
        } catch is FolderReplaced {
            end()
            throw noSuchMailbox
        } catch  where MaildirDirectories.isMissing(error) && !exists() {
            if state.isLoaded { end() }
            throw noSuchMailbox
        }
    }

    private func exists() -> Bool {
        do {
            _ = try MaildirDirectories(roots, place.path)
            return true
        } catch {
            return false
        }
    }

    private var noSuchMailbox: MailboxFailure {
        MailboxFailure(.noSuchMailbox, "\(pathText(place.path)): there is no such folder (any more)")
    }

    /// Looks for changes. One look serves all who asked before it began: a change wakes every session of a folder, and
    /// they need not read its directories once each.
    func refresh(for listener: UInt64? = nil) async throws -> MailboxView {
        await recall()
        let begun = shared.withLock { $0.looksBegun }
        return try await lane.run {
            let known = self.shared.withLock { shared in
                shared.lastLook > begun && !shared.isEnded ? shared.state.view : nil
            }
            if let known { return known }
            try self.look(for: listener)
            return self.view
        }
    }

    /// Claims what is recent without a look at the directories, where no file need be moved; nil where one must.
    func claimWhereNothingIsNew() async throws -> UInt32? {
        // In its turn: a transaction would put the state back as it found it.
        try await lane.run {
            self.shared.withLock { shared in
                guard shared.state.isLoaded, !shared.isEnded, !shared.state.files.contains(where: \.isNew) else {
                    return nil
                }
                defer { shared.state.view.firstRecentUID = shared.state.view.uidNext }
                return shared.state.view.firstRecentUID
            }
        }
    }

    private func look(for listener: UInt64?) throws {
        let number = shared.withLock { shared in
            shared.looksBegun += 1
            return shared.looksBegun
        }
        try perform(for: listener) { try $0.refresh() }
        shared.withLock { $0.lastLook = number }
    }

    // MARK: News

    private func publish(_ state: FolderState, except listener: UInt64?) {
        let calls = shared.withLock { shared -> [@Sendable () -> Void] in
            let isNews = state.view.generation != shared.state.view.generation
            shared.state = state
            guard isNews else { return [] }
            return shared.listeners.filter { $0.key != listener }.map(\.value)
        }
        // Sessions wake up by it, and what wakes them may start threads.
        ServiceIdentity.afterOwner { for call in calls { call() } }
        remember()
    }

    /// Brings the index up to date, after the files and after everybody was told.
    private func remember() {
        memory?.remember {
            self.shared.withLock { $0.state.isLoaded && !$0.isEnded ? $0.state.view : nil }
        }
    }

    /// Looks for changes soon. Returns at once; calls that come before the look are one.
    func noteChange() {
        let isFirst = shared.withLock { shared in
            guard !shared.isRefreshQueued, !shared.isEnded, shared.state.isLoaded else { return false }
            shared.isRefreshQueued = true
            return true
        }
        guard isFirst else { return }
        let isQueued = lane.submitWithoutWaiting { [weak self] in
            guard let self else { return }
            self.shared.withLock { $0.isRefreshQueued = false }
            do {
                try self.look(for: nil)
            } catch {
                // The session that looks next gets the same failure, with somebody to tell it to.
            }
        }
        if !isQueued { shared.withLock { $0.isRefreshQueued = false } }
    }

    /// Adds a session; the folder is watched as long as it has one.
    func listen(_ onChange: @escaping @Sendable () -> Void) async throws -> UInt64 {
        let (id, isFirst) = shared.withLock { shared in
            let id = shared.nextListener
            shared.nextListener += 1
            shared.listeners[id] = onChange
            return (id, shared.listeners.count == 1)
        }
        if isFirst {
            do {
                try await work { work in
                    let watch = self.watcher.watch([work.directories.new, work.directories.cur]) { [weak self] in
                        self?.noteChange()
                    }
                    self.shared.withLock { $0.watch = watch }
                }
            } catch {
                stopListening(id)
                throw error
            }
        }
        return id
    }

    func stopListening(_ id: UInt64) {
        // Released outside the lock: ending a watch takes the watcher's.
        let watch = shared.withLock { shared -> DirectoryWatcher.Watch? in
            shared.listeners[id] = nil
            guard shared.listeners.isEmpty else { return nil }
            defer { shared.watch = nil }
            return shared.watch
        }
        withExtendedLifetime(watch) {}
    }

    /// Nobody can work with the folder any more; its sessions are told to look, and find out.
    func end() {
        let (calls, watch) = shared.withLock { shared in
            defer {
                shared.isEnded = true
                shared.watch = nil
            }
            return (Array(shared.listeners.values), shared.watch)
        }
        withExtendedLifetime(watch) {}
        ServiceIdentity.afterOwner { for call in calls { call() } }
    }

    /// Remembers sizes that had to be counted.
    func remember(virtualSizes: [UInt32: UInt64]) {
        guard !virtualSizes.isEmpty else { return }
        shared.withLock { $0.state.virtualSizes.merge(virtualSizes) { $1 } }
    }
}

extension FolderWork {
    /// Takes away what killed deliveries left in `tmp/`.
    func sweepTemporaryFiles() {
        let oldest = FileStatus.Time.now.seconds - options.temporaryFileSeconds
        do throws(SystemCallError) {
            for entry in try directories.tmp.entries() {
                let status = try directories.tmp.status(entry.name)
                if status.kind == .regular, status.modified.seconds < oldest {
                    try directories.tmp.remove(entry.name)
                }
            }
        } catch {
            // Another process sweeps too, or the files are not the owner's: neither stops anybody's mail.
        }
    }
}
