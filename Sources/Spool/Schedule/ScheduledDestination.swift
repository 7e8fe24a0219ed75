import MailModel

/// What shares the fate of a next hop.
enum DestinationKey: Hashable, Sendable {
    /// One mailbox each: a broken one holds up no other.
    case mailbox(EmailAddress)
    /// Whatever the directory has to tell first.
    case unresolved
    case exchangers(RemoteDestination.Transport, Domain)
    /// Whatever the domain: all mail for a relay host is one destination.
    case nextHop(RemoteDestination.Transport, String)

    init(_ way: QueuedWay, _ address: EmailAddress) {
        switch way {
        case .mailbox: self = .mailbox(address)
        case .unresolved: self = .unresolved
        case .remote(let transport, nil, let domain): self = .exchangers(transport, domain)
        case .remote(let transport, let nextHop?, _): self = .nextHop(transport, nextHop)
        }
    }

    /// Nil for mailboxes, which are many for one way.
    init?(_ way: QueuedWay) {
        switch way {
        case .mailbox: return nil
        case .unresolved: self = .unresolved
        case .remote(let transport, nil, let domain): self = .exchangers(transport, domain)
        case .remote(let transport, let nextHop?, _): self = .nextHop(transport, nextHop)
        }
    }

    var isMailbox: Bool {
        if case .mailbox = self { true } else { false }
    }

    /// By what `overrides` name it.
    var name: String? {
        switch self {
        case .mailbox, .unresolved: nil
        case .exchangers(_, let domain): domain.description
        case .nextHop(_, let nextHop): nextHop
        }
    }

    /// By what `transportLimits` name its transport.
    var transport: String? {
        switch self {
        case .mailbox, .unresolved: nil
        case .exchangers(let transport, _), .nextHop(let transport, _): transport.spelling
        }
    }

    func isIn(_ domain: Domain) -> Bool {
        switch self {
        case .mailbox(let address): address.domain == domain
        case .unresolved: false
        case .exchangers(_, let own): own == domain
        case .nextHop(_, let nextHop): Domain(nextHop) == domain
        }
    }
}

/// A destination of waiting mail, and what is known of it.
///
/// `concurrency` is Postfix's window (SCHEDULER_README): one more for each job that reached it, one less for each that did
/// not, and after as many failures in a row as there were jobs at once ("one failed cohort") the destination is dead.
struct ScheduledDestination: Sendable {
    let key: DestinationKey
    let way: QueuedWay
    var limits: DestinationLimits
    var concurrency: Int
    var jobs = 0
    var waitingRecipients = 0
    var recipientsInFlight = 0
    var groups: Int32 = 0
    /// New mail, mail tried before whose time has come, and mail deferred because nobody could be spoken with.
    var fresh = GroupList()
    var retry = GroupList()
    var stalled = GroupList()
    /// Failures since the last success, each as a share of the jobs that were allowed.
    var failedCohorts = 0.0
    /// By the monotonic clock: nil while it lives.
    var deadUntil: Int64?
    var lastContactFailure: Int64 = 0
    /// Contacts that failed in a row, the one that declared it dead and probes since.
    var deaths = 0
    /// Dead, but its time has come.
    var mayBeProbed = false
    /// Between two jobs, where `rateDelay` asks for it.
    var isPaused = false
    var freshRing = RingLink()
    var retryRing = RingLink()

    var isDead: Bool { deadUntil != nil }

    var mayStartJob: Bool {
        isDead ? mayBeProbed && jobs == 0 : jobs < concurrency && !isPaused
    }
}

/// The place of a destination among those that could start a job.
struct RingLink: Sendable {
    var next: Int32 = -1
    var previous: Int32 = -1
    var isLinked = false
}

/// Destinations that could start a job, each in its turn.
struct DestinationRing: Sendable {
    var first: Int32 = -1
    var last: Int32 = -1
    var count = 0
}
