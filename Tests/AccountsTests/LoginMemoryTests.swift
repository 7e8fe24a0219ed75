import Accounts
import Directory
import MailModel
import Passwords
import Synchronization
import Testing

/// Logins while no directory answers.
struct LoginMemoryTests {
    private func memory(_ clock: ManualClock, _ time: Duration = .seconds(3600)) -> LoginMemory {
        LoginMemory(timeToLive: time, checker: Site.checker(), clock: clock.clock) { password in
            try? PasswordScheme.sha512Crypt.hashSynchronously(password, cost: 1000)
        }
    }

    private func accounts(_ site: Site, _ memory: LoginMemory?) throws -> DirectoryAccounts {
        DirectoryAccounts(try site.accounts().options, throttle: site.throttle, memory: memory)
    }

    private let right = LoginRequest("bob", Site.bobPassword)

    @Test func `unless it is asked for, nobody logs in during an outage`() async throws {
        let site = Site()
        let accounts = try accounts(site, nil)
        #expect(await accounts.logIn(right).outcome.account != nil)
        site.directory.fail(MemoryDirectory.down)
        #expect(await accounts.logIn(right).outcome.unavailable != nil)
    }

    @Test func `a password that was right is right during an outage, for an hour at most`() async throws {
        let clock = ManualClock()
        let site = Site()
        let accounts = try accounts(site, memory(clock, .seconds(100_000)))
        let account = try #require(await accounts.logIn(right).outcome.account)
        site.directory.fail(MemoryDirectory.down)
        clock.advance(.seconds(3599))
        #expect(await accounts.logIn(right).outcome.account == account)
        #expect(await accounts.logIn(LoginRequest("bob", "other")).outcome.unavailable != nil)
        #expect(await accounts.logIn(LoginRequest("bob", Site.bobPassword, from: "192.0.2.1")).outcome.account == nil)
        clock.advance(.seconds(2))
        #expect(await accounts.logIn(right).outcome.account == nil)
    }

    @Test func `a misconfiguration is no outage`() async throws {
        let site = Site()
        let accounts = try accounts(site, memory(ManualClock()))
        #expect(await accounts.logIn(right).outcome.account != nil)
        site.directory.fail(UnavailableReason(.misconfigured, "bind refused"))
        #expect(await accounts.logIn(right).outcome.account == nil)
    }

    @Test func `an account seen gone, or with another password, is not remembered`() async throws {
        let site = Site()
        let accounts = try accounts(site, memory(ManualClock()))
        for change in 0..<2 {
            site.directory.state.withLock {
                $0.entries = Site.entries()
                $0.passwords = [:]
                for (name, password) in Site.passwords { $0.passwords[name.lowercased()] = password }
            }
            #expect(await accounts.logIn(right).outcome.account != nil)
            if change == 0 {
                site.directory.state.withLock { $0.entries = [] }
                #expect(await accounts.account(for: Array("bob".utf8), service: "lmtp").outcome.isAbsent)
            } else {
                site.directory.state.withLock { $0.passwords = [:] }
                #expect(await accounts.logIn(right).outcome.rejection == .wrongPassword)
            }
            site.directory.fail(MemoryDirectory.down)
            #expect(await accounts.logIn(right).outcome.account == nil, "\(change)")
            site.directory.fail(nil)
        }
    }
}

/// Where we mean what the site's author meant, and Dovecot doesn't; each can be switched back.
struct DesignedDifferenceTests {
    @Test(arguments: [true, false])
    func `a login that its own database renames out of reach`(isOn: Bool) async throws {
        var site = Site()
        site.filter = "(mail=%u)"
        site.userFilter = "(mail=%u)"
        var options = try site.accounts().options
        options.findsRenamedLogin = isOn
        let accounts = DirectoryAccounts(options, throttle: site.throttle)
        let outcome = await accounts.logIn(LoginRequest("bob@example.org", Site.bobPassword)).outcome
        #expect((outcome.account != nil) == isOn)
        #expect((outcome.unavailable?.kind == .misconfigured) == !isOn)
    }

    @Test(arguments: [true, false])
    func `an entry that shows no password is asked by a bind`(isOn: Bool) async throws {
        var site = Site()
        site.check = .compare
        site.passMapping = "uid=user,unicodePwd=password"
        var options = try site.accounts().options
        options.asksUnreadablePasswordByBind = isOn
        let accounts = DirectoryAccounts(options, throttle: site.throttle)
        let result = await accounts.logIn(LoginRequest("bob", Site.bobPassword))
        #expect((result.outcome.account != nil) == isOn)
        #expect(result.steps.contains { "\($0)".contains("asking by a bind") } == isOn)
        #expect(await accounts.logIn(LoginRequest("bob", "wrong")).outcome.rejection == .wrongPassword)
    }
}
