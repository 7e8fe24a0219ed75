import CoreMetrics
import LDAP
import MetricsTestKit
import PostroomTesting
import Synchronization
import Testing

@testable import Directory

/// The figures that an operator watches.
@Suite struct DirectoryMetricsTests {
    /// One that answers as its test says, under a name that no other test's metrics have.
    private final class ToldDirectory: DirectorySource {
        let name = "told-\(SeededName.next())"
        let outcome = Mutex(DirectorySearchOutcome.entries([]))

        func search(_ request: SearchRequest) async -> DirectorySearchOutcome { outcome.withLock { $0 } }

        func checkPassword(name: String, password: [UInt8]) async -> PasswordVerdict { .accepted }
    }

    private enum SeededName {
        private static let count = Mutex(0)

        static func next() -> Int {
            count.withLock { count in
                count += 1
                return count
            }
        }
    }

    private static func request(_ uid: String) -> SearchRequest {
        SearchRequest(base: "dc=example", filter: .equality("uid", bytes(uid)), attributes: ["mail"])
    }

    private static func entry(_ uid: String) -> DirectorySearchOutcome {
        .entries([LDAPEntry(name: "uid=\(uid),dc=example", attributes: [])])
    }

    private static func counted(_ source: String, _ directory: String) throws -> Int64 {
        try RecordedMetrics.all.expectCounter(
            "directory_answers", [("directory", directory), ("source", source)]
        ).totalValue
    }

    @Test func `every answer is counted by where it came from`() async throws {
        _ = RecordedMetrics.all
        let directory = ToldDirectory()
        let clock = SharedClock()
        var options = DirectoryCacheOptions()
        options.foundLifetime = .seconds(60)
        options.staleTime = .seconds(3600)
        let cache = CachedDirectory(directory, options: options, now: { clock.now })
        directory.outcome.withLock { $0 = Self.entry("anna") }
        _ = await cache.search(Self.request("anna"))
        #expect(try Self.counted("live", directory.name) == 1)
        _ = await cache.search(Self.request("anna"))
        #expect(try Self.counted("cached", directory.name) == 1)
        #expect(
            try RecordedMetrics.all.expectGauge("directory_reachable", [("directory", directory.name)]).lastValue == 1)
        directory.outcome.withLock { $0 = .failed(UnavailableReason(.unreachable, "down")) }
        clock.advance(by: .seconds(600))
        _ = await cache.search(Self.request("anna"))
        #expect(try Self.counted("stale", directory.name) == 1)
        _ = await cache.search(Self.request("ben"))
        #expect(try Self.counted("failed", directory.name) == 1)
        #expect(
            try RecordedMetrics.all.expectGauge("directory_reachable", [("directory", directory.name)]).lastValue == 0)
        let times = try RecordedMetrics.all.expectTimer("directory_search", [("directory", directory.name)])
        #expect(times.values.count >= 2)
    }

    @Test func `the shrinking guard's alarm is a gauge, and what it doubts is counted`() async throws {
        _ = RecordedMetrics.all
        let directory = ToldDirectory()
        let shrinking = ShrinkingGuard(directory)
        let users = (0..<30).map { "user\($0)" }
        for user in users {
            directory.outcome.withLock { $0 = Self.entry(user) }
            _ = await shrinking.search(Self.request(user))
        }
        directory.outcome.withLock { $0 = .entries([]) }
        for user in users { _ = await shrinking.search(Self.request(user)) }
        #expect(shrinking.isRaised)
        let labels = [("directory", directory.name)]
        #expect(try RecordedMetrics.all.expectGauge("directory_shrinking", labels).lastValue == 1)
        #expect(try RecordedMetrics.all.expectCounter("directory_doubted_answers", labels).totalValue > 0)
        shrinking.accept()
        #expect(try RecordedMetrics.all.expectGauge("directory_shrinking", labels).lastValue == 0)
    }
}
