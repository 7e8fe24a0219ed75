import MailModel
import Spool

/// Messages that came a moment ago: their envelope need not be read, nor their recipients resolved again.
///
/// Two generations, of which the older is dropped when the younger is full: what waits for a destination that is dead makes
/// room for what can go out.
struct RecentMessages {
    struct Entry {
        var message: QueuedMessage
        var arrived: ContinuousClock.Instant
    }

    /// For how long the way that was found when the message came is good for its first attempt.
    static let resolutionLimit = Duration.seconds(60)
    /// Recipients of all messages of a generation, which bounds its memory.
    private static let recipientLimit = 8192

    private var younger: [QueueID: Entry] = [:]
    private var older: [QueueID: Entry] = [:]
    private var recipients = 0

    mutating func insert(_ message: QueuedMessage, at instant: ContinuousClock.Instant = .now) {
        if recipients >= Self.recipientLimit {
            (older, younger, recipients) = (younger, [:], 0)
        }
        recipients += message.recipients.count
        younger[message.id] = Entry(message: message, arrived: instant)
    }

    func entry(_ id: QueueID) -> Entry? { younger[id] ?? older[id] }

    mutating func remove(_ id: QueueID) {
        if let entry = younger.removeValue(forKey: id) {
            recipients -= entry.message.recipients.count
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
