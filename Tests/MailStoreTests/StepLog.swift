import MailStore
import Synchronization

/// The steps of durability in the order in which they were done.
final class StepLog: Sendable {
    private let steps = Mutex<[DurabilityStep]>([])

    var all: [DurabilityStep] { steps.withLock { $0 } }

    func append(_ step: DurabilityStep) {
        steps.withLock { $0.append(step) }
    }
}
