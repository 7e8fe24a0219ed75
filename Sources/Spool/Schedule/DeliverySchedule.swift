import MailModel

/// What to try next: a value without clock or I/O.
///
/// Mail for one destination shares its fate. A destination is given more jobs at once while it takes them and fewer when it
/// can't be spoken with; when it is dead its mail waits for one probe at a time, whose success sets free all that waits. Free places go round the
/// destinations, to new mail and to mail that was tried before in turn, and neither of these can take all of them; nor can
/// any number of busy destinations, since one may have at most three times as many jobs as places are left.
///
/// A recipient is tried again after as long as its message is old, within the bounds of `ScheduleOptions`, plus up to an
/// eighth; earlier only where a destination came back to life. Its last attempt falls on the end of the message's lifetime.
package struct DeliverySchedule: Sendable {
    var options: ScheduleOptions
    var minimalBackoff: Int64 = 0
    var maximalBackoff: Int64 = 0
    var random: UInt64

    var places: [QueueID: Int32] = [:]
    var messages = SlotTable<ScheduledMessage?>()
    var groups = SlotTable<RecipientGroup>()
    var destinationPlaces: [DestinationKey: Int32] = [:]
    var destinationTable = SlotTable<ScheduledDestination?>()
    /// What the last contact with a destination failed with, by its place; most have nothing here.
    var contactFailures: [Int32: (reply: SMTPReply?, host: String?)] = [:]

    /// Groups that are deferred, by when they are tried again.
    var deferred = TimerHeap()
    /// Destinations that are dead, by when they may be probed, and those between two jobs.
    var resting = TimerHeap()
    /// Messages, by when a delay is to be reported or their lifetime ends.
    var deadlines = TimerHeap()

    var running: [UInt64: RunningJob] = [:]
    var lastJob: UInt64 = 0
    var mailboxJobs = 0
    var jobsByClass = [0, 0]
    /// New mail for other hosts, mail for other hosts tried before, and the same for mailboxes.
    var rings = [DestinationRing](repeating: DestinationRing(), count: 4)
    var turn = 0
    package var counts = ScheduleCounts()

    struct RunningJob: Sendable {
        var group: Int32
        var mailClass: ScheduleClass
    }

    /// How long mail from before the start is kept trying at least.
    static let graceAfterStart: Int64 = 3600 * 1_000_000

    /// - Parameter seed: of the jitter: the same calls give the same times.
    package init(_ options: ScheduleOptions, seed: UInt64) {
        self.options = options
        random = seed
        take(options)
    }

    /// After a reload. Attempts that are planned stay planned, and jobs that run go on.
    package mutating func change(_ options: ScheduleOptions, now: ScheduleInstant) {
        take(options)
        for place in 0..<destinationTable.end {
            guard var destination = destinationTable[place] else { continue }
            destination.limits = limits(of: destination.key)
            destination.concurrency = min(destination.concurrency, destination.limits.concurrency)
            destinationTable[place] = destination
            updateRings(place)
        }
        for place in 0..<messages.end { setDeadline(place, now) }
    }

    private mutating func take(_ options: ScheduleOptions) {
        self.options = options
        // A wait of nothing would be a loop of attempts.
        minimalBackoff = max(options.minimalBackoff.microseconds, 1_000_000)
        maximalBackoff = max(options.maximalBackoff.microseconds, minimalBackoff)
    }

    func limits(of key: DestinationKey) -> DestinationLimits {
        let limits =
            if key.isMailbox {
                DestinationLimits(
                    initialConcurrency: options.concurrencyPerMailbox, concurrency: options.concurrencyPerMailbox,
                    recipientsPerJob: 1)
            } else {
                key.name.flatMap { options.overrides[$0] }
                    ?? key.transport.flatMap { options.transportLimits[$0] } ?? options.limits
            }
        let concurrency = limits.rateDelay > .zero ? 1 : max(limits.concurrency, 1)
        return DestinationLimits(
            initialConcurrency: min(max(limits.initialConcurrency, 1), concurrency), concurrency: concurrency,
            recipientsPerJob: max(limits.recipientsPerJob, 1), rateDelay: limits.rateDelay)
    }

    /// SplitMix64.
    mutating func nextRandom() -> UInt64 {
        random &+= 0x9E37_79B9_7F4A_7C15
        var mixed = random
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// `wait` and up to an eighth more, so that what failed together does not come back together.
    mutating func jittered(_ wait: Int64) -> Int64 {
        wait + Int64(nextRandom() % UInt64(max(wait / 8, 0) + 1))
    }

    func lifetime(of message: ScheduledMessage) -> Int64 {
        max((message.isFromNobody ? options.bounceLifetime : options.lifetime).microseconds, 0)
    }

    func remainingLife(of message: ScheduledMessage, _ now: ScheduleInstant) -> Int64 {
        message.remainingLife(lifetime(of: message), grace: Self.graceAfterStart, now)
    }
}
