import MailModel
import Spool

/// What came of a message's recipients and is not written down yet, because somebody has to be told first: one report tells
/// of all recipients that failed together.
struct PendingNotices: Sendable {
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
    /// No recipient waits any more.
    var isDone = false

    var isSilent: Bool {
        failed.isEmpty && expired.isEmpty && delayed.isEmpty && delivered.isEmpty && relayed.isEmpty
    }

    mutating func merge(_ other: PendingNotices) {
        failed += other.failed
        expired += other.expired
        delayed += other.delayed
        delivered += other.delivered
        relayed += other.relayed
        isDone = isDone || other.isDone
    }
}
