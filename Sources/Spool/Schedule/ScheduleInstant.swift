/// A moment by both clocks, read by the caller at once.
///
/// Intervals are measured by the first and dates by the second, so that a wall clock that is set neither loses a timer nor
/// ends a message's life. The first should count while the machine sleeps (CLOCK_BOOTTIME).
package struct ScheduleInstant: Hashable, Sendable {
    /// Microseconds of a clock that nobody sets.
    package var monotonic: Int64
    /// Microseconds since 1970.
    package var wall: Int64

    package init(monotonic: Int64, wall: Int64) {
        self.monotonic = monotonic
        self.wall = wall
    }
}

extension Duration {
    /// Whole microseconds, at most about 3000 years, so that sums of a few never overflow.
    package var microseconds: Int64 {
        let (seconds, attoseconds) = components
        let bounded = min(max(seconds, -100_000_000_000), 100_000_000_000)
        return bounded * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
