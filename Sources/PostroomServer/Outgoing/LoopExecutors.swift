import NIOCore
import NIOPosix
import Net
import Synchronization

/// The event loops of a group as executors of tasks, one after the other.
final class LoopExecutors: Sendable {
    private let executors: [EventLoopTaskExecutor]
    private let turn = Atomic<UInt>(0)

    init(_ group: MultiThreadedEventLoopGroup) {
        executors = Array(group.makeIterator()).map { EventLoopTaskExecutor($0) }
    }

    func next() -> (any TaskExecutor)? {
        guard !executors.isEmpty else { return nil }
        let turn = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        return executors[Int(turn % UInt(executors.count))]
    }
}
