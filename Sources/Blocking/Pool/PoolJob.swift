import MailModel
import Synchronization

/// One piece of blocking work, from queueing to its result; given up when its task is cancelled before it begins.
final class PoolJob: Sendable {
    /// Does the work, on a thread that is its owner, and gives what tells of the result, on a thread that is the service again.
    typealias Work = @Sendable (FileIdentity.Failure?) -> @Sendable () -> Void

    private enum State {
        case waiting(abandon: @Sendable (any Error) -> Void, work: Work)
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
    func prepare(abandon: @escaping @Sendable (any Error) -> Void, work: @escaping Work) -> Bool {
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
        let work = state.withLock { state -> Work? in
            guard case .waiting(_, let work) = state else { return nil }
            state = .done
            return work
        }
        guard let work else { return true }
        guard let owner else {
            work(nil)()
            return true
        }
        let before = FileIdentity.current
        do throws(FileIdentity.Failure) {
            guard let saved = try FileIdentity.take(owner) else {
                work(nil)()
                return true
            }
            let service = ServiceIdentity(saved)
            let tell = service.aside { work(nil) }
            let isRestored = FileIdentity.restore(saved)
            // The thread will be replaced by one that is the service.
            if !isRestored { service.keep() }
            service.callDeferred()
            tell()
            return isRestored
        } catch {
            work(error)()
            return FileIdentity.isCurrent(before)
        }
    }
}
