import Glibc
import PostroomTesting
import Testing

@testable import Blocking

struct DirectoryWatcherTests {
    @Test(arguments: [16, 0])
    func `a new name is told, through inotify and by polling`(limit: Int) async throws {
        let directory = try TemporaryMailRoot()
        try directory.directory("mail/new")
        let opened = try MailRoots([directory.bytes("mail")]).open(directory.bytes("mail/new"))
        let watcher = DirectoryWatcher(limit: limit, pollMilliseconds: 10)
        let (changes, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let watch = watcher.watch([opened]) { continuation.yield() }
        try directory.file("mail/new/1")
        var iterator = changes.makeAsyncIterator()
        await iterator.next()
        withExtendedLifetime(watch) {}
    }

    @Test func `what must be polled is polled however much inotify tells of the rest`() async throws {
        let directory = try TemporaryMailRoot()
        for name in ["busy", "quiet"] { try directory.directory("mail/\(name)") }
        let roots = try MailRoots([directory.bytes("mail")])
        let watcher = DirectoryWatcher(limit: 1, pollMilliseconds: 100)
        let polls = ThreadMonitor(0)
        let watches = [
            watcher.watch([try roots.open(directory.bytes("mail/busy"))]) {
                // Its own next news: inotify is never silent for as long as the interval.
                try? directory.file("mail/busy/1")
                unlink(directory["mail/busy/1"])
            },
            watcher.watch([try roots.open(directory.bytes("mail/quiet"))]) { polls.withLock { $0 += 1 } },
        ]
        try directory.file("mail/busy/2")
        while polls.withLock({ $0 }) < 2 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(watches.count == 2)
    }

    @Test func `two watches of one directory are both told, and one that ended is not`() async throws {
        let directory = try TemporaryMailRoot()
        try directory.directory("mail/new")
        let opened = try MailRoots([directory.bytes("mail")]).open(directory.bytes("mail/new"))
        let watcher = DirectoryWatcher()
        let (first, firstContinuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let (second, secondContinuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let counts = ThreadMonitor(0)
        var ended: DirectoryWatcher.Watch? = watcher.watch([opened]) { counts.withLock { $0 += 1 } }
        ended = nil
        #expect(ended == nil)
        let watches = [
            watcher.watch([opened]) { firstContinuation.yield() },
            watcher.watch([opened]) { secondContinuation.yield() },
        ]
        try directory.file("mail/new/1")
        for stream in [first, second] {
            var iterator = stream.makeAsyncIterator()
            await iterator.next()
        }
        #expect(counts.withLock { $0 } == 0)
        #expect(watches.count == 2)
    }
}
