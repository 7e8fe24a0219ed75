/// What to try next: a value without clock or I/O.
package struct DeliverySchedule: Sendable {
    /// - Parameter seed: of the jitter: the same calls give the same times.
    package init(_ options: ScheduleOptions, seed: UInt64) {}
    /// After a reload. Attempts that are planned stay planned.
    package mutating func change(_ options: ScheduleOptions, now: ScheduleInstant) {}
    /// Takes on the recipients of a message that wait: from its arrival, or from a scan of the spool at start.
    package mutating func insert(_ message: QueuedMessage, now: ScheduleInstant, isFresh: Bool) {}
    /// The next thing to try, in flight from now on; nil when nothing is due or no place is free. Ask until nil.
    package mutating func nextJob(now: ScheduleInstant) -> DeliveryJob? { nil }
    /// Every job ends here. A recipient without a result waits on as it was.
    package mutating func finish(
        _ job: DeliveryJob, _ results: [(recipient: Int, result: RecipientResult)], contact: DestinationContact,
        now: ScheduleInstant
    ) -> [ScheduleDecision] { [] }
    /// Delays to report and lifetimes that ended while mail waited untried, for a dead destination: to be asked at every wake.
    package mutating func overdue(now: ScheduleInstant) -> [ScheduleDecision] { [] }
    /// When to call `nextJob` and `overdue` again, by the monotonic clock, if nothing is inserted or finished before.
    package func nextWake(now: ScheduleInstant) -> Int64? { nil }
    package mutating func hold(_ id: QueueID) {}
    package mutating func release(_ id: QueueID, now: ScheduleInstant) {}
    /// Forgets what waits. What is in flight ends with its job, and the last one's `finish` says `messageIsDone`.
    /// - Returns: whether nothing was in flight: the message is gone now.
    package mutating func remove(_ id: QueueID) -> Bool { true }
    package mutating func flush(_ selection: ScheduleSelection, now: ScheduleInstant) {}
    package mutating func requeue(_ id: QueueID, now: ScheduleInstant) {}
    package var counts: ScheduleCounts { ScheduleCounts() }
    package func status(of id: QueueID) -> ScheduledMessageStatus? { nil }
    package func destination(_ way: QueuedWay) -> DestinationStatus? { nil }
    package var destinations: [DestinationStatus] { [] }
    /// Until when the message is tried, microseconds since 1970: `Will-Retry-Until`.
    package func expiry(of id: QueueID, now: ScheduleInstant) -> Int64? { nil }
}
