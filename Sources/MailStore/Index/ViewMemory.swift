import MailModel
import Synchronization

/// Joins one mailbox's view to its account's index: what was known before is asked once, what is known now is written after
/// everybody was told.
final class ViewMemory: Sendable {
    private let index: AccountIndex
    private let place: [UInt8]
    private let shared = Mutex(Shared())

    private struct Shared {
        var hasRecalled = false
        var isWritingQueued = false
        /// What the index says, as far as this value knows.
        var written: (view: MailboxView, stamp: Int64)?
        var writtenAfterRemovals = 0
    }

    init(_ index: AccountIndex, place: [UInt8]) {
        self.index = index
        self.place = place
    }

    /// Asked before the mailbox is read for the first time; nil ever after.
    func recall() async -> RememberedMailbox? {
        guard !shared.withLock({ $0.hasRecalled }) else { return nil }
        let remembered = await index.recall(place)
        return shared.withLock { shared in
            guard !shared.hasRecalled else { return nil }
            shared.hasRecalled = true
            // Only a stamp: the difference to the view is taken once it was adopted.
            if let remembered { shared.written = (remembered.view, remembered.stamp) }
            return remembered
        }
    }

    /// Writes the view of that moment some time soon; changes that come meanwhile are one writing.
    /// - Parameter current: nil once the mailbox is not to be written any more.
    func remember(_ current: @escaping @Sendable () -> MailboxView?) {
        let removals = index.removals
        guard let view = current() else { return }
        let isFirst = shared.withLock { shared in
            guard !shared.isWritingQueued,
                shared.written?.view.generation != view.generation || shared.writtenAfterRemovals != removals
            else { return false }
            shared.isWritingQueued = true
            shared.writtenAfterRemovals = removals
            return true
        }
        guard isFirst else { return }
        let isQueued = index.tell { database in
            let old = self.shared.withLock { shared in
                shared.isWritingQueued = false
                return shared.written
            }
            guard let view = current() else { return }
            let stamp = try AccountIndex.write(view, at: self.place, after: old, database)
            self.shared.withLock { $0.written = (view, stamp) }
        } otherwise: {
            self.shared.withLock { shared in
                shared.isWritingQueued = false
                shared.written = nil
            }
        }
        if !isQueued { shared.withLock { $0.isWritingQueued = false } }
    }
}
