import Glibc

/// A mutex and a condition for threads of our own; never to be waited on from a task.
///
/// `@unchecked Sendable`: both pointers are set once and what they point to is made for use by many threads; `value` is
/// only touched with the mutex held.
final class ThreadMonitor<Value>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: Value

    init(_ value: sending Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&value)
    }

    /// Waits until `body` has a result; `whileWaiting` is told when the wait begins and ends.
    func wait<Result>(
        _ body: (inout Value) -> Result?, whileWaiting: (inout Value, _ isWaiting: Bool) -> Void
    ) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&value) { return result }
            whileWaiting(&value, true)
            pthread_cond_wait(condition, mutex)
            whileWaiting(&value, false)
        }
    }

    func signal() {
        pthread_cond_signal(condition)
    }

    func broadcast() {
        pthread_cond_broadcast(condition)
    }
}
