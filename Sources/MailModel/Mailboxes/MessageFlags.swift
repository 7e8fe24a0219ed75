/// The flags of one message: the system flags of RFC 3501 §2.3.2 in the low bits, and up to 56 keywords of the
/// mailbox's own, keyword *n* (its place in `MailboxView.keywords`) in bit *8 + n*.
package struct MessageFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    package static let seen = MessageFlags(rawValue: 1 << 0)
    package static let answered = MessageFlags(rawValue: 1 << 1)
    package static let flagged = MessageFlags(rawValue: 1 << 2)
    package static let deleted = MessageFlags(rawValue: 1 << 3)
    package static let draft = MessageFlags(rawValue: 1 << 4)
    /// Maildir's `P`: resent, forwarded or bounced. Kept, never shown as an IMAP system flag.
    package static let passed = MessageFlags(rawValue: 1 << 5)

    package static let system: MessageFlags = [.seen, .answered, .flagged, .deleted, .draft]
    package static let maximumKeywords = 56

    /// Nil when `index` is outside `0..<maximumKeywords`.
    package static func keyword(_ index: Int) -> MessageFlags? {
        index >= 0 && index < maximumKeywords ? MessageFlags(rawValue: 1 << (8 + UInt64(index))) : nil
    }

    package var keywordIndexes: [Int] {
        (0..<Self.maximumKeywords).filter { rawValue & (1 << (8 + UInt64($0))) != 0 }
    }
}
