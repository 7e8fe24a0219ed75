package import MailModel

/// What to try now: recipients of one message that go the same way, in one transaction.
package struct DeliveryJob: Hashable, Sendable {
    /// Of this job alone, for as long as the schedule lives.
    package let number: UInt64
    package let message: QueueID
    /// Where a next hop is named, the domain is that of some recipient for the same next hop.
    package let way: QueuedWay
    /// Places in the message's recipients, rising; never empty.
    package let recipients: [Int]
    /// 1 for the first; the highest among the recipients.
    package let attempt: UInt32
    /// The one attempt that a dead destination gets before it is given more.
    package let isProbe: Bool
}

/// What became of one recipient of a job.
package enum RecipientResult: Hashable, Sendable {
    case delivered(SMTPReply, host: String? = nil)
    case deferred(SMTPReply, host: String?)
    /// The directory does not tell now where the recipient is: it waits on, however old the message is. An outage bounces
    /// nothing.
    case unresolved(SMTPReply)
    case failed(SMTPReply, host: String?)
    /// Resolved anew, to another way for the same final address: nothing was tried.
    case moved(to: QueuedWay, EmailAddress)
    /// Became others, which `finish` is told of: nothing was tried.
    case expanded
}

/// What a job showed of its destination, whatever became of the message.
package enum DestinationContact: Hashable, Sendable {
    /// The next hop took part in a transaction, or the mailbox in a delivery.
    case reached
    /// No host of the destination could be spoken with: no address, no connection, no greeting, no session.
    case unreachable
    /// It was not asked: the cause lies here.
    case notTried
}

/// What to write down, and whom to tell.
package enum ScheduleDecision: Hashable, Sendable {
    /// Why a recipient is given up.
    package enum Failure: Hashable, Sendable {
        /// The reply is final.
        case refused
        /// The reply would allow another attempt, but the message's time is over.
        case expired
    }

    case delivered(QueueID, recipient: Int, SMTPReply, host: String? = nil)
    /// The new state of a recipient that waits on.
    case retry(QueueID, recipient: Int, QueuedAttempts)
    case move(QueueID, recipient: Int, to: QueuedWay)
    /// It was written down before.
    case expanded(QueueID, recipient: Int)
    /// A nil reply stands for the one last written down for the recipient.
    case fail(QueueID, recipient: Int, SMTPReply?, host: String?, Failure)
    /// Comes once for a recipient, and only if NOTIFY allows it and the sender is not `<>`. It has to be written down with
    /// `isDelayReported`; behind a `retry` for the same recipient it already is part of that.
    case reportDelay(QueueID, recipient: Int, SMTPReply?, host: String?)
    /// No recipient waits any more. The last decision on a message.
    case messageIsDone(QueueID)
}
