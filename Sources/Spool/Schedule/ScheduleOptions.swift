/// How often and how hard waiting mail is tried; the names in comments are Postfix's.
package struct ScheduleOptions: Hashable, Sendable {
    /// `minimal_backoff_time`: no recipient is tried again sooner, and a dead destination not probed sooner.
    package var minimalBackoff: Duration
    /// `maximal_backoff_time`: as long as a wait grows, but for an eighth of jitter.
    package var maximalBackoff: Duration
    /// `maximal_queue_lifetime`; zero for one attempt.
    package var lifetime: Duration
    /// `bounce_queue_lifetime`: for mail from `<>`.
    package var bounceLifetime: Duration
    /// `delay_warning_time`; nil for no report of a delay.
    package var delayWarning: Duration?
    /// What each destination may take, unless `overrides` says otherwise.
    package var limits: DestinationLimits
    /// By what a way names: the next hop where it has one, else the domain.
    package var overrides: [String: DestinationLimits]
    /// `TRANSPORT_destination_concurrency_limit` and its kin, by the transport's name.
    package var transportLimits: [String: DestinationLimits] = [:]
    /// Jobs at once for one mailbox of this machine (`local_destination_concurrency_limit`).
    package var concurrencyPerMailbox: Int
    /// Jobs at once for all mailboxes of this machine: a file system that hangs holds no more than these.
    package var mailboxJobs: Int
    /// Jobs at once altogether (`default_process_limit`).
    package var jobs: Int

    package init(
        minimalBackoff: Duration = .seconds(300), maximalBackoff: Duration = .seconds(4000),
        lifetime: Duration = .seconds(5 * 86400), bounceLifetime: Duration = .seconds(5 * 86400),
        delayWarning: Duration? = nil, limits: DestinationLimits = DestinationLimits(),
        overrides: [String: DestinationLimits] = [:], concurrencyPerMailbox: Int = 2, mailboxJobs: Int = 20,
        jobs: Int = 100
    ) {
        self.minimalBackoff = minimalBackoff
        self.maximalBackoff = maximalBackoff
        self.lifetime = lifetime
        self.bounceLifetime = bounceLifetime
        self.delayWarning = delayWarning
        self.limits = limits
        self.overrides = overrides
        self.concurrencyPerMailbox = concurrencyPerMailbox
        self.mailboxJobs = mailboxJobs
        self.jobs = jobs
    }
}

/// How much one destination is given at once.
package struct DestinationLimits: Hashable, Sendable {
    /// `initial_destination_concurrency`: jobs at once before anything is known of a destination.
    package var initialConcurrency: Int
    /// `default_destination_concurrency_limit`: as far as that grows.
    package var concurrency: Int
    /// `default_destination_recipient_limit`: recipients of one message in one job.
    package var recipientsPerJob: Int
    /// `default_destination_rate_delay`: from the end of a job to the start of the next; above zero, one job at a time.
    package var rateDelay: Duration

    package init(
        initialConcurrency: Int = 5, concurrency: Int = 20, recipientsPerJob: Int = 50, rateDelay: Duration = .zero
    ) {
        self.initialConcurrency = initialConcurrency
        self.concurrency = concurrency
        self.recipientsPerJob = recipientsPerJob
        self.rateDelay = rateDelay
    }
}
