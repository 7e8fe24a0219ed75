import CBlockingShim
import Glibc
import Synchronization

/// Tells when names appear in or vanish from directories, whoever did it: inotify where the kernel takes the watch, else
/// (too many watches, no /proc) a call at every poll interval, so that nothing is missed. On NFS and its kin both: inotify tells what this
/// machine does, and nothing of the others.
///
/// One thread and one descriptor for all watches. Calls come from that thread and must not block.
package final class DirectoryWatcher: Sendable {
    /// Ends its watch when it is released.
    package final class Watch: Sendable {
        private let watching: Watching
        private let id: UInt64

        fileprivate init(_ watching: Watching, _ id: UInt64) {
            self.watching = watching
            self.id = id
        }

        deinit {
            watching.remove(id)
        }
    }

    private let watching: Watching

    /// - Parameters:
    ///   - limit: how many directories inotify may watch; the rest are polled.
    ///   - pollMilliseconds: how often those are.
    package init(limit: Int = 16_384, pollMilliseconds: Int32 = 15_000) {
        self.watching = Watching(limit: limit, pollMilliseconds: pollMilliseconds)
    }

    deinit {
        watching.stop()
    }

    /// Calls `onChange` after every change of `directories`, until the watch is released. Changes that come close together
    /// may be one call.
    package func watch(_ directories: [DirectoryHandle], onChange: @escaping @Sendable () -> Void) -> Watch {
        Watch(watching, watching.add(directories, onChange))
    }
}

extension DirectoryWatcher {
    /// Calls `onChange` after every change of a file's contents and when its name is taken from it.
    package func watch(_ file: FileHandle, onChange: @escaping @Sendable () -> Void) -> Watch {
        Watch(watching, watching.add(file, onChange))
    }
}

private final class Watching: Sendable {
    private struct Subscription {
        var watches: [Int32]
        var isPolled: Bool
        var onChange: @Sendable () -> Void
    }

    private struct State {
        var subscriptions: [UInt64: Subscription] = [:]
        /// Which subscriptions hang on one inotify watch: the kernel has one per directory.
        var byWatch: [Int32: [UInt64]] = [:]
        var nextID: UInt64 = 1
        var isRunning = false
        var isStopped = false
    }

    private let limit: Int
    private let pollMilliseconds: Int32
    /// -1 when the kernel gives no more: then everything is polled.
    private let inotify: Int32
    private let wakeEnd: Int32
    private let wakeSource: Int32
    private let state = Mutex(State())

    init(limit: Int, pollMilliseconds: Int32) {
        self.limit = limit
        self.pollMilliseconds = pollMilliseconds
        var ends: [Int32] = [-1, -1]
        let hasPipe = pipe(&ends) == 0
        for end in ends where hasPipe {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        self.wakeEnd = ends[0]
        self.wakeSource = ends[1]
        self.inotify = max(-1, cblocking_inotify_open())
    }

    deinit {
        for descriptor in [inotify, wakeEnd, wakeSource] where descriptor >= 0 { close(descriptor) }
    }

    func add(_ directories: [DirectoryHandle], _ onChange: @escaping @Sendable () -> Void) -> UInt64 {
        add(directories.map(\.descriptor), onChange) { cblocking_inotify_watch($0, $1) }
    }

    func add(_ file: FileHandle, _ onChange: @escaping @Sendable () -> Void) -> UInt64 {
        add([file.descriptor], onChange) { cblocking_inotify_watch_file($0, $1) }
    }

    private func add(
        _ descriptors: [Int32], _ onChange: @escaping @Sendable () -> Void, _ watch: (Int32, Int32) -> Int32
    ) -> UInt64 {
        let (id, mustStart, mustWake) = state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            var subscription = Subscription(watches: [], isPolled: false, onChange: onChange)
            for descriptor in descriptors {
                let watch = inotify >= 0 && state.byWatch.count < limit ? watch(inotify, descriptor) : -1
                if cblocking_is_remote(descriptor) == 1 { subscription.isPolled = true }
                if watch >= 0 {
                    state.byWatch[watch, default: []].append(id)
                    subscription.watches.append(watch)
                } else {
                    subscription.isPolled = true
                }
            }
            state.subscriptions[id] = subscription
            defer { state.isRunning = true }
            return (id, !state.isRunning, subscription.isPolled)
        }
        if mustStart { start() } else if mustWake { wake() }
        return id
    }

    func remove(_ id: UInt64) {
        state.withLock { state in
            guard let subscription = state.subscriptions.removeValue(forKey: id) else { return }
            for watch in subscription.watches {
                state.byWatch[watch]?.removeAll { $0 == id }
                guard state.byWatch[watch]?.isEmpty ?? false else { continue }
                state.byWatch[watch] = nil
                _ = cblocking_inotify_remove(inotify, watch)
            }
        }
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        wake()
    }

    private func wake() {
        _ = write(wakeSource, [0], 1)
    }

    /// Often within an owner's job, which watches what is his; the thread is for the watches of all.
    private func start() {
        let result = ServiceThread.start(stackSize: 256 << 10) { isService in
            if isService { self.run() } else { self.noteEnd() }
        }
        if result != 0 { noteEnd() }
    }

    /// The next watch tries again.
    private func noteEnd() {
        state.withLock { $0.isRunning = false }
    }

    private func run() {
        cblocking_name_thread("watch")
        let clock = ContinuousClock()
        let interval = Duration.milliseconds(pollMilliseconds)
        var nextPoll = clock.now.advanced(by: interval)
        while true {
            let (isStopped, isPolling) = state.withLock { state in
                (state.isStopped, state.subscriptions.values.contains { $0.isPolled })
            }
            guard !isStopped else { return }
            var descriptors = [
                pollfd(fd: wakeEnd, events: Int16(POLLIN), revents: 0),
                pollfd(fd: inotify, events: Int16(POLLIN), revents: 0),
            ]
            // News from inotify, however many, do not put the polling off.
            let rest = clock.now.duration(to: nextPoll) / Duration.milliseconds(1)
            _ = poll(&descriptors, 2, isPolling ? Int32(max(0, min(rest.rounded(.up), Double(pollMilliseconds)))) : -1)
            if descriptors[0].revents != 0 { drainWakes() }
            if descriptors[1].revents != 0 { notify(readEvents()) }
            if clock.now >= nextPoll {
                nextPoll = clock.now.advanced(by: interval)
                notifyPolled()
            }
        }
    }

    private func drainWakes() {
        var buffer = [UInt8](repeating: 0, count: 64)
        while read(wakeEnd, &buffer, buffer.count) > 0 {}
    }

    /// The watches that have news; nil for all, when the kernel lost some.
    private func readEvents() -> Set<Int32>? {
        var watches: Set<Int32> = []
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        var isOverflown = false
        while true {
            let count = read(inotify, &buffer, buffer.count)
            guard count > 0 else { break }
            buffer.withUnsafeBytes { bytes in
                // struct inotify_event (inotify(7)): watch 4, mask 4, cookie 4, name length 4, name.
                var start = 0
                while start + 16 <= count {
                    let watch = bytes.loadUnaligned(fromByteOffset: start, as: Int32.self)
                    if watch < 0 { isOverflown = true } else { watches.insert(watch) }
                    start += 16 + Int(bytes.loadUnaligned(fromByteOffset: start + 12, as: UInt32.self))
                }
            }
        }
        return isOverflown ? nil : watches
    }

    private func notify(_ watches: Set<Int32>?) {
        let calls = state.withLock { state -> [@Sendable () -> Void] in
            guard let watches else { return state.subscriptions.values.map(\.onChange) }
            let ids = Set(watches.flatMap { state.byWatch[$0] ?? [] })
            return ids.compactMap { state.subscriptions[$0]?.onChange }
        }
        for call in calls { call() }
    }

    private func notifyPolled() {
        let calls = state.withLock { $0.subscriptions.values.filter(\.isPolled).map(\.onChange) }
        for call in calls { call() }
    }
}
