import LDAP
import Logging
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

    private func cached(
        _ directory: any DirectorySource, _ clock: SharedClock,
        _ change: (inout DirectoryCacheOptions) -> Void = { _ in }
    ) -> CachedDirectory {
        var options = DirectoryCacheOptions(
            foundLifetime: .seconds(100), emptyLifetime: .seconds(5), staleTime: .seconds(1000),
            retryInterval: .seconds(5))
        change(&options)
        return CachedDirectory(directory, options: options, now: { clock.now })
    }

    private let down = DirectorySearchOutcome.failed(UnavailableReason(.unreachable, "down"))

    private func count(_ outcome: DirectorySearchOutcome) -> Int? {
        if case .entries(let entries) = outcome { entries.count } else { nil }
    }

    private func kind(_ outcome: DirectorySearchOutcome) -> UnavailableReason.Kind? {
        if case .failed(let reason) = outcome { reason.kind } else { nil }
    }

    @Test func `with no lifetimes nothing is kept`() async {
        let counting = CountingDirectory(found)
        let cached = cached(counting, SharedClock()) {
            $0.foundLifetime = .zero
            $0.emptyLifetime = .zero
        }
        _ = await cached.search(request)
        _ = await cached.search(request)
        #expect(counting.searches == 2 && cached.keptAnswers == 0)
    }

    @Test func `what was found is kept for its time and no longer, and the answer says so`() async {
        let counting = CountingDirectory(found)
        let clock = SharedClock()
        let cached = cached(counting, clock)
        #expect(await cached.answer(request).provenance == .live)
        clock.advance(by: .seconds(99))
        #expect(await cached.answer(request).provenance == .cached(age: .seconds(99)))
        #expect(counting.searches == 1)
        clock.advance(by: .seconds(2))
        #expect(await cached.answer(request).provenance == .live)
        #expect(counting.searches == 2)
        cached.removeAll()
        _ = await cached.search(request)
        #expect(counting.searches == 3)
    }

    @Test func `empty answers and missing bases are kept for seconds, failures not at all`() async {
        let counting = CountingDirectory(
            .failed(UnavailableReason(.incomplete, "busy")), .entries([]), .noSuchObject, found)
        let clock = SharedClock()
        let cached = cached(counting, clock)
        #expect(kind(await cached.search(request)) == .incomplete)
        #expect(count(await cached.search(request)) == 0)
        clock.advance(by: .seconds(4))
        #expect(await cached.answer(request).provenance == .cached(age: .seconds(4)))
        clock.advance(by: .seconds(2))
        guard case .noSuchObject = await cached.search(request), case .noSuchObject = await cached.search(request)
        else {
            Issue.record("the base is missing")
            return
        }
        #expect(counting.searches == 3)
        clock.advance(by: .seconds(6))
        #expect(count(await cached.search(request)) == 1)
    }

    @Test func `the one used longest ago makes room`() async {
        let counting = CountingDirectory(found)
        let cached = cached(counting, SharedClock()) { $0.maximumAnswers = 2 }
        for base in ["o=1", "o=2", "o=1", "o=3", "o=1"] {
            _ = await cached.search(SearchRequest(base: base, filter: .and([])))
        }
        #expect(counting.searches == 3)
        _ = await cached.search(SearchRequest(base: "o=2", filter: .and([])))
        #expect(counting.searches == 4 && cached.keptAnswers == 2)
    }

    @Test func `bytes are bounded, and a huge answer pushes nothing out`() async {
        let big = LDAPEntry(name: "cn=a", attributes: [LDAPAttribute("cn", [[UInt8](repeating: 1, count: 1000)])])
        let huge = DirectorySearchOutcome.entries(Array(repeating: big, count: 20))
        let counting = CountingDirectory(.entries([big]), huge)
        let cached = cached(counting, SharedClock()) { $0.maximumBytes = 16_000 }
        _ = await cached.search(SearchRequest(base: "o=1", filter: .and([])))
        _ = await cached.search(SearchRequest(base: "o=huge", filter: .and([])))
        #expect(cached.keptAnswers == 1)
        for number in 0..<100 { _ = await cached.search(SearchRequest(base: "o=\(number)", filter: .and([]))) }
        #expect(cached.keptBytes <= 16_000 && cached.keptAnswers > 1)
    }

    @Test func `questions that differ in anything have answers of their own`() async {
        let counting = CountingDirectory(found)
        let cached = cached(counting, SharedClock())
        var other = request
        other.attributes = ["mail"]
        var third = other
        third.dereference = .always
        var fourth = third
        fourth.sizeLimit = 3
        for request in [request, other, third, fourth] { _ = await cached.search(request) }
        #expect(counting.searches == 4)
    }

    @Test(arguments: [
        SearchRequest(base: "o=x", filter: .present("cn"), attributes: ["USERPASSWORD"]),
        SearchRequest(base: "o=x", filter: .and([.equality("userPassword", bytes("x"))])),
        SearchRequest(base: "o=x", filter: .present("cn")),
    ])
    func `passwords are not kept, whether asked for, compared or merely given`(request: SearchRequest) async {
        let entry = LDAPEntry(name: "cn=a", attributes: [LDAPAttribute("userPassword;x-a", [bytes("{SSHA}x")])])
        let counting = CountingDirectory(.entries([entry]))
        let cached = cached(counting, SharedClock())
        _ = await cached.search(request)
        _ = await cached.search(request)
        #expect(counting.searches == 2 && cached.keptAnswers == 0)
    }

    @Test func `given no server answers, then what was found is served stale for its time`() async {
        let counting = CountingDirectory(found, down)
        let clock = SharedClock()
        let cached = cached(counting, clock)
        _ = await cached.search(request)
        clock.advance(by: .seconds(101))
        #expect(await cached.answer(request).provenance == .stale(age: .seconds(101)))
        #expect(counting.searches == 2)
        // Nobody waits for a dead server while it is not time to try it again.
        #expect(count(await cached.search(request)) == 1)
        #expect(counting.searches == 2)
    }

    @Test func `given no server answers, then stale ones end with their time`() async {
        let counting = CountingDirectory(found, down, down)
        let clock = SharedClock()
        let cached = cached(counting, clock)
        _ = await cached.search(request)
        clock.advance(by: .seconds(1099))
        #expect(count(await cached.search(request)) == 1)
        clock.advance(by: .seconds(2))
        #expect(kind(await cached.search(request)) == .unreachable)
    }

    @Test(arguments: [DirectorySearchOutcome.entries([]), .noSuchObject])
    func `a stale absence is no answer`(absence: DirectorySearchOutcome) async {
        let counting = CountingDirectory(absence, down)
        let clock = SharedClock()
        let cached = cached(counting, clock)
        _ = await cached.search(request)
        clock.advance(by: .seconds(6))
        #expect(kind(await cached.search(request)) == .unreachable)
    }

    @Test func `an outage is told when it begins, when stale answers begin, and when it ends`() async {
        let counting = CountingDirectory(found, down, down, found)
        let clock = SharedClock()
        let lines = LogLines()
        let cached = CachedDirectory(
            counting, logger: Logger(label: "test", factory: { _ in lines }), now: { clock.now })
        _ = await cached.search(request)
        #expect(lines.all.isEmpty)
        for _ in 0..<2 {
            clock.advance(by: .seconds(301))
            for _ in 0..<10 { _ = await cached.search(request) }
        }
        #expect(lines.all.map(\.level) == [.error, .warning])
        clock.advance(by: .seconds(10))
        _ = await cached.search(request)
        #expect(lines.all.map(\.level) == [.error, .warning, .notice])
    }

    @Test func `a server that answers badly is not hidden behind stale answers`() async {
        let counting = CountingDirectory(found, .failed(UnavailableReason(.misconfigured, "bind refused")))
        let clock = SharedClock()
        let cached = cached(counting, clock)
        _ = await cached.search(request)
        clock.advance(by: .seconds(101))
        #expect(kind(await cached.search(request)) == .misconfigured)
    }

    @Test func `an answer that is gone at the directory is not served stale later`() async {
        let counting = CountingDirectory(found, .entries([]), down)
        let clock = SharedClock()
        let cached = cached(counting, clock)
        _ = await cached.search(request)
        clock.advance(by: .seconds(101))
        #expect(count(await cached.search(request)) == 0)
        clock.advance(by: .seconds(6))
        #expect(kind(await cached.search(request)) == .unreachable)
    }

    @Test func `answers in use are refreshed before they end, once`() async {
        let counting = CountingDirectory(found)
        let clock = SharedClock()
        let cached = cached(counting, clock)
        _ = await cached.search(request)
        clock.advance(by: .seconds(80))
        for _ in 0..<5 { #expect(await cached.answer(request).provenance == .cached(age: .seconds(80))) }
        #expect(counting.searches == 1)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await cached.run() }
            while await cached.answer(request).provenance != .cached(age: .zero) { await Task.yield() }
            group.cancelAll()
        }
        #expect(counting.searches == 2)
        clock.advance(by: .seconds(60))
        #expect(await cached.answer(request).provenance == .cached(age: .seconds(60)))
    }
}
