package import MailModel

/// Mail that leaves for other hosts: next hops, how they are spoken to, times of the queue.
package struct OutgoingModel: Sendable {
    /// Where mail waits; ours alone, never another program's `queue_directory`.
    package var queueDirectory: Located<String>?
    /// queue_minfree: so many octets stay free where mail waits.
    package var minimumFreeSpace: Located<UInt64>?
    /// relayhost: `[smarthost.example.org]:587`.
    package var relayHost: Located<String>?
    /// sender_dependent_default_transport_maps.
    package var senderTransports: [TableModel] = []
    /// sender_dependent_relayhost_maps.
    package var senderRelayHosts: [TableModel] = []
    /// How other hosts are spoken to.
    package var client = OutgoingClientModel()
    /// Transports with options of their own, which transport tables name: the smtp and lmtp services of master.cf.
    package var transports: [OutgoingTransportModel] = []
    /// default_destination_concurrency_limit and its kin.
    package var limits = DestinationLimitsModel()
    /// maximal_queue_lifetime, bounce_queue_lifetime.
    package var lifetime: Located<Duration>?
    package var bounceLifetime: Located<Duration>?
    /// delay_warning_time; zero for no notice.
    package var delayWarning: Located<Duration>?
    /// minimal_backoff_time, maximal_backoff_time.
    package var minimalBackoff: Located<Duration>?
    package var maximalBackoff: Located<Duration>?
    /// bounce_size_limit in octets.
    package var bounceSize: Located<UInt64>?
    /// 2bounce_notice_recipient: who is told what no sender can be told; the postmaster where it is left out.
    package var noticeRecipient: Located<EmailAddress>?
    /// notify_classes with 2bounce: whether anybody is told of that.
    package var tellsPostmaster: Located<Bool>?
    /// Policies of MTA-STS (RFC 8461) are asked for.
    package var asksForSTS: Located<Bool>?
    /// Senders of mail that is sent on are rewritten.
    package var srs: SRSModel?

    package init() {}
}

/// A transport with options of its own. What they leave open is as in the site's.
package struct OutgoingTransportModel: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case smtp, lmtp
    }

    /// As transport tables spell it. `lmtp` stands for all LMTP that no other transport speaks.
    package var name: Located<String>
    package var kind: Kind
    package var client: OutgoingClientModel
    package var limits: DestinationLimitsModel

    package init(
        name: Located<String>, kind: Kind, client: OutgoingClientModel = OutgoingClientModel(),
        limits: DestinationLimitsModel = DestinationLimitsModel()
    ) {
        self.name = name
        self.kind = kind
        self.client = client
        self.limits = limits
    }
}

/// How much one destination is given at once.
package struct DestinationLimitsModel: Sendable {
    /// initial_destination_concurrency.
    package var initialConcurrency: Located<Int>?
    /// default_destination_concurrency_limit, TRANSPORT_destination_concurrency_limit.
    package var concurrency: Located<Int>?
    /// default_destination_recipient_limit, TRANSPORT_destination_recipient_limit.
    package var recipients: Located<Int>?
    /// default_destination_rate_delay, TRANSPORT_destination_rate_delay.
    package var rateDelay: Located<Duration>?

    package init() {}

    package var isEmpty: Bool {
        initialConcurrency == nil && concurrency == nil && recipients == nil && rateDelay == nil
    }
}

/// SRS, the Sender Rewriting Scheme.
package struct SRSModel: Sendable {
    /// The domain of rewritten senders.
    package var domain: Located<String>
    /// A file of secrets, one in a line: the first signs, the others are still recognised.
    package var secretFile: Located<String>
    /// Whether the file is made where it is missing.
    package var makesSecret = false
    /// Secrets that another program's environment gives, in place of the file. Never written out.
    package var givenSecrets: [[UInt8]] = []
    /// Senders of these domains stay as they are, besides our own; `.example.org` stands for what is below it.
    package var excludedDomains: [Located<String>] = []
    /// `=`, `+` or `-`, behind `SRS0`.
    package var separator: Located<String>?
    /// Characters of the hash.
    package var hashLength: Located<Int>?
    /// How long a rewritten address takes bounces.
    package var validDays: Located<Int>?

    package init(domain: Located<String>, secretFile: Located<String>) {
        self.domain = domain
        self.secretFile = secretFile
    }
}
