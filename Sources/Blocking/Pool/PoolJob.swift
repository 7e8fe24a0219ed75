import MailModel
import Synchronization

/// One piece of blocking work, from queueing to its result; given up when its task is cancelled before it begins.
final class PoolJob: Sendable {
    private enum State {
        case waiting(abandon: @Sendable (any Error) -> Void, work: @Sendable (FileIdentity.Failure?) -> Void)
        case cancelledEarly
        case fresh
        case done
    }

    let owner: Owner?
    private let state = Mutex(State.fresh)

    init(owner: Owner?) {
        self.owner = owner
    }

    /// Gives the job its work. False when it was cancelled before.
    func prepare(
        abandon: @escaping @Sendable (any Error) -> Void, work: @escaping @Sendable (FileIdentity.Failure?) -> Void
    ) -> Bool {
        state.withLock { state in
            if case .cancelledEarly = state { return false }
            state = .waiting(abandon: abandon, work: work)
            return true
        }
    }

    /// Gives up a job that has not begun; one that runs is left to finish.
    func cancel(_ error: any Error = CancellationError()) {
        let abandon = state.withLock { state -> (@Sendable (any Error) -> Void)? in
            switch state {
            case .fresh:
                state = .cancelledEarly
                return nil
            case .waiting(let abandon, _):
                state = .done
                return abandon
            case .cancelledEarly, .done:
                return nil
            }
        }
        abandon?(error)
    }

    /// Runs the job on the calling thread, as its owner. False when the thread's identity could not be restored.
    func perform() -> Bool {
        let work = state.withLock { state -> (@Sendable (FileIdentity.Failure?) -> Void)? in
            guard case .waiting(_, let work) = state else { return nil }
            state = .done
            return work
        }
        guard let work else { return true }
        guard let owner else {
            work(nil)
            return true
        }
        let before = FileIdentity.current
        do throws(FileIdentity.Failure) {
            let saved = try FileIdentity.take(owner)
            work(nil)
            return saved.map(FileIdentity.restore) ?? true
        } catch {
            work(error)
            return FileIdentity.isCurrent(before)
        }
    }
}
