import Synchronization

/// Syncs of one directory that many threads ask for at once: a sync that begins after a thread has changed its name makes
/// that name durable, whoever began it. So whoever comes while one runs waits for the next, and all of them share it.
package final class SharedDirectorySync: Sendable {
    private struct State {
        /// How many syncs were begun and ended; at most one runs.
        var begun: UInt64 = 0
        var ended: UInt64 = 0
        /// Those waiting for the next sync; what they share is set by whoever performs it.
        var next = Round()
    }

    private final class Round: Sendable {
        private let end = Mutex<Result<Void, SystemCallError>?>(nil)

        var result: Result<Void, SystemCallError>? {
            get { end.withLock { $0 } }
            set { end.withLock { $0 = newValue } }
        }
    }

    private let directory: DirectoryHandle
    private let monitor = ThreadMonitor(State())

    package init(_ directory: DirectoryHandle) {
        self.directory = directory
    }

    /// Returns when a sync that began after this call has ended; fails when that sync failed. Blocks.
    ///
    /// - Parameter perform: what syncs; for tests that let it fail.
    package func sync(
        _ perform: (DirectoryHandle) throws(SystemCallError) -> Void = { directory throws(SystemCallError) in
            try directory.sync()
        }
    ) throws(SystemCallError) {
        let round = monitor.withLock { $0.next }
        let performs = monitor.wait { state -> Bool? in
            if round.result != nil { return false }
            guard state.begun == state.ended else { return nil }
            // Nobody syncs: this thread does, for all that wait for this round.
            state.begun += 1
            state.next = Round()
            return true
        } whileWaiting: { _, _ in
        }
        if performs {
            do throws(SystemCallError) {
                try perform(directory)
                round.result = .success(())
            } catch {
                round.result = .failure(error)
            }
            monitor.withLock { $0.ended += 1 }
            monitor.broadcast()
        }
        try round.result?.get()
    }
}
