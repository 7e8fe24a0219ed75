/// Mail that was never tried, and mail that was: neither may hold up the other.
enum ScheduleClass: Int, CaseIterable, Sendable {
    case fresh
    case retry

    var list: WritableKeyPath<ScheduledDestination, GroupList> {
        switch self {
        case .fresh: \.fresh
        case .retry: \.retry
        }
    }

    var link: WritableKeyPath<ScheduledDestination, RingLink> {
        switch self {
        case .fresh: \.freshRing
        case .retry: \.retryRing
        }
    }

    var state: RecipientGroup.State {
        switch self {
        case .fresh: .fresh
        case .retry: .retry
        }
    }
}
