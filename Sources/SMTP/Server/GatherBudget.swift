import Synchronization

/// How much memory all sessions together may hold in messages that are being gathered. A session that gets none streams
/// even a small message.
package final class GatherBudget: Sendable {
    private let limit: Int
    private let used = Atomic<Int>(0)

    package init(bytes limit: Int = 64 << 20) {
        self.limit = limit
    }

    package var bytesInUse: Int { used.load(ordering: .relaxed) }

    func reserve(_ bytes: Int) -> Reservation? {
        guard used.add(bytes, ordering: .relaxed).newValue <= limit else {
            used.subtract(bytes, ordering: .relaxed)
            return nil
        }
        return Reservation(self, bytes)
    }

    /// A part of the budget, given back when the last reference to it is gone: with the session, however that ends.
    final class Reservation: Sendable {
        private let budget: GatherBudget
        let bytes: Int

        fileprivate init(_ budget: GatherBudget, _ bytes: Int) {
            self.budget = budget
            self.bytes = bytes
        }

        deinit {
            budget.used.subtract(bytes, ordering: .relaxed)
        }
    }
}
