import Blocking
import MailModel
import Synchronization

/// One mbox as this process knows it, shared by all its sessions. Whatever changes it or looks for changes is a job of its lane:
/// one after the other.
final class MboxFolder: Sendable {
    let access: MboxAccess
    let isInbox: Bool
    let index: AccountIndex?
    private let memory: ViewMemory?
    private let lane: BlockingLane
    private let watcher: DirectoryWatcher
    private let shared = Mutex(Shared())

    private struct Shared {
        var state = MboxState()
        var listeners: [UInt64: @Sendable () -> Void] = [:]
        var nextListener: UInt64 = 1
        var watch: (identity: FileStatus.Identity, watch: DirectoryWatcher.Watch)?
        var isEnded = false
        var isRefreshQueued = false
    }

    init(
        _ access: MboxAccess, isInbox: Bool, pool: BlockingPool, watcher: DirectoryWatcher, index: AccountIndex? = nil
    ) {
        self.index = index
        self.memory = index.map { ViewMemory($0, place: access.place.path) }
        self.access = access
        self.isInbox = isInbox
        self.lane = BlockingLane(pool: pool, owner: access.owner)
        self.watcher = watcher
    }

    var state: MboxState { shared.withLock { $0.state } }
    var view: MailboxView { shared.withLock { $0.state.view } }
    var isEnded: Bool { shared.withLock { $0.isEnded } }

    // MARK: Work

    /// Runs `body` alone on the mbox, as the owner. The state it leaves is what everybody sees afterwards, also when it throws.
    func work<T: Sendable>(
        for listener: UInt64? = nil, _ body: @escaping @Sendable (inout MboxWork) throws -> T
    ) async throws -> T {
        await recall()
        return try await lane.run { try self.perform(for: listener, body) }
    }

    /// What the index knows from before, asked before the file is read for the first time.
    private func recall() async {
        guard let memory, !state.isLoaded, let remembered = await memory.recall() else { return }
        shared.withLock { shared in
            if !shared.state.isLoaded { shared.state.remembered = remembered }
        }
    }

    private func perform<T>(for listener: UInt64?, _ body: (inout MboxWork) throws -> T) throws -> T {
        let (state, isEnded) = shared.withLock { ($0.state, $0.isEnded) }
        guard !isEnded else { throw noSuchMailbox }
        var work = MboxWork(access, isInbox: isInbox, state: state)
        defer { publish(work.state, except: listener) }
        do {
            return try body(&work)
        } catch is MboxWork.Replaced {
            end()
            throw noSuchMailbox
        } catch {
            guard MboxAccess.isMissing(error) else { throw error }
            if state.isLoaded { end() }
            throw noSuchMailbox
        }
    }

    var noSuchMailbox: MailboxFailure {
        MailboxFailure(.noSuchMailbox, "\(pathText(access.place.path)): there is no such mbox (any more)")
    }

    /// - Parameter whole: also for what other programs did to messages that were known, where mail was added behind them.
    func refresh(for listener: UInt64? = nil, whole: Bool = false) async throws -> MailboxView {
        try await work(for: listener) { work in
            try work.refresh(whole: whole)
            return work.state.view
        }
    }

    // MARK: News

    private func publish(_ state: MboxState, except listener: UInt64?) {
        let (calls, mustWatch) = shared.withLock { shared -> ([@Sendable () -> Void], Bool) in
            let isNews = state.view.generation != shared.state.view.generation
            var state = state
            state.virtualSizes.merge(shared.state.virtualSizes) { $1 }
            shared.state = state
            let mustWatch =
                !shared.listeners.isEmpty && !shared.isEnded && shared.watch?.identity != state.stamp?.identity
            guard isNews else { return ([], mustWatch) }
            return (shared.listeners.filter { $0.key != listener }.map(\.value), mustWatch)
        }
        if mustWatch { watch() }
        // Sessions wake up by it, and what wakes them may start threads.
        ServiceIdentity.afterOwner { for call in calls { call() } }
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
                try self.perform(for: nil) { try $0.refresh(whole: false) }
            } catch {
                // The session that looks next gets the same failure, with somebody to tell it to.
            }
        }
        if !isQueued { shared.withLock { $0.isRefreshQueued = false } }
    }

    /// Adds a session; the mbox is watched as long as it has one.
    func listen(_ onChange: @escaping @Sendable () -> Void) async throws -> UInt64 {
        let id = shared.withLock { shared in
            let id = shared.nextListener
            shared.nextListener += 1
            shared.listeners[id] = onChange
            return id
        }
        do {
            // What came in between loading and listening; it begins the watch, too.
            _ = try await refresh(for: id, whole: true)
        } catch {
            stopListening(id)
            throw error
        }
        return id
    }

    /// The file that has the name now; another one may have taken it since.
    private func watch() {
        do {
            let (directory, name) = try access.roots.openParent(of: access.place.path)
            let file = try directory.file(name)
            let identity = try file.status().identity
            let watch = watcher.watch(file) { [weak self] in self?.noteChange() }
            let old = shared.withLock { shared in
                let old = shared.watch
                shared.watch = shared.listeners.isEmpty ? nil : (identity, watch)
                return old
            }
            withExtendedLifetime((old, watch)) {}
        } catch {
            // Gone meanwhile: the next look finds out.
        }
    }

    func stopListening(_ id: UInt64) {
        // Released outside the lock: ending a watch takes the watcher's.
        let watch = shared.withLock { shared -> DirectoryWatcher.Watch? in
            shared.listeners[id] = nil
            guard shared.listeners.isEmpty else { return nil }
            defer { shared.watch = nil }
            return shared.watch?.watch
        }
        withExtendedLifetime(watch) {}
    }

    /// Nobody can work with the mbox any more; its sessions are told to look, and find out.
    func end() {
        let (calls, watch) = shared.withLock { shared in
            defer {
                shared.isEnded = true
                shared.watch = nil
            }
            return (Array(shared.listeners.values), shared.watch?.watch)
        }
        withExtendedLifetime(watch) {}
        ServiceIdentity.afterOwner { for call in calls { call() } }
    }

    func remember(virtualSizes: [UInt32: UInt64]) {
        guard !virtualSizes.isEmpty else { return }
        shared.withLock { $0.state.virtualSizes.merge(virtualSizes) { $1 } }
    }
}
