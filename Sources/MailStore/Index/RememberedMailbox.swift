import MailModel

/// A mailbox's view as the index has it from before: what clients were told, maybe by an earlier process.
struct RememberedMailbox: Sendable {
    var identity: [UInt8]
    var uidValidity: UInt32
    var highestModSeq: UInt64
    var keywords: [String]
    var uids: [UInt32]
    var flags: [MessageFlags]
    var modSeqs: [UInt64]
    var expunged: ExpungedMessages
    /// Names the writing that left it so.
    var stamp: Int64

    /// As a view that no folder has: its generation is below all.
    var view: MailboxView {
        MailboxView(
            uidValidity: uidValidity, uidNext: 1, highestModSeq: highestModSeq, keywords: keywords, uids: uids,
            flags: flags, modSeqs: modSeqs, expunged: expunged, identity: identity)
    }
}

/// Which columns a FETCH needs of what is kept of a message.
struct DigestColumns: OptionSet, Hashable, Sendable {
    let rawValue: UInt8

    static let summary = DigestColumns(rawValue: 1)
    static let outline = DigestColumns(rawValue: 2)
    static let preview = DigestColumns(rawValue: 4)
}
