/// How much may happen within a time.
package struct RateLimit: Hashable, Sendable {
    package var count: Int
    package var interval: Duration

    package init(_ count: Int, per interval: Duration) {
        self.count = min(max(count, 0), 1 << 40)
        self.interval = max(interval, .seconds(1))
    }
}

/// Counts events by key over a sliding window, in bounded memory: a window is eight slots, of which the oldest drops out as
/// time goes on: what is counted is what happened in the last window, or in the last seven eighths of it.
package struct RateCounter<Key: Hashable & Sendable>: Sendable {
    package typealias Instant = ContinuousClock.Instant

    package enum Admission: Hashable, Sendable {
        case admitted
        /// What stands in the way is forgotten after this time.
        case refused(retryAfter: Duration)
    }

    private struct Record: Sendable {
        /// The slot of time that the newest count is of.
        var slot: Int64
        /// Counts of the slots, the newest first.
        var counts: [Int]
    }

    private static var slots: Int { 8 }
    private let epoch: Instant
    private let capacity: Int
    private var records: [Key: Record] = [:]

    /// - Parameter capacity: keys that are remembered; when there are more, the quietest are forgotten.
    package init(capacity: Int = 65_536, epoch: Instant = .now) {
        self.capacity = max(capacity, 2)
        self.epoch = epoch
    }

    package var count: Int { records.count }

    /// Whether `amount` more events may happen; counts them when they may.
    package mutating func admit(
        _ key: Key, count amount: Int = 1, _ limit: RateLimit, at now: Instant
    ) -> Admission {
        let amount = min(max(amount, 0), 1 << 40)
        let width = width(limit)
        let slot = slot(now, width)
        var record = current(records[key], slot)
        let total = record.counts.reduce(0, +)
        guard amount <= limit.count, total <= limit.count - amount else {
            return .refused(retryAfter: wait(record, excess: total - (limit.count - amount), slot, width, now))
        }
        record.counts[0] += amount
        if records[key] == nil { makeRoom() }
        records[key] = record
        return .admitted
    }

    /// Whether `amount` more would be admitted; counts nothing.
    package func wouldAdmit(_ key: Key, count amount: Int = 1, _ limit: RateLimit, at now: Instant) -> Admission {
        var copy = RateCounter(capacity: 2, epoch: epoch)
        copy.records[key] = records[key]
        return copy.admit(key, count: amount, limit, at: now)
    }

    /// How long until enough has dropped out; the whole window for what can never be admitted.
    private func wait(_ record: Record, excess: Int, _ slot: Int64, _ width: Duration, _ now: Instant) -> Duration {
        var rest = excess
        for age in record.counts.indices.reversed() {
            rest -= record.counts[age]
            guard rest <= 0 else { continue }
            // The slot drops out when the window has moved past it.
            let steps = Self.slots - age
            let end = epoch + width * Int(clamping: slot &+ Int64(steps))
            return max(now.duration(to: end), .seconds(1))
        }
        return width * Self.slots
    }

    private func width(_ limit: RateLimit) -> Duration { limit.interval / Self.slots }

    private func slot(_ now: Instant, _ width: Duration) -> Int64 {
        let elapsed = max(epoch.duration(to: now), .zero)
        let slot = elapsed / width
        return slot.isFinite && slot < 9e18 ? Int64(slot) : 0
    }

    private func current(_ record: Record?, _ slot: Int64) -> Record {
        let empty = Record(slot: slot, counts: Array(repeating: 0, count: Self.slots))
        guard let record, slot >= record.slot else {
            return record.map { Record(slot: slot, counts: $0.counts) } ?? empty
        }
        let age = slot - record.slot
        guard age < Int64(Self.slots) else { return empty }
        let kept = record.counts.dropLast(Int(age))
        return Record(slot: slot, counts: Array(repeating: 0, count: Int(age)) + kept)
    }

    /// Those who did least go: who sends much is who has to be remembered.
    private mutating func makeRoom() {
        guard records.count >= capacity else { return }
        let kept = records.sorted { $0.value.counts.reduce(0, +) > $1.value.counts.reduce(0, +) }.prefix(capacity / 2)
        records = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}
