import MailModel
import Spool

/// What came of a message's recipients and is not written down yet, because somebody has to be told first: one report tells
/// of all recipients that failed together.
struct PendingNotices: Sendable {
    /// What one report is about.
    enum Kind: CaseIterable, Sendable {
        case failed
        case delayed
        case delivered

        var event: DeliveryNotice.Event {
            switch self {
            case .failed: .failed
            case .delayed: .delayed
            case .delivered: .delivered
            }
        }
    }

    struct Notice: Hashable, Sendable {
        var recipient: Int
        /// Nil stands for the last one written down.
        var reply: SMTPReply?
        var host: String?
    }

    var failed: [Notice] = []
    var expired: [Notice] = []
    var delayed: [Notice] = []
    /// Handed over to a mailbox, or to a next hop that will not tell of success itself.
    var delivered: [Notice] = []
    var relayed: [Notice] = []
    /// Became several.
    var expanded: [Notice] = []
    /// Everybody was told of these, and it has to be written down: recipients given up, recipients that are late, and
    /// recipients that have it or became others.
    var givenUp: [Int] = []
    var late: [Int] = []
    var reached: [Int] = []
    var replaced: [Int] = []
    /// No recipient waits any more.
    var isDone = false

    init() {}

    /// What a message's sender was not told yet of recipients that have it.
    init(untoldOf message: QueuedMessage) {
        for (place, recipient) in message.recipients.enumerated() {
            if case .untold(let success) = recipient.state { add(success, of: place) }
        }
    }

    /// Whether nobody is left to be told.
    var isSilent: Bool {
        failed.isEmpty && expired.isEmpty && delayed.isEmpty && delivered.isEmpty && relayed.isEmpty
            && expanded.isEmpty
    }

    /// Whether nothing is left to be done.
    var isEmpty: Bool {
        isSilent && givenUp.isEmpty && late.isEmpty && reached.isEmpty && replaced.isEmpty && !isDone
    }

    mutating func add(_ success: QueuedSuccess, of recipient: Int) {
        let notice = Notice(recipient: recipient, reply: success.reply, host: success.host)
        switch success.kind {
        case .delivered: delivered.append(notice)
        case .relayed: relayed.append(notice)
        case .expanded: expanded.append(notice)
        }
    }

    mutating func merge(_ other: PendingNotices) {
        failed += other.failed
        expired += other.expired
        delayed += other.delayed
        delivered += other.delivered
        relayed += other.relayed
        expanded += other.expanded
        givenUp += other.givenUp
        late += other.late
        reached += other.reached
        replaced += other.replaced
        isDone = isDone || other.isDone
    }

    // MARK: One report each

    func noticed(_ kind: Kind) -> [(notice: Notice, action: ReportedRecipient.Action)] {
        switch kind {
        case .failed: failed.map { ($0, .failed(.refused)) } + expired.map { ($0, .failed(.expired)) }
        case .delayed: delayed.map { ($0, .delayed) }
        case .delivered:
            delivered.map { ($0, .delivered) } + relayed.map { ($0, .relayed) } + expanded.map { ($0, .expanded) }
        }
    }

    /// The report on these is in the spool, or nobody wants one: it is not made again.
    mutating func told(_ kind: Kind) {
        switch kind {
        case .failed:
            givenUp += (failed + expired).map(\.recipient)
            (failed, expired) = ([], [])
        case .delayed:
            late += delayed.map(\.recipient)
            delayed = []
        case .delivered:
            reached += (delivered + relayed).map(\.recipient)
            replaced += expanded.map(\.recipient)
            (delivered, relayed, expanded) = ([], [], [])
        }
    }

    /// What being told of changes for the recipients.
    func changes(of message: QueuedMessage) -> [QueueChange] {
        var changes: [QueueChange] = []
        for (places, state) in [(givenUp, QueuedState.failed), (reached, .delivered), (replaced, .expanded)]
        where !places.isEmpty {
            changes.append(.state(places, state))
        }
        for place in late where message.recipients.indices.contains(place) && !givenUp.contains(place) {
            guard case .waiting(var attempts) = message.recipients[place].state else { continue }
            attempts.isDelayReported = true
            changes.append(.state([place], .waiting(attempts)))
        }
        return changes
    }
}
