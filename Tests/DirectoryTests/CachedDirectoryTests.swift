import LDAP
import Synchronization
import Testing

@testable import Directory

/// Answers when it is told to.
private final class GatedDirectory: DirectorySource {
    let name = "gated"
    private let state = Mutex((searches: 0, waiting: [CheckedContinuation<DirectorySearchOutcome, Never>]()))
    private let started: AsyncStream<Void>.Continuation
    let starts: AsyncStream<Void>

    init() {
        (starts, started) = AsyncStream.makeStream()
    }

    var searches: Int { state.withLock { $0.searches } }

    func search(_ request: SearchRequest) async -> DirectorySearchOutcome {
        await withCheckedContinuation { continuation in
            state.withLock {
                $0.searches += 1
                $0.waiting.append(continuation)
            }
            started.yield()
        }
    }

    func answer(_ outcome: DirectorySearchOutcome) {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: outcome) }
    }

    func checkPassword(name: String, password: [UInt8]) async -> PasswordVerdict { .accepted }
}

/// Answers each search with the next of its outcomes.
private final class CountingDirectory: DirectorySource {
    let name = "counting"
    private let outcomes: [DirectorySearchOutcome]
    private let count = Mutex(0)

    init(_ outcomes: DirectorySearchOutcome...) {
        self.outcomes = outcomes
    }

    var searches: Int { count.withLock { $0 } }

    func search(_ request: SearchRequest) async -> DirectorySearchOutcome {
        let index = count.withLock { count in
            count += 1
            return count - 1
        }
        return outcomes[index % outcomes.count]
    }

    func checkPassword(name: String, password: [UInt8]) async -> PasswordVerdict { .accepted }
}

@Suite struct CachedDirectoryTests {
    private let request = SearchRequest(base: "o=x", filter: .equality("mail", bytes("a@x")))
    private let found = DirectorySearchOutcome.entries([LDAPEntry(name: "cn=a")])

    @Test func `identical searches at one time are one`() async {
        let gated = GatedDirectory()
        let cached = CachedDirectory(gated)
        await withTaskGroup(of: Int.self) { group in
            group.addTask { [request] in
                if case .entries(let entries) = await cached.search(request) { entries.count } else { -1 }
            }
            for await _ in gated.starts { break }
            for _ in 0..<20 {
                group.addTask { [request] in
                    if case .entries(let entries) = await cached.search(request) { entries.count } else { -1 }
                }
            }
            while cached.waiterCount < 20 { await Task.yield() }
            gated.answer(found)
            for await count in group { #expect(count == 1) }
        }
        #expect(gated.searches == 1)
    }

    @Test func `who waits takes over when the searcher gives up`() async {
        let gated = GatedDirectory()
        let cached = CachedDirectory(gated)
        await withTaskGroup(of: Void.self) { group in
            var starts = gated.starts.makeAsyncIterator()
            group.addTask { [request] in
                await withTaskGroup(of: Void.self) { inner in
                    inner.addTask { _ = await cached.search(request) }
                    while gated.searches < 1 { await Task.yield() }
                    while cached.waiterCount < 1 { await Task.yield() }
                    inner.cancelAll()
                    gated.answer(.failed(UnavailableReason(.unreachable, "cancelled")))
                }
            }
            _ = await starts.next()
            group.addTask { [request] in
                guard case .entries(let entries) = await cached.search(request) else {
                    Issue.record("the second searcher gets its answer")
                    return
                }
                #expect(entries.count == 1)
            }
            _ = await starts.next()
            gated.answer(found)
        }
        #expect(gated.searches == 2)
    }

    @Test func `one who waits may give up alone`() async {
        let gated = GatedDirectory()
        let cached = CachedDirectory(gated)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [request] in _ = await cached.search(request) }
            for await _ in gated.starts { break }
            await withTaskGroup(of: Void.self) { inner in
                inner.addTask { [request] in
                    guard case .failed = await cached.search(request) else {
                        Issue.record("a cancelled search gives no answer")
                        return
                    }
                }
                while cached.waiterCount < 1 { await Task.yield() }
                inner.cancelAll()
            }
            gated.answer(found)
        }
        #expect(gated.searches == 1)
    }

    @Test func `nothing is kept unless asked`() async {
        let counting = CountingDirectory(found)
        let cached = CachedDirectory(counting)
        _ = await cached.search(request)
        _ = await cached.search(request)
        #expect(counting.searches == 2)
    }

    @Test func `what was found is kept for its time and no longer`() async {
        let counting = CountingDirectory(found)
        let clock = SharedClock(now: .now)
        let cached = CachedDirectory(counting, lifetime: .seconds(10), now: { clock.now })
        _ = await cached.search(request)
        clock.advance(by: .seconds(9))
        _ = await cached.search(request)
        #expect(counting.searches == 1)
        clock.advance(by: .seconds(2))
        _ = await cached.search(request)
        #expect(counting.searches == 2)
        cached.removeAll()
        _ = await cached.search(request)
        #expect(counting.searches == 3)
    }

    @Test func `failures, missing bases and empty answers are never kept`() async {
        let counting = CountingDirectory(
            .failed(UnavailableReason(.unreachable, "down")), .noSuchObject, .entries([]), found)
        let cached = CachedDirectory(counting, lifetime: .seconds(10))
        for _ in 0..<4 { _ = await cached.search(request) }
        #expect(counting.searches == 4)
        _ = await cached.search(request)
        #expect(counting.searches == 4)
    }

    @Test func `the oldest make room`() async {
        let counting = CountingDirectory(found)
        let cached = CachedDirectory(counting, lifetime: .seconds(10), capacity: 2)
        for base in ["o=1", "o=2", "o=3", "o=3", "o=2"] {
            _ = await cached.search(SearchRequest(base: base, filter: .and([])))
        }
        #expect(counting.searches == 3)
        _ = await cached.search(SearchRequest(base: "o=1", filter: .and([])))
        #expect(counting.searches == 4)
    }
}

private final class SharedClock: Sendable {
    private let instant: Mutex<ContinuousClock.Instant>

    init(now: ContinuousClock.Instant) {
        instant = Mutex(now)
    }

    var now: ContinuousClock.Instant { instant.withLock { $0 } }

    func advance(by duration: Duration) {
        instant.withLock { $0 = $0.advanced(by: duration) }
    }
}
