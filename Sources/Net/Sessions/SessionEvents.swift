import Synchronization

/// News on their way from any thread to one session's event loop.
///
/// However many arrive before the loop comes round, they cost it one wake-up; a session that can't take them keeps the
/// newest and loses the oldest, which is what news of the kind "look again" want.
final class SessionEvents<Event: Sendable>: Sendable {
    static var maximumWaiting: Int { 64 }

    private struct State {
        var waiting: [Event] = []
        var isWaking = false
        var wake: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// `wake` is called from whatever thread brings the first event; it must end in a call of `take`.
    func open(wake: @escaping @Sendable () -> Void) {
        state.withLock { $0.wake = wake }
    }

    func add(_ event: Event) {
        let wake: (@Sendable () -> Void)? = state.withLock { state in
            guard let wake = state.wake else { return nil }
            if state.waiting.count >= Self.maximumWaiting { state.waiting.removeFirst() }
            state.waiting.append(event)
            guard !state.isWaking else { return nil }
            state.isWaking = true
            return wake
        }
        wake?()
    }

    /// The oldest event that waits. Nil re-arms the wake-up.
    func take() -> Event? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isWaking = false
                return nil
            }
            return state.waiting.removeFirst()
        }
    }

    func close() {
        state.withLock { $0 = State() }
    }
}
