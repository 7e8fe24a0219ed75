package import MailModel

/// How a site's copies look, and what is said of those that can't be made.
package struct DeliveryOptions: Hashable, Sendable {
    package enum RecipientHeaders: Hashable, Sendable {
        /// `X-Original-To` and `Delivered-To` only in a message with one destination: several share one file.
        case whenAlone
        /// In every copy, as Postfix's virtual(8) does; no two copies can be one file.
        case always
    }

    package var recipientHeaders: RecipientHeaders
    /// What a client is told of a mailbox that has no room for its message.
    package var fullMailbox: SMTPReply

    package init(
        recipientHeaders: RecipientHeaders = .whenAlone, fullMailbox: SMTPReply = MailboxFailure.fullMailboxReply
    ) {
        self.recipientHeaders = recipientHeaders
        self.fullMailbox = fullMailbox
    }
}
