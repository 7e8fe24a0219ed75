package import MailModel

/// What the quotas of all accounts have in common.
package struct QuotaModel: Sendable {
    /// What is said at RCPT, and after DATA, for a mailbox without room.
    package enum FullMailbox: String, CaseIterable, Sendable {
        /// 452 4.2.2: the sender tries again.
        case `defer`
        /// 552 5.2.2: the sender is told at once.
        case refuse
    }

    package var sizes: Located<QuotaTerms.Sizes>?
    /// Whether messages marked as deleted count.
    package var countsDeleted: Located<Bool>?
    /// `10%`, `50M`.
    package var grace: Located<String>?
    /// The largest message that a mailbox takes.
    package var messageSize: Located<UInt64>?
    package var fullMailbox: Located<FullMailbox>?
    /// The text behind the codes.
    package var message: Located<String>?
    /// `storage=95%`, `-storage=100%`.
    package var warnings: [Located<String>] = []

    package init() {}

    /// In SMTP.
    package var fullMailboxReply: SMTPReply {
        let text = message?.value ?? "Mailbox is full"
        return switch fullMailbox?.value ?? .defer {
        case .defer: SMTPReply(452, EnhancedStatusCode(4, 2, 2), text)
        case .refuse: SMTPReply(552, EnhancedStatusCode(5, 2, 2), text)
        }
    }
}
