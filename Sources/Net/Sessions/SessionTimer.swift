import NIOCore

/// The one timer of a connection. Its deadline may move with every line; the scheduled task behind it is touched only
/// when it fires or when the deadline comes nearer, so that a busy session schedules nothing.
struct SessionTimer {
    private var scheduled: Scheduled<Void>?
    private var scheduledFor: NIODeadline = .distantFuture

    /// Whether nothing fires at `deadline` or before.
    func isLate(for deadline: NIODeadline) -> Bool { deadline < scheduledFor }

    /// `fire` runs on the event loop, at the latest at `deadline`; it looks at the clock itself.
    mutating func schedule(at deadline: NIODeadline, on eventLoop: any EventLoop, _ fire: @escaping () -> Void) {
        scheduled?.cancel()
        scheduledFor = deadline
        scheduled = eventLoop.assumeIsolated().scheduleTask(deadline: deadline, fire)
    }

    mutating func fired() {
        scheduled = nil
        scheduledFor = .distantFuture
    }

    mutating func cancel() {
        scheduled?.cancel()
        fired()
    }
}
