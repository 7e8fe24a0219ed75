/// One mailbox at one moment: every message's UID, flags and modification sequence, shared by all sessions that have
/// the mailbox open (an immutable value whose arrays are shared, so that a thousand idle sessions cost one).
///
/// The arrays run in parallel, in ascending UID order; index + 1 is the message sequence number of a session that
/// has seen this very view.
package struct MailboxView: Sendable {
    package var uidValidity: UInt32
    package var uidNext: UInt32
    package var highestModSeq: UInt64
    /// Names of the mailbox's keywords; a keyword's place is its bit in `MessageFlags`.
    package var keywords: [String]
    package var uids: [UInt32]
    package var flags: [MessageFlags]
    package var modSeqs: [UInt64]
    /// Messages with a UID at or above this one have not yet been shown to any session as recent.
    package var firstRecentUID: UInt32
    /// Counts every change of the view, so that two can be compared at no cost.
    package var generation: UInt64
    /// Which messages went, for clients that come back (RFC 7162).
    package var expunged: ExpungedMessages
    /// The mailbox's own identity, whatever its name: MAILBOXID without its prefix (RFC 8474). Empty if the store has none.
    package var identity: [UInt8]

    package init(
        uidValidity: UInt32, uidNext: UInt32, highestModSeq: UInt64 = 1, keywords: [String] = [], uids: [UInt32] = [],
        flags: [MessageFlags] = [], modSeqs: [UInt64] = [], firstRecentUID: UInt32 = 1, generation: UInt64 = 0,
        expunged: ExpungedMessages = ExpungedMessages(floor: .max), identity: [UInt8] = []
    ) {
        self.uidValidity = uidValidity
        self.uidNext = uidNext
        self.highestModSeq = highestModSeq
        self.keywords = keywords
        self.uids = uids
        self.flags = flags
        self.modSeqs = modSeqs
        self.firstRecentUID = firstRecentUID
        self.generation = generation
        self.expunged = expunged
        self.identity = identity
    }

    package var count: Int { uids.count }

    /// The index of the first message whose UID is `uid` or above (binary search); `count` when there is none.
    package func firstIndex(atOrAbove uid: UInt32) -> Int {
        var low = 0
        var high = uids.count
        while low < high {
            let middle = low + (high - low) / 2
            if uids[middle] < uid { low = middle + 1 } else { high = middle }
        }
        return low
    }

    package func index(of uid: UInt32) -> Int? {
        let index = firstIndex(atOrAbove: uid)
        return index < uids.count && uids[index] == uid ? index : nil
    }
}
