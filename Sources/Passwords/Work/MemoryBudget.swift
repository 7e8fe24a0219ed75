import DequeModule
import Synchronization

/// Memory that slow hashes may hold at once, over all checks of the process: whoever asks for more than is left waits for
/// those before it. What alone is larger than the budget runs alone.
final class MemoryBudget: Sendable {
    /// Two of the largest Argon2 values that are allowed by default.
    static let shared = MemoryBudget(bytes: 2 << 30)
    /// What takes less is not counted: the threads for hashing are few.
    static let smallest: UInt64 = 16 << 20

    private struct Waiter {
        let number: UInt64
        let amount: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var used: UInt64 = 0
        var waiting = Deque<Waiter>()
        var waitingAmount: UInt64 = 0
        var cancelled: Set<UInt64> = []
        var lastNumber: UInt64 = 0
    }

    private let total: UInt64
    private let state = Mutex(State())

    init(bytes: UInt64) {
        self.total = max(1, bytes)
    }

    /// Gives nil without running `body` when too much waits already, eight budgets' worth, or the task is cancelled.
    func withMemory<Value: Sendable>(_ bytes: UInt64, _ body: () async -> Value) async -> Value? {
        guard bytes >= Self.smallest else { return await body() }
        let amount = min(bytes, total)
        guard await acquire(amount) else { return nil }
        defer { release(amount) }
        return await body()
    }

    private func acquire(_ amount: UInt64) async -> Bool {
        let number = state.withLock { state in
            state.lastNumber &+= 1
            return state.lastNumber
        }
        let isAcquired = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Bool? in
                    guard !state.cancelled.contains(number) else { return false }
                    if state.waiting.isEmpty, amount <= total - state.used {
                        state.used += amount
                        return true
                    }
                    guard state.waitingAmount / 8 < total else { return false }
                    state.waiting.append(Waiter(number: number, amount: amount, continuation: continuation))
                    state.waitingAmount += amount
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            cancel(number)
        }
        state.withLock { _ = $0.cancelled.remove(number) }
        return isAcquired
    }

    private func cancel(_ number: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiting.firstIndex(where: { $0.number == number }) else {
                state.cancelled.insert(number)
                return nil
            }
            let waiter = state.waiting.remove(at: index)
            state.waitingAmount -= waiter.amount
            return waiter
        }
        waiter?.continuation.resume(returning: false)
        // Those behind it may fit now.
        admit(releasing: 0)
    }

    private func release(_ amount: UInt64) {
        admit(releasing: amount)
    }

    private func admit(releasing amount: UInt64) {
        let admitted = state.withLock { state in
            state.used -= min(amount, state.used)
            var admitted: [Waiter] = []
            while let next = state.waiting.first, next.amount <= total - state.used {
                state.waiting.removeFirst()
                state.waitingAmount -= next.amount
                state.used += next.amount
                admitted.append(next)
            }
            return admitted
        }
        for waiter in admitted { waiter.continuation.resume(returning: true) }
    }
}
