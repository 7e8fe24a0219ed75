import Accounts
import Directory
import MailModel
import Passwords
import PostroomTesting
import Testing

/// What Dovecot answered with OpenLDAP behind it, answered by us from the LDIF file itself.
struct LDIFConformanceTests {
    static func source(_ directory: SampleDirectory) throws -> LDIFDirectory {
        try LDIFDirectory(
            contents: Array(directory.ldif.utf8), path: "sample.ldif", verifier: Site.checker(.plain))
    }

    @Test(arguments: RecordedAnswer.all)
    func `recorded answers`(recorded: RecordedAnswer) async throws {
        let accounts = try recorded.configuration.accounts(Self.source(recorded.configuration.directory))
        #expect(await recorded.answer(accounts) == recorded.expected)
    }

    @Test func `the account behind a recorded login`() async throws {
        let accounts = try DovecotConfiguration.vennedey.accounts(Self.source(.vennedey))
        let account = try #require(await accounts.logIn(LoginRequest("MAIL000", "mail000pw")).outcome.account)
        #expect(account.login == "mail000")
        #expect(account.location == .here(.init(format: .maildir, path: Array("/home/mail/mail000/mailbox".utf8))))
        #expect(account.owner == Owner(uid: 20000, gid: 20000))
    }

    @Test func `a setup that rewrites the login out of its own reach works all the same`() async throws {
        // With Dovecot: "Authenticated user not found from userdb".
        let accounts = try DovecotConfiguration.basic.accounts(Self.source(.dmsLDAP))
        let account = try #require(
            await accounts.logIn(LoginRequest("alice@example.org", "alicepw1")).outcome.account)
        #expect(account.login == "alice")
        #expect(account.location == .here(.init(format: .maildir, path: Array("/var/mail/alice/Maildir".utf8))))
    }

    @Test func `an entry without uid and gid is no account, and no one's absence`() async throws {
        let accounts = try DovecotConfiguration.basic.accounts(Self.source(.dmsLDAP))
        let answer = await accounts.account(for: Array("outside@gmail.example".utf8), service: "lmtp")
        #expect(answer.outcome.unavailable?.kind == .misconfigured)
    }
}
