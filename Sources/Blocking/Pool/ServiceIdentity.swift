import CBlockingShim

/// What a thread of the service is while it works as an owner: what it will be again, and what has to wait for that.
///
/// A thread that is made inherits the file identity of the one that makes it, for all its life. So whatever may start a
/// thread, of ours or of a library, is not done as an owner: another user's mail, or the service's own files, would be
/// touched in his name later.
package final class ServiceIdentity {
    let saved: FileIdentity.Saved
    private var deferred: [() -> Void] = []

    init(_ saved: FileIdentity.Saved) {
        self.saved = saved
    }

    /// That of the thread that calls this, if it works as an owner.
    static var current: ServiceIdentity? {
        cblocking_thread_context().map { Unmanaged<ServiceIdentity>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Runs `body` while this is the calling thread's.
    func aside<T>(_ body: () -> T) -> T {
        let outer = cblocking_thread_context()
        cblocking_set_thread_context(Unmanaged.passUnretained(self).toOpaque())
        defer { cblocking_set_thread_context(outer) }
        return withExtendedLifetime(self, body)
    }

    /// Leaves this with a thread that could not be made the service again, and that ends.
    func keep() {
        cblocking_set_thread_context(Unmanaged.passRetained(self).toOpaque())
    }

    /// Runs what had to wait. On a thread that is the service again.
    func callDeferred() {
        let calls = deferred
        deferred = []
        for call in calls { call() }
    }

    /// Runs `call` when the calling thread is the service: now, or, within an owner's job, as soon as that is done, before
    /// the one who waits for the job is told.
    package static func afterOwner(_ call: @escaping () -> Void) {
        guard let current else { return call() }
        current.deferred.append(call)
    }
}
