package import NIOCore
import Synchronization

/// What protocols made of a mailbox's messages and will be asked for again (a message never changes): envelopes and their
/// like, as they go over the wire. Kept in memory as long as its mailbox is known and there is room.
package final class MailboxMemory: Sendable {
    /// Fewer messages at once are not worth a piece.
    private static let minimumMessages = 8

    /// What was made of messages at once, one behind the other.
    private struct Piece {
        var uids: [UInt32]
        /// Where each ends.
        var ends: [Int]
        var bytes: ByteBuffer
    }

    private struct Pieces {
        var byKind: [String: [Piece]] = [:]
        var size = 0
    }

    private let room: MailboxMemoryRoom
    private let pieces = Mutex(Pieces())

    package init(in room: MailboxMemoryRoom = .shared) {
        self.room = room
    }

    deinit {
        room.release(pieces.withLock { $0.size })
    }

    /// What is kept of the first of these messages (ascending), up to the first of which nothing is.
    /// - Parameter kind: what was made of them, and all that it depends on.
    package func find(_ kind: String, _ uids: ArraySlice<UInt32>) -> [(uid: UInt32, bytes: ByteBuffer)] {
        guard let first = uids.first else { return [] }
        let piece = pieces.withLock { pieces in
            pieces.byKind[kind]?.last { ($0.uids.first ?? .max) <= first && first <= ($0.uids.last ?? 0) }
        }
        guard let piece, var place = piece.uids.firstIndex(of: first) else { return [] }
        room.note(self)
        var found: [(uid: UInt32, bytes: ByteBuffer)] = []
        for uid in uids {
            while place < piece.uids.count, piece.uids[place] < uid { place += 1 }
            guard place < piece.uids.count, piece.uids[place] == uid else { break }
            let start = place == 0 ? 0 : piece.ends[place - 1]
            guard let bytes = piece.bytes.getSlice(at: start, length: piece.ends[place] - start) else { break }
            found.append((uid, bytes))
        }
        return found
    }

    /// Keeps what was made of messages (ascending) until the room is wanted for others.
    package func keep(_ kind: String, _ messages: [(uid: UInt32, bytes: ByteBuffer)]) {
        guard messages.count >= Self.minimumMessages else { return }
        let size = messages.reduce(0) { $0 + $1.bytes.readableBytes }
        guard size <= room.limit / 4 else { return }
        var piece = Piece(uids: messages.map(\.uid), ends: [], bytes: ByteBufferAllocator().buffer(capacity: size))
        for message in messages {
            piece.bytes.writeImmutableBuffer(message.bytes)
            piece.ends.append(piece.bytes.writerIndex)
        }
        let kept = size + 16 * messages.count
        pieces.withLock { pieces in
            pieces.byKind[kind, default: []].append(piece)
            pieces.size += kept
        }
        room.take(kept, for: self)
    }

    /// Forgets all; how much it was.
    fileprivate func clear() -> Int {
        pieces.withLock { pieces in
            defer { pieces = Pieces() }
            return pieces.size
        }
    }
}

/// How much all mailboxes together may keep; who was not asked for longest makes room.
package final class MailboxMemoryRoom: Sendable {
    package static let shared = MailboxMemoryRoom(limit: 64 << 20)

    package let limit: Int
    /// Not within the lock: a mailbox may go, and give back what it kept, while somebody holds that.
    private let usage = Atomic(0)
    /// The one used last at the end.
    private let order = Mutex<[WeakMemory]>([])

    private struct WeakMemory {
        weak var memory: MailboxMemory?
    }

    package init(limit: Int) {
        self.limit = limit
    }

    package var used: Int { usage.load(ordering: .relaxed) }

    fileprivate func note(_ memory: MailboxMemory) {
        order.withLock { order in
            if order.last?.memory === memory { return }
            order.removeAll { $0.memory == nil || $0.memory === memory }
            order.append(WeakMemory(memory: memory))
        }
    }

    fileprivate func take(_ size: Int, for memory: MailboxMemory) {
        usage.add(size, ordering: .relaxed)
        note(memory)
        while used > limit {
            let oldest = order.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            guard let oldest else { return }
            if let memory = oldest.memory { release(memory.clear()) }
        }
    }

    fileprivate func release(_ size: Int) {
        usage.subtract(size, ordering: .relaxed)
    }
}
