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
    /// Everybody was told of these, and it has to be written down: recipients given up, and recipients that are late.
    var givenUp: [Int] = []
    var late: [Int] = []
    /// No recipient waits any more.
    var isDone = false

    /// Whether nobody is left to be told.
    var isSilent: Bool {
        failed.isEmpty && expired.isEmpty && delayed.isEmpty && delivered.isEmpty && relayed.isEmpty
    }

    /// Whether nothing is left to be done.
    var isEmpty: Bool { isSilent && givenUp.isEmpty && late.isEmpty && !isDone }

    mutating func merge(_ other: PendingNotices) {
        failed += other.failed
        expired += other.expired
        delayed += other.delayed
        delivered += other.delivered
        relayed += other.relayed
        givenUp += other.givenUp
        late += other.late
        isDone = isDone || other.isDone
    }

    // MARK: One report each

    func noticed(_ kind: Kind) -> [(notice: Notice, action: ReportedRecipient.Action)] {
        switch kind {
        case .failed: failed.map { ($0, .failed(.refused)) } + expired.map { ($0, .failed(.expired)) }
        case .delayed: delayed.map { ($0, .delayed) }
        case .delivered: delivered.map { ($0, .delivered) } + relayed.map { ($0, .relayed) }
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
        case .delivered: (delivered, relayed) = ([], [])
        }
    }

    /// What being told of changes for the recipients.
    func changes(of message: QueuedMessage) -> [QueueChange] {
        var changes: [QueueChange] = givenUp.isEmpty ? [] : [.state(givenUp, .failed)]
        for place in late where message.recipients.indices.contains(place) && !givenUp.contains(place) {
            guard case .waiting(var attempts) = message.recipients[place].state else { continue }
            attempts.isDelayReported = true
            changes.append(.state([place], .waiting(attempts)))
        }
        return changes
    }
}
