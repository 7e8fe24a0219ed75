import Blocking
import MailModel
import NIOCore
import Synchronization

/// One folder of a Maildir: what all its sessions of this process share. Changes are made one after the other on the
/// folder's lane, as its owner; the newest view can be had from any thread.
final class MaildirFolder: Sendable {
    struct State {
        var contents = FolderContents()
        var list: UIDList?
        var marks: FolderMarks?
        /// Files whose names lack `,W=`, once measured.
        var measured: [UInt32: UInt64] = [:]
        var generation: UInt64 = 0
    }

    private struct Published {
        var view = MailboxView(uidValidity: 1, uidNext: 1)
        var listeners: [Int: @Sendable () -> Void] = [:]
        var nextListener = 0
        var watch: DirectoryWatcher.Watch?
    }

    let path: [UInt8]
    let owner: Owner
    let storage: MaildirStorage
    private let lane: BlockingLane
    private let state = Mutex(State())
    private let published = Mutex(Published())

    init(path: [UInt8], owner: Owner, storage: MaildirStorage) {
        self.path = path
        self.owner = owner
        self.storage = storage
        lane = BlockingLane(pool: storage.pool, owner: owner)
    }

    var view: MailboxView { published.withLock { $0.view } }

    // MARK: Changes

    /// Runs `body` after everything that was asked of the folder before; afterwards the view is published.
    func change<Value: Sendable>(
        _ body: @escaping @Sendable (inout State, MaildirHandles) throws(MailboxFailure) -> Value
    ) async throws(MailboxFailure) -> Value {
        try await MaildirStorage.failures {
            try await self.lane.run {
                let handles = try MaildirHandles(self.path, self.storage.roots)
                defer { self.publish() }
                return try self.state.withLock { state throws(MailboxFailure) in try body(&state, handles) }
            }
        }
    }

    /// Looks at the disk and returns the view after it.
    func refresh() async throws(MailboxFailure) -> MailboxView {
        try await change { state, handles throws(MailboxFailure) in try state.synchronize(handles) }
        return view
    }

    private func publish() {
        let view = state.withLock { $0.contents.view(generation: $0.generation) }
        let listeners: [@Sendable () -> Void] = published.withLock { published in
            guard published.view.generation != view.generation else { return [] }
            published.view = view
            return Array(published.listeners.values)
        }
        for listener in listeners { listener() }
    }

    // MARK: Listening

    /// - Returns: what `removeListener` takes.
    func addListener(_ listener: @escaping @Sendable () -> Void) async throws(MailboxFailure) -> Int {
        try await watch()
        return published.withLock { published in
            published.nextListener += 1
            published.listeners[published.nextListener] = listener
            return published.nextListener
        }
    }

    func removeListener(_ number: Int) {
        let watch: DirectoryWatcher.Watch? = published.withLock { published in
            published.listeners[number] = nil
            guard published.listeners.isEmpty else { return nil }
            defer { published.watch = nil }
            return published.watch
        }
        _ = watch
    }

    private func watch() async throws(MailboxFailure) {
        guard published.withLock({ $0.watch == nil }) else { return }
        let watch = try await change { _, handles throws(MailboxFailure) in
            self.storage.watcher.watch([handles.new, handles.cur]) { [weak self] in
                guard let self else { return }
                self.storage.noteChange(of: self)
            }
        }
        published.withLock { $0.watch = watch }
    }

    // MARK: Reading

    /// What is known of messages, without the disk.
    func known(_ uids: some Sequence<UInt32>) -> [FolderContents.Message] {
        state.withLock { state in uids.compactMap { uid in state.contents.index(of: uid).map { state.contents.messages[$0] } } }
    }

    func measured(_ uid: UInt32) -> UInt64? { state.withLock { $0.measured[uid] } }

    func remember(_ size: UInt64, of uid: UInt32) { state.withLock { $0.measured[uid] = size } }
}

/// What a folder's directories and control files looked like when they were read: while they look the same, nothing has
/// changed.
struct FolderMarks: Equatable {
    private struct Mark: Equatable {
        var identity: FileStatus.Identity
        var size: UInt64
        var modified: FileStatus.Time
    }

    private var marks: [Mark?] = []
    /// A change within the clock's grain of the reading may not show in the times.
    let isSettled: Bool

    static let controlFiles = [Array("dovecot-uidlist".utf8), Array("dovecot-keywords".utf8)]

    init(_ handles: MaildirHandles) throws(MailboxFailure) {
        var statuses: [FileStatus?] = []
        do throws(SystemCallError) {
            statuses = [try handles.new.status(), try handles.cur.status()]
            for name in Self.controlFiles {
                do throws(SystemCallError) {
                    statuses.append(try handles.main.status(name))
                } catch where error.isMissing {
                    statuses.append(nil)
                }
            }
        } catch {
            throw error.mailboxFailure
        }
        marks = statuses.map { $0.map { Mark(identity: $0.identity, size: $0.size, modified: $0.modified) } }
        let now = FileStatus.Time.now
        isSettled = statuses.compactMap { $0?.modified }.allSatisfy { time in
            // File systems that keep whole seconds show no nanoseconds at all.
            let grain: Int64 = time.nanoseconds == 0 ? 2_000_000_000 : 50_000_000
            let (age, overflow) = (now.seconds - time.seconds).multipliedReportingOverflow(by: 1_000_000_000)
            return overflow ? now > time : age + now.nanoseconds - time.nanoseconds > grain
        }
    }
}
