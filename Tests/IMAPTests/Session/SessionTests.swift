import MailModel
import NIOCore
import Net
import Synchronization
import Testing

@testable import IMAP

@Suite struct SessionTests {
    private func loggedIn(_ account: MemoryAccount) async -> TestSession {
        let session = TestSession(account)
        _ = await session.ask("a LOGIN user secret")
        return session
    }

    @Test func `a login before TLS sends nothing to the accounts even in a literal`() async {
        let session = TestSession(MemoryAccount(), secure: false)
        _ = session.takeOutput()
        #expect(await session.ask("a LOGIN user {6+}\r\nsecret") == "a NO [PRIVACYREQUIRED] Logging in needs TLS.\r\n")
    }

    @Test func `STARTTLS forgets the command that was half read`() async {
        let session = TestSession(MemoryAccount(), secure: false)
        _ = await session.ask("a STARTTLS")
        #expect(session.ending == .startTLS)
        await session.tls()
        #expect(await session.ask("b NOOP") == "b OK NOOP completed.\r\n")
    }

    @Test func `a login behind STARTTLS is known to be secured`() async {
        let account = MemoryAccount()
        let session = TestSession(account, secure: false)
        _ = await session.ask("a STARTTLS")
        await session.tls()
        #expect(await session.ask("b LOGIN user secret").hasPrefix("b OK "))
        #expect(account.state.withLock { $0.logins.map(\.tls?.version) } == ["TLSv1.3"])
    }

    @Test func `bytes behind STARTTLS end the session`() {
        let session = TestSession(MemoryAccount(), secure: false)
        _ = session.takeOutput()
        session.inject()
        #expect(session.takeOutput().hasPrefix("* BYE "))
    }

    @Test func `a line over the limit is answered with its tag and dropped`() async {
        let session = await loggedIn(MemoryAccount())
        let long = String(repeating: "x", count: 70_000)
        #expect(await session.ask("b NOOP \(long)") == "b BAD Command line too long.\r\n")
        #expect(await session.ask("c NOOP") == "c OK NOOP completed.\r\n")
    }

    @Test func `before login 8 KiB are enough, however they come`() async {
        let session = TestSession(MemoryAccount())
        _ = session.takeOutput()
        for _ in 0..<100 { await session.send(String(repeating: "y", count: 1000).utf8) }
        #expect(session.takeOutput().contains("BAD Command line too long."))
        #expect(await session.ask("\r\na LOGIN user {9000}").hasSuffix("a NO [TOOBIG] Literal too big.\r\n"))
        #expect(
            await session.ask("b LOGIN {5000+}\r\n\(String(repeating: "u", count: 5000)) {5000}")
                == "b NO [TOOBIG] Literal too big.\r\n")
        #expect(session.ending == nil)
        #expect(await session.ask("c LOGIN {99999999999999999999+}").hasSuffix("* BYE Literal too big.\r\n"))
        #expect(session.ending == .closed)
    }

    @Test func `parentheses before login nest 32 deep at most`() {
        let parser = CommandParser(limits: .beforeLogin)
        func outcome(_ depth: Int) -> CommandParser.Outcome {
            let text = "a SEARCH " + String(repeating: "(", count: depth) + "ALL" + String(repeating: ")", count: depth)
            return parser.parse(Array(text.utf8)).outcome
        }
        if case .failure = outcome(32) { Issue.record("32 are allowed") }
        guard case .failure(let error) = outcome(33) else {
            Issue.record("33 are too many")
            return
        }
        #expect(error.kind == .limit)
    }

    @Test func `NUL is BAD wherever it stands`() async {
        let session = await loggedIn(MemoryAccount())
        #expect(await session.ask("b SELECT \"IN\u{0}BOX\"") == "b BAD Error in IMAP command: NUL in command.\r\n")
        #expect(await session.ask("c SELECT {3+}\r\na\u{0}b") == "c BAD Error in IMAP command: NUL in command.\r\n")
    }

    @Test func `what stands behind a message is no command, however long`() async {
        let session = await loggedIn(MemoryAccount())
        let tail = String(repeating: "z", count: 70_000) + " b LOGOUT"
        let output = await session.ask("a APPEND INBOX {3+}\r\nabc\(tail)")
        #expect(output == "a BAD Error in IMAP command: Expected the end of the line behind the message.\r\n")
        #expect(await session.ask("c NOOP") == "c OK NOOP completed.\r\n")
    }

    @Test func `too many errors end the session`() async {
        let session = TestSession(MemoryAccount())
        var output = ""
        for number in 0..<10 { output = await session.ask("t\(number) NONSENSE") }
        #expect(output.hasSuffix("* BYE Too many invalid IMAP commands.\r\n"))
        #expect(session.ending == .closed)
    }

    @Test func `failed logins count as errors, whatever the reason`() async {
        let session = TestSession(MemoryAccount())
        var output = ""
        for number in 0..<10 { output = await session.ask("t\(number) LOGIN user wrong\(number)") }
        #expect(output.hasSuffix("* BYE Too many invalid IMAP commands.\r\n"))
    }

    @Test func `a session that ends in the middle releases what it held`() async throws {
        let account = MemoryAccount()
        let session = await loggedIn(account)
        _ = await session.ask("b SELECT INBOX")
        _ = await session.ask("c APPEND INBOX {100}\r\nhalf")
        #expect(account.state.withLock { $0.openAppends } == 1)
        await session.finish()
        #expect(account.state.withLock { $0.openAppends } == 0)
        #expect(account.state.withLock { $0.openMailboxes } == 0)
        #expect(account.state.withLock { $0.mailboxes[.inbox]?.messages.count } == 0)
    }

    @Test func `over quota is said before the message is sent`() async {
        let session = await loggedIn(MemoryAccount(quota: 10))
        #expect(
            await session.ask("b APPEND INBOX {11}")
                == "b NO [OVERQUOTA] Quota exceeded (mailbox for user is full).\r\n")
        #expect(
            await session.ask("c APPEND INBOX {11+}\r\n01234567890")
                == "c NO [OVERQUOTA] Quota exceeded (mailbox for user is full).\r\n")
        #expect(await session.ask("d NOOP") == "d OK NOOP completed.\r\n")
    }

    @Test func `a mailbox that was replaced under the session ends it`() async throws {
        let account = MemoryAccount()
        let session = await loggedIn(account)
        _ = await session.ask("b CREATE Box")
        _ = await session.ask("c SELECT Box")
        try await account.delete(try #require(MailboxName(parts: [Array("Box".utf8)])))
        try await account.create(try #require(MailboxName(parts: [Array("Box".utf8)])), specialUse: nil)
        #expect(await session.ask("d NOOP") == "* BYE The selected mailbox was replaced.\r\n")
        #expect(session.ending == .closed)
    }

    @Test func `timeouts are short before login and 30 minutes behind it`() async {
        let session = TestSession(MemoryAccount())
        #expect(session.engine.inputTimeout == .minutes(3))
        _ = await session.ask("a LOGIN user secret")
        #expect(session.engine.inputTimeout == .minutes(30))
        _ = session.takeOutput()
        session.timeOut()
        session.shutDown()
        #expect(session.takeOutput() == "* BYE Disconnected for inactivity.\r\n* BYE Server shutting down.\r\n")
    }

    @Test func `a big FETCH from the view is written in pieces`() async throws {
        let account = MemoryAccount()
        for _ in 0..<5000 { _ = try account.deliver("\r\n") }
        let session = await loggedIn(account)
        _ = await session.ask("b SELECT INBOX")
        let output = await session.ask("c UID FETCH 1:* FLAGS")
        #expect(output.split(separator: "\r\n").count == 5001)
        #expect(output.hasSuffix("* 5000 FETCH (UID 5000 FLAGS (\\Recent))\r\nc OK Fetch completed.\r\n"))
    }

    @Test func `what an idling session finds itself while it claims recent messages is told`() async throws {
        let account = MemoryAccount()
        let session = TestSession(account)
        _ = await session.ask("l LOGIN user secret")
        _ = await session.ask("s SELECT INBOX")
        account.state.withLock { $0.foundByClaim = "Subject: just now\r\n\r\n" }
        let told = await session.ask("i IDLE")
        #expect(told.contains("* 1 EXISTS"), "\(told)")
    }

    @Test func `an idle session is small`() {
        // What every connection costs beyond the mailbox's shared view.
        #expect(MemoryLayout<IMAPServerEngine>.size < 1280)
    }

    @Test(arguments: [(Int64.max, "9987"), (.min, "0005")])
    func `a message whose file bears an absurd time can be searched by date`(seconds: Int64, year: String) async throws
    {
        let account = MemoryAccount()
        try account.change(.inbox) { _ = $0.add(Array("A: b\r\n\r\n".utf8), [], date: seconds) }
        let session = await loggedIn(account)
        _ = await session.ask("b SELECT INBOX")
        let isLate = seconds > 0
        #expect(await session.ask("c SEARCH SINCE 1-Jan-2000").hasPrefix("* SEARCH\(isLate ? " 1" : "")\r\n"))
        #expect(await session.ask("d SEARCH BEFORE 1-Jan-2000").hasPrefix("* SEARCH\(isLate ? "" : " 1")\r\n"))
        #expect(await session.ask("e FETCH 1 INTERNALDATE").contains("-\(year) "))
    }

    @Test func `a search for many single messages asks no more of each than of one`() async throws {
        let account = MemoryAccount()
        for _ in 0..<40 { _ = try account.deliver("A: b\r\n\r\n") }
        let session = await loggedIn(account)
        _ = await session.ask("b SELECT INBOX")
        let set = stride(from: 39, to: 0, by: -2).map(String.init).joined(separator: ",")
        let odd = stride(from: 1, to: 40, by: 2).map { " \($0)" }.joined()
        #expect(await session.ask("c SEARCH \(set)").hasPrefix("* SEARCH\(odd)\r\n"))
        #expect(await session.ask("d UID SEARCH UID \(set),39:* NOT 40 NOT *").hasPrefix("* SEARCH\(odd)\r\n"))
    }

    @Test func `a FETCH of many times the message is refused, not gathered`() async throws {
        let account = MemoryAccount()
        _ = try account.deliver("A: b\r\n\r\n" + String(repeating: "x", count: 300_000))
        let session = await loggedIn(account)
        _ = await session.ask("b SELECT INBOX")
        let pieces = (0..<1000).map { "BODY.PEEK[]<\($0).300000>" }
        #expect(await session.ask("c FETCH 1 (\(pieces.joined(separator: " ")))").hasPrefix("c NO [LIMIT] "))
        let few = await session.ask("d FETCH 1 (\(pieces.prefix(10).joined(separator: " ")))")
        #expect(few.count > 2_900_000)
        #expect(few.hasSuffix("d OK Fetch completed.\r\n"))
    }
}
