import CBlockingShim

/// A thread of our own, which is the service whoever starts it.
enum ServiceThread {
    private final class Start: Sendable {
        let body: @Sendable (Bool) -> Void
        /// What the thread has to be, where the one that starts it works as an owner just now.
        let identity: FileIdentity.Saved?

        init(_ body: @escaping @Sendable (Bool) -> Void) {
            self.body = body
            self.identity = ServiceIdentity.current?.saved
        }
    }

    /// Returns 0, or why there can be no thread (an errno).
    ///
    /// - Parameters:
    ///   - stackSize: octets.
    ///   - body: all that the thread does; it is told whether the thread could be made the service, and does nothing
    ///     but cleaning up where it is not.
    static func start(stackSize: Int, _ body: @escaping @Sendable (_ isService: Bool) -> Void) -> Int32 {
        let retained = Unmanaged.passRetained(Start(body))
        let result = cblocking_start_thread(
            { pointer in
                guard let pointer else { return }
                let start = Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue()
                start.body(start.identity.map(FileIdentity.restore) ?? true)
            }, retained.toOpaque(), stackSize)
        if result != 0 { retained.release() }
        return -result
    }
}
