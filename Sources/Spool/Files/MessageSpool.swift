package import Blocking
package import NIOCore
import Synchronization

/// The files of the durable queue: one for each message, which is there from the moment `add` or `commit` has returned
/// until it is removed, whatever becomes of this process or the machine.
///
/// What is done to one message is done in turn; different messages do not wait for each other. No call is given up when its
/// task is cancelled: that a copy was delivered is recorded even while the server stops.
package final class MessageSpool: Sendable {
    private struct State {
        var isClosed = false
        var running = 0
        var whenIdle: CheckedContinuation<Void, Never>?
        /// Those that came since the spool was opened, until `scan` knows what was there before.
        var arrivals: Set<QueueID> = []
        var isListed = false
    }

    /// What was free when it was last looked at, and how much of it was promised since.
    private struct Room {
        var space: FreeSpace
        var looked: ContinuousClock.Instant
        var promised: UInt64 = 0
    }

    /// What waits to be removed.
    private struct Removals {
        typealias Removal = (id: QueueID, end: @Sendable (Result<Void, SpoolFailure>) -> Void)

        var waiting: [Removal] = []
        var isRunning = false
    }

    private static let removalsAtOnce = 256

    package let options: SpoolOptions
    let pool: BlockingPool
    let transactions: SpoolTransactions
    private let state = Mutex(State())
    private let room = Mutex<Room?>(nil)
    private let removals = Mutex(Removals())

    private init(_ options: SpoolOptions, _ pool: BlockingPool, _ folders: SpoolFolders) {
        self.options = options
        self.pool = pool
        transactions = SpoolTransactions(folders, options)
    }

    /// Makes what is missing, takes the spool's lock and removes what was not finished; the time does not depend on how
    /// many messages wait. Call `scan` next.
    ///
    /// - Throws: `.busy` where another server has the spool, `.unavailable` where it can't be used or has another format.
    package static func open(_ options: SpoolOptions, pool: BlockingPool) async throws(SpoolFailure) -> MessageSpool {
        let folders = try await run(on: pool) { try SpoolFolders.open(options.path) }
        return MessageSpool(options, pool, folders)
    }

    /// Waits for what is under way and gives the spool to the next server; every later call fails with `.unavailable`.
    package func close() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                state.isClosed = true
                if state.running > 0, state.whenIdle == nil { state.whenIdle = continuation } else { return true }
                return false
            }
            if isIdle { continuation.resume() }
        }
        // At once, and without a thread: a lock does not wait.
        transactions.folders.releaseLock()
    }

    // MARK: New messages

    /// Why a message of `size` octets (nil: not told) should be refused at MAIL; nil where there is room for it. What this
    /// answers rests on a look at the file system that is a second old at most.
    package func admits(size: UInt64?) async -> SpoolFailure? {
        let now = ContinuousClock.now
        if let known = room.withLock({ $0.flatMap { now - $0.looked < .seconds(1) ? $0 : nil } }) {
            return verdict(known, size)
        }
        do throws(SpoolFailure) {
            let space = try await perform { try self.transactions.folders.temporary.freeSpace() }
            let fresh = Room(space: space, looked: now)
            room.withLock { $0 = fresh }
            return verdict(fresh, size)
        } catch {
            return error
        }
    }

    private func verdict(_ room: Room, _ size: UInt64?) -> SpoolFailure? {
        let reserve = options.reserve(ofTotal: room.space.totalBytes)
        let (taken, overflows) = room.promised.addingReportingOverflow(size ?? 0)
        let (needed, overflowsToo) = taken.addingReportingOverflow(reserve)
        let path = String(decoding: options.path, as: UTF8.self)
        guard !overflows, !overflowsToo, room.space.bytes >= needed else {
            return SpoolFailure(
                .noSpace,
                """
                \(path): \(room.space.bytes >> 20) MiB free, and \(reserve >> 20) MiB must stay so: make room there, or \
                mail is refused
                """)
        }
        guard room.space.totalFiles == 0 || room.space.files >= options.minimumFreeFiles else {
            return SpoolFailure(
                .noSpace, "\(path): \(room.space.files) inodes free, and \(options.minimumFreeFiles) must stay so")
        }
        self.room.withLock { if $0?.looked == room.looked { $0?.promised = taken } }
        return nil
    }

    /// Takes a message: durable when this returns, not there at all when it throws. Its content is `header` and `body`,
    /// octet for octet.
    package func add(
        id: QueueID, envelope: QueuedEnvelope, recipients: [QueuedRecipient], header: [UInt8], body: ByteBuffer,
        isHeld: Bool = false
    ) async throws(SpoolFailure) -> QueuedMessage {
        let message = QueuedMessage(
            id: id, envelope: envelope, recipients: recipients,
            size: UInt64(header.count) + UInt64(body.readableBytes), isHeld: isHeld)
        try Self.check(message)
        arrives(id)
        try await perform { end in self.transactions.add(message, header: header, body: body, end: end) }
        return message
    }

    /// Starts a message that comes in pieces, or whose recipients are known only later.
    package func begin(id: QueueID) async throws(SpoolFailure) -> StagedMessage {
        arrives(id)
        return StagedMessage(id, self, try await perform { try self.transactions.makeStagedFile(id) })
    }

    static func check(_ message: QueuedMessage) throws(SpoolFailure) {
        guard !message.recipients.isEmpty else {
            throw SpoolFailure(.unavailable, "message \(message.id) has no recipients")
        }
    }

    // MARK: Messages that wait

    package func message(_ id: QueueID) async throws(SpoolFailure) -> QueuedMessage {
        try await perform { try self.transactions.read(id).contents.message }
    }

    /// Opens the octets of a message, which stay readable though it is changed or removed meanwhile.
    package func content(_ id: QueueID) async throws(SpoolFailure) -> SpooledContent {
        let (file, contents) = try await perform { try self.transactions.read(id) }
        return SpooledContent(file, contents, self)
    }

    /// Records changes, all of them or none, and answers with the message as it is then. They are durable when this
    /// returns, but for "try again at" and ways, which a power cut may undo.
    @discardableResult
    package func update(_ id: QueueID, _ changes: [QueueChange]) async throws(SpoolFailure) -> QueuedMessage {
        try await perform { try self.transactions.update(id, changes).message }
    }

    /// As `update`.
    ///
    /// - Returns: the message, and the places of the recipients that the changes added.
    package func expand(
        _ id: QueueID, _ changes: [QueueChange]
    ) async throws(SpoolFailure) -> (message: QueuedMessage, added: Range<Int>) {
        let (message, formerCount) = try await perform { try self.transactions.update(id, changes) }
        return (message, formerCount..<message.recipients.count)
    }

    @discardableResult
    package func setHeld(_ id: QueueID, _ isHeld: Bool) async throws(SpoolFailure) -> QueuedMessage {
        try await update(id, [.held(isHeld)])
    }

    /// Durable when it returns. Removals that are asked for while one is under way are done together behind it: one job of
    /// one thread, and one sync of each folder.
    package func remove(_ id: QueueID) async throws(SpoolFailure) {
        try enter()
        defer { leave() }
        let result: Result<Void, SpoolFailure> = await withCheckedContinuation { continuation in
            let isFirst = removals.withLock { removals in
                removals.waiting.append((id, { continuation.resume(returning: $0) }))
                defer { removals.isRunning = true }
                return !removals.isRunning
            }
            guard isFirst, !pool.submitWithoutWaiting({ self.performRemovals() }) else { return }
            while let refused = takeRemovals(.max) {
                for removal in refused { removal.end(.failure(Self.overload)) }
            }
        }
        try result.get()
    }

    private func performRemovals() {
        while let next = takeRemovals(Self.removalsAtOnce) { transactions.remove(next) }
    }

    /// Nil, and nobody removes, when nothing is to be removed.
    private func takeRemovals(_ limit: Int) -> [Removals.Removal]? {
        removals.withLock { removals in
            guard !removals.waiting.isEmpty else {
                removals.isRunning = false
                return nil
            }
            defer { removals.waiting.removeFirst(min(limit, removals.waiting.count)) }
            return Array(removals.waiting.prefix(limit))
        }
    }

    /// Moves the file of a damaged message into `corrupt/`, and says where it is then.
    @discardableResult
    package func setAside(_ id: QueueID) async throws(SpoolFailure) -> String {
        try await perform { String(decoding: try self.transactions.setAside(id), as: UTF8.self) }
    }

    // MARK: Threads

    func perform<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws(SpoolFailure) -> Value {
        try enter()
        defer { leave() }
        return try await Self.run(on: pool, body)
    }

    /// Runs `body` on a thread; what it began ends when it calls what it is given, on whichever thread.
    private func perform(
        _ body: @escaping @Sendable (@escaping @Sendable (Result<Void, SpoolFailure>) -> Void) -> Void
    ) async throws(SpoolFailure) {
        try enter()
        defer { leave() }
        let result: Result<Void, SpoolFailure> = await withCheckedContinuation { continuation in
            let isQueued = pool.submitWithoutWaiting { body { continuation.resume(returning: $0) } }
            if !isQueued { continuation.resume(returning: .failure(Self.overload)) }
        }
        try result.get()
    }

    private func enter() throws(SpoolFailure) {
        let isOpen = state.withLock { state in
            if !state.isClosed { state.running += 1 }
            return !state.isClosed
        }
        guard isOpen else {
            throw SpoolFailure(.unavailable, "the spool \(String(decoding: options.path, as: UTF8.self)) is closed")
        }
    }

    private func leave() {
        let continuation = state.withLock { state in
            state.running -= 1
            guard state.running == 0 else { return nil as CheckedContinuation<Void, Never>? }
            defer { state.whenIdle = nil }
            return state.whenIdle
        }
        continuation?.resume()
    }

    /// Runs `body` on the pool to its end, whether or not the task is cancelled.
    private static func run<Value: Sendable>(
        on pool: BlockingPool, _ body: @escaping @Sendable () throws -> Value
    ) async throws(SpoolFailure) -> Value {
        let result: Result<Value, SpoolFailure> = await withCheckedContinuation { continuation in
            let isQueued = pool.submitWithoutWaiting {
                continuation.resume(returning: Result(catching: body).mapError { SpoolFailure($0) })
            }
            if !isQueued { continuation.resume(returning: .failure(overload)) }
        }
        return try result.get()
    }

    private static var overload: SpoolFailure { SpoolFailure(.busy, "the threads of the spool take no more work") }

    // MARK: What came since the start

    private func arrives(_ id: QueueID) {
        state.withLock { if !$0.isListed { _ = $0.arrivals.insert(id) } }
    }

    /// Those among `listed` that were there before this process.
    func before(_ listed: [QueueID]) -> [QueueID] {
        state.withLock { state in
            state.isListed = true
            defer { state.arrivals = [] }
            return listed.filter { !state.arrivals.contains($0) }
        }
    }
}
