import Synchronization

/// Syncs of one directory that many threads ask for at once: a sync that begins after a thread has changed its name makes
/// that name durable, whoever began it. So whoever comes while one runs is taken along by the next, and all of them share it.
package final class SharedDirectorySync: Sendable {
    package typealias End = @Sendable (Result<Void, SystemCallError>) -> Void
    package typealias Perform = @Sendable (DirectoryHandle) throws(SystemCallError) -> Void

    private struct State {
        /// Those that the next sync is for.
        var waiting: [(perform: Perform, end: End)] = []
        var isRunning = false
    }

    private let directory: DirectoryHandle
    private let state = Mutex(State())

    package init(_ directory: DirectoryHandle) {
        self.directory = directory
    }

    /// Calls `end` when a sync that began after this call has ended; it fails when that sync failed.
    ///
    /// Where no sync runs, this thread syncs, for all who ask meanwhile too, and calls what they gave; else it returns at once:
    /// no thread waits for another's sync. Blocks.
    ///
    /// - Parameter perform: what syncs; for tests that let it fail.
    package func request(
        _ perform: @escaping Perform, end: @escaping End
    ) {
        let isFirst = state.withLock { state in
            state.waiting.append((perform, end))
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard isFirst else { return }
        while let round = nextRound() {
            let result: Result<Void, SystemCallError>
            do throws(SystemCallError) {
                try round[0].perform(directory)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            for waiting in round { waiting.end(result) }
        }
    }

    /// Nil, and nobody syncs, when nobody asks.
    private func nextRound() -> [(perform: Perform, end: End)]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isRunning = false
                return nil
            }
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    /// Returns when a sync that began after this call has ended; fails when that sync failed. Blocks.
    package func sync(
        _ perform: @escaping Perform = { directory throws(SystemCallError) in try directory.sync() }
    ) throws(SystemCallError) {
        let ended = ThreadMonitor(Result<Void, SystemCallError>?.none)
        request(perform) { result in
            ended.withLock { $0 = result }
            ended.signal()
        }
        try ended.wait {
            $0
        } whileWaiting: { _, _ in
        }.get()
    }
}
