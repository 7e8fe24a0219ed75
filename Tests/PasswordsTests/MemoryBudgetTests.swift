import Synchronization
import Testing

@testable import Passwords

struct MemoryBudgetTests {
    /// Counts who runs at the same time.
    private final class Running: Sendable {
        private let counts = Mutex((now: 0, most: 0))
        var now: Int { counts.withLock { $0.now } }
        var most: Int { counts.withLock { $0.most } }

        func begin() {
            counts.withLock { counts in
                counts.now += 1
                counts.most = max(counts.most, counts.now)
            }
        }

        func end() {
            counts.withLock { $0.now -= 1 }
        }
    }

    @Test func `given many large hashes at once, then never more run than the budget has room for`() async {
        let budget = MemoryBudget(bytes: 2 << 30)
        let running = Running()
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    await budget.withMemory(1 << 30) {
                        running.begin()
                        await Task.yield()
                        running.end()
                        return true
                    } ?? false
                }
            }
            for await isRun in group { #expect(isRun) }
        }
        #expect(running.most <= 2)
        #expect(running.now == 0)
    }

    @Test func `given a budget in use, then what waits is bounded and a cancelled one waits no longer`() async {
        let budget = MemoryBudget(bytes: 1 << 30)
        let inner = await budget.withMemory(1 << 30) {
            await withTaskGroup(of: Int?.self, returning: Int?.self) { group in
                group.addTask { await budget.withMemory(1 << 30) { 1 } }
                group.cancelAll()
                return await group.next() ?? nil
            }
        }
        #expect(inner == .some(nil))
        // Nothing is left behind: the whole budget is free again, and small work never waits.
        #expect(await budget.withMemory(2 << 30) { await budget.withMemory(1 << 20) { 2 } } == 2)
    }
}
