import MailModel
import Spool

/// What the spool is to hold of a message: copies that wait, by their place, and what the queue has to know of those that do not.
struct SpoolEntry: Sendable {
    var waiting: [Int: QueuedRecipient] = [:]
    /// In their mailboxes already: the queue would give these another.
    var delivered: [QueuedRecipient] = []
    /// Done with, but the sender is yet to be told.
    var untold: [QueuedRecipient] = []
    /// Copies that do not wait, of which nobody would be told if the spool took nothing.
    var bound: Set<Int> = []

    /// Whether there is anything to be done.
    var isNeeded: Bool { !waiting.isEmpty || !untold.isEmpty }

    var recipients: [QueuedRecipient] {
        waiting.sorted { $0.key < $1.key }.map(\.value) + delivered + untold
    }
}
