import MailModel
import NIOCore
import Spool

/// Messages that came a moment ago: they need not be read, nor their recipients resolved again.
///
/// Two generations, of which the older is dropped when the younger is full: what waits for a destination that is dead makes
/// room for what can go out.
struct RecentMessages {
    struct Entry {
        var message: QueuedMessage
        /// Nil for what is read when its turn comes.
        var content: ByteBuffer?
        var arrived: ContinuousClock.Instant
    }

    /// For how long the way that was found when the message came is good for its first attempt.
    static let resolutionLimit = Duration.seconds(60)
    /// Recipients of all messages of a generation, which bounds its memory.
    private static let recipientLimit = 8192
    /// Octets of one message, and of all messages of a generation.
    static let contentLimit = (message: 64 << 10, all: 8 << 20)

    private var younger: [QueueID: Entry] = [:]
    private var older: [QueueID: Entry] = [:]
    private var recipients = 0
    private var octets = 0

    mutating func insert(
        _ message: QueuedMessage, content: ByteBuffer? = nil, at instant: ContinuousClock.Instant = .now
    ) {
        if recipients >= Self.recipientLimit || octets >= Self.contentLimit.all {
            (older, younger, recipients, octets) = (younger, [:], 0, 0)
        }
        let content = content.flatMap { $0.readableBytes <= Self.contentLimit.message ? $0 : nil }
        recipients += message.recipients.count
        octets += content?.readableBytes ?? 0
        younger[message.id] = Entry(message: message, content: content, arrived: instant)
    }

    func entry(_ id: QueueID) -> Entry? { younger[id] ?? older[id] }

    mutating func remove(_ id: QueueID) {
        if let entry = younger.removeValue(forKey: id) {
            recipients -= entry.message.recipients.count
            octets -= entry.content?.readableBytes ?? 0
        } else {
            older[id] = nil
        }
    }

    var count: Int { younger.count + older.count }
}

extension RecentMessages.Entry {
    func isResolved(at instant: ContinuousClock.Instant = .now) -> Bool {
        arrived.duration(to: instant) < RecentMessages.resolutionLimit
    }
}
