import Accounts
import Synchronization
import Testing

struct ThrottleTests {
    private func site(_ clock: ManualClock, _ options: ThrottleOptions = ThrottleOptions()) -> Site {
        Site(throttle: LoginThrottle(options, clock: clock.clock))
    }

    @Test func `each failure doubles the wait before the next attempt`() async throws {
        let clock = ManualClock()
        let accounts = try site(clock).accounts()
        for _ in 0..<6 { _ = await accounts.logIn(LoginRequest("bob", "x", from: "192.0.2.1")) }
        #expect(clock.slept == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(15)])
        // Others are not held up.
        _ = await accounts.logIn(LoginRequest("eve", "x", from: "192.0.2.1"))
        _ = await accounts.logIn(LoginRequest("bob", "x", from: "192.0.2.2"))
        #expect(clock.slept.count == 5)
    }

    @Test(arguments: Site.Check.allCases)
    func `unknown users, wrong passwords and inactive accounts wait alike`(check: Site.Check) async throws {
        for (login, password) in [("nobody", "x"), ("bob", "x"), ("eve", "evepw")] {
            let clock = ManualClock()
            var site = site(clock)
            site.check = check
            site.active = .attribute("accountStatus", values: [Array("active".utf8)], whenMissing: false)
            let accounts = try site.accounts()
            for _ in 0..<3 { _ = await accounts.logIn(LoginRequest(login, password, from: "192.0.2.1")) }
            #expect(clock.slept == [.seconds(1), .seconds(2)])
        }
    }

    @Test func `a success and ten quiet minutes forgive`() async throws {
        let clock = ManualClock()
        let accounts = try site(clock).accounts()
        let wrong = LoginRequest("bob", "x", from: "192.0.2.1")
        _ = await accounts.logIn(wrong)
        _ = await accounts.logIn(LoginRequest("bob", Site.bobPassword, from: "192.0.2.1"))
        #expect(clock.slept == [.seconds(1)])
        _ = await accounts.logIn(wrong)
        #expect(clock.slept.count == 1)
        clock.advance(.seconds(601))
        _ = await accounts.logIn(wrong)
        #expect(clock.slept.count == 1)
        _ = await accounts.logIn(wrong)
        #expect(clock.slept == [.seconds(1), .seconds(1)])
    }

    @Test func `IPv6 clients count by their network`() async throws {
        let clock = ManualClock()
        let accounts = try site(clock).accounts()
        _ = await accounts.logIn(LoginRequest("bob", "x", from: "2001:db8:1:2::1"))
        _ = await accounts.logIn(LoginRequest("bob", "x", from: "2001:db8:1:2:ffff::9"))
        #expect(clock.slept == [.seconds(1)])
        _ = await accounts.logIn(LoginRequest("bob", "x", from: "2001:db8:1:3::1"))
        #expect(clock.slept.count == 1)
    }

    @Test func `a client that tries many logins is slowed down as a whole, a webmail is not`() async throws {
        for (address, waits) in [("192.0.2.1", 5), ("127.0.0.1", 0)] {
            let clock = ManualClock()
            let accounts = try site(clock).accounts()
            for number in 0..<16 { _ = await accounts.logIn(LoginRequest("user\(number)", "x", from: address)) }
            #expect(clock.slept.count == waits)
            // One good account in between does not help.
            _ = await accounts.logIn(LoginRequest("bob", Site.bobPassword, from: address))
            #expect(clock.slept.count == (waits == 0 ? 0 : waits + 1))
        }
    }

    @Test func `what would wait too long is refused, and the directory is not asked`() async throws {
        let clock = ManualClock()
        var site = site(clock, ThrottleOptions(longestWait: .seconds(3)))
        let accounts = try site.accounts()
        for _ in 0..<3 { _ = await accounts.logIn(LoginRequest("bob", "x", from: "192.0.2.1")) }
        let asked = site.directory.searches.count
        #expect(
            await accounts.logIn(LoginRequest("bob", Site.bobPassword, from: "192.0.2.1")).outcome.rejection
                == .throttled)
        #expect(site.directory.searches.count == asked)
        site = self.site(clock, ThrottleOptions(waiting: 0))
        let crowded = try site.accounts()
        #expect(await crowded.logIn(LoginRequest("bob", Site.bobPassword)).outcome.rejection == .throttled)
    }

    @Test func `an outage is nobody's failure`() async throws {
        let clock = ManualClock()
        let site = site(clock)
        site.directory.fail(MemoryDirectory.down)
        let accounts = try site.accounts()
        for _ in 0..<3 { _ = await accounts.logIn(LoginRequest("bob", "x", from: "192.0.2.1")) }
        #expect(clock.slept.isEmpty)
    }

    @Test func `one and the same wrong password is not asked about for ever`() async throws {
        let clock = ManualClock()
        let site = site(clock, ThrottleOptions(penalty: .zero, stalePasswords: StalePasswordOptions()))
        let accounts = try site.accounts()
        func logIn(_ password: String) async -> LoginOutcome {
            await accounts.logIn(LoginRequest("bob", password, from: "192.0.2.1")).outcome
        }
        for _ in 0..<10 { #expect(await logIn("old").rejection == .wrongPassword) }
        #expect(site.directory.binds.count == 3)
        // Another password is another matter, and the right one ends it.
        #expect(await logIn(Site.bobPassword).account != nil)
        #expect(await logIn("old").rejection == .wrongPassword)
        #expect(site.directory.binds.count == 5)
        for _ in 0..<5 { _ = await logIn("old") }
        #expect(site.directory.binds.count == 7)
        // Now and then it is asked about: it may have become the right one.
        clock.advance(.seconds(601))
        site.directory.state.withLock { $0.passwords["uid=bob,\(Site.people)"] = "old" }
        #expect(await logIn("old").account != nil)
    }

    @Test func `the records are bounded`() async throws {
        let clock = ManualClock()
        let accounts = try site(clock, ThrottleOptions(capacity: 8)).accounts()
        for _ in 0..<3 { _ = await accounts.logIn(LoginRequest("bob", "x", from: "192.0.2.1")) }
        for number in 0..<50 {
            _ = await accounts.logIn(LoginRequest("user\(number)", "x", from: "198.51.\(number).1"))
        }
        let slept = clock.slept.count
        // Who failed most is remembered longest.
        _ = await accounts.logIn(LoginRequest("bob", "x", from: "192.0.2.1"))
        #expect(clock.slept.count == slept + (clock.slept.last == .seconds(4) ? 1 : 0))
    }
}

struct LoginCacheTests {
    private func site(_ clock: ManualClock) -> Site {
        Site(
            throttle: LoginThrottle(clock: clock.clock),
            cache: LoginCache(timeToLive: .seconds(3600), clock: clock.clock))
    }

    @Test func `the same login is answered for a minute without asking`() async throws {
        let clock = ManualClock()
        let site = site(clock)
        let accounts = try site.accounts()
        let request = LoginRequest("bob", Site.bobPassword, from: "192.0.2.1")
        let first = await accounts.logIn(request).outcome.account
        #expect(await accounts.logIn(request).outcome.account == first)
        #expect(site.directory.binds.count == 1)
        clock.advance(.seconds(61))
        #expect(await accounts.logIn(request).outcome.account == first)
        #expect(site.directory.binds.count == 2)
    }

    @Test func `another password, user, service or client is another login`() async throws {
        let clock = ManualClock()
        let site = site(clock)
        site.directory.state.withLock { $0.passwords["uid=eve,\(Site.people)"] = "evepw" }
        let accounts = try site.accounts()
        #expect(await accounts.logIn(LoginRequest("bob", Site.bobPassword)).outcome.account?.login == "bob")
        #expect(await accounts.logIn(LoginRequest("bob", "evepw")).outcome.rejection == .wrongPassword)
        #expect(await accounts.logIn(LoginRequest("eve", Site.bobPassword)).outcome.rejection == .wrongPassword)
        #expect(await accounts.logIn(LoginRequest("eve", "evepw")).outcome.account?.login == "eve")
        let binds = site.directory.binds.count
        _ = await accounts.logIn(LoginRequest("bob", Site.bobPassword, from: "192.0.2.1"))
        var smtp = LoginRequest("bob", Site.bobPassword)
        smtp.service = "smtp"
        _ = await accounts.logIn(smtp)
        #expect(site.directory.binds.count == binds + 2)
    }

    @Test func `failures are never remembered, and off is off`() async throws {
        let clock = ManualClock()
        let site = site(clock)
        let accounts = try site.accounts()
        for _ in 0..<2 { _ = await accounts.logIn(LoginRequest("bob", "x")) }
        #expect(site.directory.binds.count == 2)
        let plain = Site()
        for _ in 0..<2 { _ = try await plain.accounts().logIn(LoginRequest("bob", Site.bobPassword)) }
        #expect(plain.directory.binds.count == 2)
    }
}

struct AddressBlockTests {
    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false),
        ("192.0.2.0/25", "192.0.2.128", false),
        ("10.0.0.0/7", "11.255.0.1", true), ("0.0.0.0/0", "203.0.113.9", true), ("192.0.2.1", "192.0.2.1", true),
        ("192.0.2.1", "192.0.2.2", false), ("2001:db8::/32", "2001:db8:ffff::1", true),
        ("2001:db8::/33", "2001:db8:8000::", false),
        ("::1", "::1", true), ("192.0.2.0/24", "::ffff:192.0.2.7", true), ("0.0.0.0/0", "2001:db8::1", false),
        ("fe80::/10", "fe80::1%eth0", true), ("192.0.2.0/24", "nonsense", false),
    ])
    func `an address is in the block or not`(block: String, address: String, isIn: Bool) throws {
        #expect(try #require(AddressBlock(block)).contains(address) == isIn)
    }

    @Test(arguments: [
        "", "x", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/", "192.0.2", "2001:db8::/129", "1.2.3.4/24/8",
    ])
    func `other text is no block`(text: String) {
        #expect(AddressBlock(text) == nil)
    }
}
