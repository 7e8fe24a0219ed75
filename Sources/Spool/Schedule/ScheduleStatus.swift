package import MailModel

/// Where one message stands, for `queue list`.
package struct ScheduledMessageStatus: Hashable, Sendable {
    /// Recipients not in flight.
    package var waiting: Int
    package var inFlight: Int
    package var isHeld: Bool
    /// Something of it waits only for a free place, or for its destination.
    package var isReady = false
    /// The earliest attempt that has its time, by the monotonic clock.
    package var nextAttempt: Int64?
}

/// Where one destination stands, for `queue list` and metrics.
package struct DestinationStatus: Hashable, Sendable {
    package var way: QueuedWay
    package var waitingRecipients = 0
    package var recipientsInFlight = 0
    package var jobs = 0
    /// Jobs that it may have at once now.
    package var concurrency: Int
    /// By the monotonic clock: nil unless the destination is dead.
    package var deadUntil: Int64?
    package var lastFailure: SMTPReply?
    package var lastFailureHost: String?
}

/// Recipients of all messages by state.
package struct ScheduleCounts: Hashable, Sendable {
    package var messages = 0
    /// For their time, after an attempt that failed.
    package var deferred = 0
    /// For a free place, or for a destination that is dead.
    package var ready = 0
    package var inFlight = 0
    package var held = 0
}

/// Which waiting mail is meant.
package enum ScheduleSelection: Hashable, Sendable {
    case all
    case message(QueueID)
    case way(QueuedWay)
    /// Mailboxes in the domain, and mail for its mail exchangers or for a next hop of that name.
    case domain(Domain)
}
