import Directory
import LookupTables
import Synchronization
import Testing

/// A table whose answer the test chooses, and that counts how often it is asked.
private final class CountingTable: LookupTable {
    let name = "test:domains"
    let location: Directory.SourceLocation? = nil
    let isPattern = false
    let outcome = Mutex<Outcome<[UInt8]>>(.absent)
    let questions = Atomic<Int>(0)

    func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        questions.add(1, ordering: .relaxed)
        return Answer(outcome.withLock { $0 })
    }
}

@Suite struct `The memory of a domain list` {
    private let domain = Array("example.org".utf8)

    @Test func `a domain that is ours is asked for once in a lifetime`() async {
        let table = CountingTable()
        table.outcome.withLock { $0 = .found(Array("anna@example.org,ben@example.org".utf8)) }
        let time = Mutex(ContinuousClock.now)
        let remembered = RememberedMembership(table, lifetime: .seconds(60)) { time.withLock { $0 } }
        for _ in 0..<5 {
            guard case .found = await remembered.lookup(domain).outcome else {
                Issue.record("the domain is ours")
                return
            }
        }
        #expect(table.questions.load(ordering: .relaxed) == 1)
        time.withLock { $0 += .seconds(61) }
        _ = await remembered.lookup(domain)
        #expect(table.questions.load(ordering: .relaxed) == 2)
    }

    @Test func `neither "no" nor "can't say" is remembered`() async {
        let table = CountingTable()
        let remembered = RememberedMembership(table, lifetime: .seconds(60))
        #expect(await remembered.lookup(domain).outcome == .absent)
        table.outcome.withLock { $0 = .unavailable(UnavailableReason(.unreachable, "down")) }
        #expect(await remembered.lookup(domain).outcome == .unavailable(UnavailableReason(.unreachable, "down")))
        table.outcome.withLock { $0 = .found([1]) }
        #expect(await remembered.lookup(domain).outcome == .found([1]))
        #expect(table.questions.load(ordering: .relaxed) == 3)
    }
}
