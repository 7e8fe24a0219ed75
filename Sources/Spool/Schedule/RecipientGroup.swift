/// One recipient that waits, without its address.
struct WaitingRecipient: Sendable {
    /// In the message's recipients.
    var place: Int32
    var attempts: UInt32
    /// NOTIFY and the sender allow a report of delay, and there was none so far.
    var isDelayReportDue: Bool
    /// Sent on to another way since its last attempt.
    var hasMoved: Bool
}

/// Recipients of one message that share a destination and a time: what a job is made of.
struct RecipientGroup: Sendable {
    enum State: UInt8, Sendable {
        /// For its time.
        case deferred
        /// In its destination's list of new mail, or of mail that was tried before.
        case fresh, retry
        case inFlight
        case held
        /// No group: a place in the table that nothing uses.
        case none
    }

    var message: Int32
    var destination: Int32
    var nextOfMessage: Int32 = -1
    var previousOfMessage: Int32 = -1
    /// In the list of the destination that it is in.
    var next: Int32 = -1
    var previous: Int32 = -1
    var state = State.none
    /// Deferred because nobody could be spoken with, and in its destination's list of such.
    var isStalled = false
    /// Kept here and not in an array of one: most groups have no other.
    var last: WaitingRecipient
    /// The places fall, so that those of the next job are at the end, where removing them is cheap; all are below `last`.
    var others: [WaitingRecipient] = []

    var count: Int { others.count + 1 }

    /// - Parameter recipients: in rising order of place; nil without any.
    init?(message: Int32, destination: Int32, _ recipients: [WaitingRecipient]) {
        guard let last = recipients.last else { return nil }
        self.message = message
        self.destination = destination
        self.last = last
        if recipients.count > 1 { others = recipients.dropLast().reversed() }
    }

    static let empty = RecipientGroup(unused: ())

    private init(unused: Void) {
        message = -1
        destination = -1
        last = WaitingRecipient(place: -1, attempts: 0, isDelayReportDue: false, hasMoved: false)
    }

    /// In rising order of place.
    var recipients: [WaitingRecipient] {
        others.isEmpty ? [last] : others.reversed() + [last]
    }

    /// - Parameter recipients: in rising order of place; without any, nothing changes.
    mutating func replace(with recipients: [WaitingRecipient]) {
        guard let last = recipients.last else { return }
        self.last = last
        others = recipients.dropLast().reversed()
    }

    /// Takes the lowest `count` recipients out; there must be more than that.
    mutating func removeFirst(_ count: Int) -> [WaitingRecipient] {
        let taken = Array(others.suffix(count).reversed())
        others.removeLast(taken.count)
        return taken
    }

    /// As `reportDelay` was decided for every recipient that wants it; gives their places.
    mutating func takeDelayReports() -> [Int] {
        var places: [Int] = []
        for index in others.indices.reversed() where others[index].isDelayReportDue {
            others[index].isDelayReportDue = false
            places.append(Int(others[index].place))
        }
        if last.isDelayReportDue {
            last.isDelayReportDue = false
            places.append(Int(last.place))
        }
        return places
    }
}

/// Groups in the order in which they came, linked through themselves.
struct GroupList: Sendable {
    var first: Int32 = -1
    var last: Int32 = -1

    var isEmpty: Bool { first < 0 }
}
