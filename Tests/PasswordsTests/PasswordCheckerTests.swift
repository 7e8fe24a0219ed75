import Blocking
import Passwords
import Synchronization
import Testing

struct PasswordCheckerTests {
    /// Counts what runs on the threads for slow work.
    final class Runs: Sendable {
        private let counted = Mutex(0)
        var count: Int { counted.withLock { $0 } }

        func checker(_ scheme: PasswordScheme = .crypt) -> PasswordChecker {
            PasswordChecker(defaultScheme: scheme) { work in
                self.counted.withLock { $0 += 1 }
                return work()
            }
        }
    }

    static let password = Array("sécret-1".utf8)

    @Test func `slow schemes run on other threads, quick ones at once`() async {
        let runs = Runs()
        let checker = runs.checker()
        #expect(
            await checker.check(Self.password, against: Array("{SSHA}rjVLk5/47V245GZFGW5XZ2XuOkn079e4".utf8))
                == .matches)
        #expect(runs.count == 0)
        #expect(
            await checker.check(Self.password, against: Array("$1$C0ntn4nL$vv.w0pjdnW0Uze9/0jv7d/".utf8)) == .matches)
        #expect(runs.count == 1)
        #expect(await checker.check([], against: Array("$1$C0ntn4nL$vv.w0pjdnW0Uze9/0jv7d/".utf8)) == .differs)
        #expect(runs.count == 1)
    }

    @Test func `nobody is checked as the last user was`() async {
        let runs = Runs()
        let checker = runs.checker(.ssha)
        #expect(await checker.checkForNobody(Self.password) == .differs)
        #expect(runs.count == 0)
        for stored in [
            "{CRYPT}$1$C0ntn4nL$vv.w0pjdnW0Uze9/0jv7d/", "{CRYPT}$6$rounds=1000$v/uzxJ6YRYgqzqRj$X5Qs",
            "{CRYPT}$2y$05$.hgvorVLL8taQvN",
            "{CRYPT}$5$salt$x", "{CRYPT}ab0123456789.", "{CRYPT}$y$j9T$salt$hash", "{CRYPT}_J9..saltHASHhashHAS",
        ] {
            let before = runs.count
            _ = await checker.check(Self.password, against: Array(stored.utf8))
            #expect(await checker.checkForNobody(Self.password) == .differs)
            #expect(runs.count == before + 2)
        }
    }

    @Test func `hashes run on a pool, and a pool that is shut down is no answer`() async {
        let pool = BlockingPool(name: "hash", threads: 2)
        let checker = PasswordChecker(defaultScheme: .crypt, pool: pool)
        let stored = Array("$1$C0ntn4nL$vv.w0pjdnW0Uze9/0jv7d/".utf8)
        #expect(await checker.check(Self.password, against: stored) == .matches)
        #expect(await checker.check(Array("other".utf8), against: stored) == .differs)
        #expect(await checker.checkForNobody(Self.password) == .differs)
        await pool.shutDown()
        for check in [await checker.check(Self.password, against: stored), await checker.checkForNobody(Self.password)]
        {
            guard case .unsupported = check else {
                Issue.record("\(check)")
                continue
            }
        }
    }

    @Test func `a checker without threads says so`() async {
        let checker = PasswordChecker(defaultScheme: .crypt) { _ in .unsupported("no thread is free") }
        let check = await checker.check(Self.password, against: Array("$1$C0ntn4nL$vv.w0pjdnW0Uze9/0jv7d/".utf8))
        #expect(check == .unsupported("no thread is free"))
    }
}
