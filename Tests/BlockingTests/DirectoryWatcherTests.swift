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
