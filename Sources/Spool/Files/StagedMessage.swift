import Blocking
package import NIOCore
import Synchronization

/// A message that is being taken in pieces. It is nowhere in the queue until `commit` has returned; what is neither
/// committed nor aborted goes when this value goes.
package final class StagedMessage: Sendable {
    private struct State {
        /// Not yet written.
        var pending = ByteBuffer()
        var size: UInt64 = 0
        var checksum = SpoolChecksum()
        /// The first failure: nothing after it counts.
        var failure: SpoolFailure?
        var isFinished = false
    }

    /// Pieces are gathered up to this, in octets.
    private static let block = 128 << 10

    package let id: QueueID
    private let spool: MessageSpool
    private let file: FileHandle
    private let state = Mutex(State())

    init(_ id: QueueID, _ spool: MessageSpool, _ file: FileHandle) {
        self.id = id
        self.spool = spool
        self.file = file
    }

    deinit {
        abort()
    }

    /// Adds octets of the content, header first. A failure is final: every later call throws it again.
    package func append(_ piece: ByteBuffer) async throws(SpoolFailure) {
        var piece = piece
        let isFull = try state.withLock { state throws(SpoolFailure) in
            try Self.check(state, id)
            state.pending.writeBuffer(&piece)
            return state.pending.readableBytes >= Self.block
        }
        if isFull { try await perform { try $0.write(&$1) } }
    }

    /// Brings what there is to disk, so that little is left to do for `commit`.
    package func prepare() async throws(SpoolFailure) {
        try await perform { message, state in
            try message.write(&state)
            try message.spool.transactions.step(.syncFile)
            try message.file.syncData()
        }
    }

    /// Durable when it returns, not there at all when it throws.
    package func commit(
        envelope: QueuedEnvelope, recipients: [QueuedRecipient], isHeld: Bool = false
    ) async throws(SpoolFailure) -> QueuedMessage {
        try await perform { staged, state in
            try staged.write(&state)
            let message = QueuedMessage(
                id: staged.id, envelope: envelope, recipients: recipients, size: state.size, isHeld: isHeld)
            try MessageSpool.check(message)
            state.isFinished = true
            try staged.spool.transactions.commit(message, staged.file, contentChecksum: state.checksum.value)
            return message
        }
    }

    /// Gives the message up. Does nothing after `commit`.
    package func abort() {
        let isUnfinished = state.withLock { state in
            defer { state.isFinished = true }
            return !state.isFinished
        }
        guard isUnfinished else { return }
        let (id, folders) = (id, spool.transactions.folders)
        // If it can't be queued, the sweep at the next start finds the file.
        _ = spool.pool.submitWithoutWaiting {
            DurableFile.discard(id.fileName, in: folders.temporary)
        }
    }

    // MARK: Blocking

    private func perform<Value: Sendable>(
        _ body: @escaping @Sendable (StagedMessage, inout sending State) throws -> Value
    ) async throws(SpoolFailure) -> Value {
        try await spool.perform {
            try self.state.withLock { state in
                try Self.check(state, self.id)
                do {
                    return try body(self, &state)
                } catch {
                    let failure = SpoolFailure(error)
                    state.failure = failure
                    throw failure
                }
            }
        }
    }

    private func write(_ state: inout State) throws {
        guard state.pending.readableBytes > 0 else { return }
        try spool.transactions.step(.write)
        var failure: SystemCallError?
        state.pending.withUnsafeReadableBytes { bytes in
            state.checksum.update(bytes)
            do throws(SystemCallError) { try file.write(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
        state.size += UInt64(state.pending.readableBytes)
        state.pending.clear()
    }

    private static func check(_ state: State, _ id: QueueID) throws(SpoolFailure) {
        if let failure = state.failure { throw failure }
        guard !state.isFinished else {
            throw SpoolFailure(.unavailable, "message \(id) was committed or given up before")
        }
    }
}
