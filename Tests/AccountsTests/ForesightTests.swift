import Accounts
import Testing

/// What a login would come to, found without its password.
@Suite struct ForesightTests {
    @Test(arguments: [Site.Check.searchThenBind, .compare])
    func `the right password's outcome is foreseen without a bind and without a trace of the password`(
        check: Site.Check
    ) async throws {
        var site = Site()
        site.check = check
        let accounts = try site.accounts()
        let foresight = await accounts.foresee(LoginRequest("BOB", ""))
        #expect(foresight.outcome.account?.login == "bob" && !foresight.dependsOnPassword)
        #expect(
            foresight.outcome.account == (await accounts.logIn(LoginRequest("bob", Site.bobPassword)).outcome.account))
        #expect(!"\(foresight.steps)".contains("4P1v09Br7Dto1rXbzo76"))
        let other = Site()
        _ = await (try other.accounts()).foresee(LoginRequest("bob", ""))
        #expect(other.directory.binds.isEmpty)
    }

    @Test func `unknown, inactive and unanswered are told apart`() async throws {
        var site = Site()
        site.active = .attribute("accountStatus", values: [Array("active".utf8)], whenMissing: false)
        let accounts = try site.accounts()
        #expect(await accounts.foresee(LoginRequest("nobody", "")).outcome.rejection == .unknownUser)
        #expect(await accounts.foresee(LoginRequest("eve", "")).outcome.rejection == .inactive)
        #expect(await accounts.foresee(LoginRequest("bob\0", "")).outcome.rejection == .malformedLogin)
        site.directory.fail(MemoryDirectory.down)
        #expect(await accounts.foresee(LoginRequest("bob", "")).outcome.unavailable == MemoryDirectory.down)
        #expect(site.directory.binds.isEmpty)
    }

    @Test func `a bind by a name alone leaves open who exists`() async throws {
        var site = Site()
        site.check = .bind
        let foresight = await (try site.accounts()).foresee(LoginRequest("bob", ""))
        #expect(foresight.dependsOnPassword && site.directory.binds.isEmpty)
    }
}
