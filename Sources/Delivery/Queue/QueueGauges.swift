import Metrics
import Spool

/// How full the queue is, for metrics.
struct QueueGauges: Sendable {
    private let messages = Gauge(label: "mail_queue_messages")
    private let deferred = Gauge(label: "mail_queue_recipients", dimensions: [("state", "deferred")])
    private let ready = Gauge(label: "mail_queue_recipients", dimensions: [("state", "ready")])
    private let inFlight = Gauge(label: "mail_queue_recipients", dimensions: [("state", "in_flight")])
    private let held = Gauge(label: "mail_queue_recipients", dimensions: [("state", "held")])
    private let oldest = Gauge(label: "mail_queue_oldest_seconds")

    /// - Parameter oldestArrival: microseconds since 1970; nil where nothing waits.
    func record(_ counts: ScheduleCounts, oldestArrival: Int64?, now: Int64) {
        messages.record(counts.messages)
        deferred.record(counts.deferred)
        ready.record(counts.ready)
        inFlight.record(counts.inFlight)
        held.record(counts.held)
        oldest.record(oldestArrival.map { max(0, now &- $0) / 1_000_000 } ?? 0)
    }
}
