/// How STORE changes flags (RFC 3501 §6.4.6).
package struct FlagChange: Hashable, Sendable {
    package enum Operation: Hashable, Sendable {
        case replace
        case add
        case remove
    }

    package var operation: Operation
    /// System flags only.
    package var flags: MessageFlags
    package var keywords: [String]

    package init(_ operation: Operation, flags: MessageFlags, keywords: [String] = []) {
        self.operation = operation
        self.flags = flags
        self.keywords = keywords
    }
}

/// What became of a STORE with UNCHANGEDSINCE (RFC 7162 §3.1.3).
package struct ConditionalChange: Sendable {
    /// The view after it.
    package var view: MailboxView
    /// The UIDs, ascending, of messages that were left as they are because they had changed since.
    package var refused: [UInt32]

    package init(view: MailboxView, refused: [UInt32]) {
        self.view = view
        self.refused = refused
    }
}

/// What COPYUID and APPENDUID tell (RFC 4315).
package struct CopiedMessages: Hashable, Sendable {
    package var uidValidity: UInt32
    /// Pairs of the same order: message `sourceUIDs[n]` became `destinationUIDs[n]`. Empty sources for APPEND.
    package var sourceUIDs: [UInt32]
    package var destinationUIDs: [UInt32]
    /// With them the account holds more than it should, though none was refused (RFC 9208 §4.3.1: a soft quota).
    package var exceedsQuota = false

    package init(uidValidity: UInt32, sourceUIDs: [UInt32], destinationUIDs: [UInt32]) {
        self.uidValidity = uidValidity
        self.sourceUIDs = sourceUIDs
        self.destinationUIDs = destinationUIDs
    }
}

/// STATUS (RFC 3501 §6.3.10), all of it: a mailbox's view gives them together.
package struct MailboxStatus: Hashable, Sendable {
    package var messages: Int
    package var recent: Int
    package var unseen: Int
    package var uidNext: UInt32
    package var uidValidity: UInt32
    package var highestModSeq: UInt64
    /// Messages with `\Deleted`, and how many octets EXPUNGE would free (RFC 9208 §4.1.4).
    package var deleted: Int
    package var deletedStorage: UInt64
    /// As `MailboxView.identity`.
    package var identity: [UInt8]
    /// RFC 8438: all messages together, in octets; nil unless it was asked for.
    package var size: UInt64?

    package init(
        messages: Int, recent: Int, unseen: Int, uidNext: UInt32, uidValidity: UInt32, highestModSeq: UInt64,
        deleted: Int = 0, deletedStorage: UInt64 = 0, identity: [UInt8] = []
    ) {
        self.messages = messages
        self.recent = recent
        self.unseen = unseen
        self.uidNext = uidNext
        self.uidValidity = uidValidity
        self.highestModSeq = highestModSeq
        self.deleted = deleted
        self.identity = identity
        self.deletedStorage = deletedStorage
    }
}
