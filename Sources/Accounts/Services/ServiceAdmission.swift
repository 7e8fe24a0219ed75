import DequeModule
import NIOCore
import Synchronization

/// How many questions are with another program at once; those that wait, four times as many at most, are let in in order.
final class ServiceAdmission: Sendable {
    private struct Waiter {
        let number: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var inside = 0
        var waiting = Deque<Waiter>()
        var givenUp: Set<UInt64> = []
        var lastNumber: UInt64 = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// False when too many wait, the deadline passes or the task is cancelled; else `leave` has to follow.
    func enter(until deadline: NIODeadline, on eventLoop: any EventLoop) async -> Bool {
        let number = state.withLock { state in
            state.lastNumber &+= 1
            return state.lastNumber
        }
        let timer = eventLoop.scheduleTask(deadline: deadline) { self.giveUp(number) }
        let isInside = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Bool? in
                    guard !state.givenUp.contains(number) else { return false }
                    if state.inside < limit {
                        state.inside += 1
                        return true
                    }
                    guard state.waiting.count / 4 < limit else { return false }
                    state.waiting.append(Waiter(number: number, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            giveUp(number)
        }
        timer.cancel()
        // The timer may be running at this moment: it is let finish before its mark is taken away.
        eventLoop.execute { self.state.withLock { _ = $0.givenUp.remove(number) } }
        return isInside
    }

    func leave() {
        let next = state.withLock { state -> Waiter? in
            if let next = state.waiting.popFirst() { return next }
            state.inside = max(0, state.inside - 1)
            return nil
        }
        next?.continuation.resume(returning: true)
    }

    private func giveUp(_ number: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiting.firstIndex(where: { $0.number == number }) else {
                state.givenUp.insert(number)
                return nil
            }
            return state.waiting.remove(at: index)
        }
        waiter?.continuation.resume(returning: false)
    }
}
