/// What the schedule keeps of a message.
struct ScheduledMessage: Sendable {
    let id: QueueID
    /// Microseconds since 1970.
    var arrival: Int64
    /// By the monotonic clock.
    var inserted: Int64
    /// By the wall clock of that moment.
    var ageAtInsertion: Int64
    var firstGroup: Int32 = -1
    var groups: Int32 = 0
    var waiting: Int32 = 0
    var inFlight: Int32 = 0
    var isHeld = false
    var isRemoved = false
    var isFromNobody: Bool
    /// Came while this schedule ran, not from a scan.
    var isFresh: Bool

    /// How old the message is by the clock that says less: the wall clock may have been set since, forward or back, or may
    /// have been wrong when the message was inserted. Never less than the time that the schedule has known it.
    func age(_ now: ScheduleInstant) -> Int64 {
        let known = max(now.monotonic.saturatingSubtract(inserted), 0)
        let byWallClock = now.wall.saturatingSubtract(arrival)
        return max(known, min(byWallClock, known.saturatingAdd(ageAtInsertion)))
    }

    /// How long it may still wait; 0 when its time is over.
    ///
    /// - Parameter grace: for a message from before the start, whose age only the wall clock tells: it lives this long
    ///   after the start at least, so that a clock that is wrong at boot, or a machine that was off, bounces nothing at once.
    func remainingLife(_ lifetime: Int64, grace: Int64, _ now: ScheduleInstant) -> Int64 {
        let rest = lifetime.saturatingSubtract(age(now))
        guard !isFresh else { return max(rest, 0) }
        return max(rest, min(lifetime, grace) - max(now.monotonic.saturatingSubtract(inserted), 0), 0)
    }
}

extension Int64 {
    func saturatingSubtract(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }

    func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
