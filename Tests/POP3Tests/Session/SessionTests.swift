import MailModel
import NIOCore
import Net
import Synchronization
import Testing

@testable import POP3

@Suite struct `A POP3 session` {
    private func loggedIn(_ account: MemoryAccount) async -> TestSession {
        let session = TestSession(account)
        _ = session.takeOutput()
        _ = await session.ask("USER anna")
        #expect(await session.ask("PASS secret") == "+OK Logged in.\r\n")
        return session
    }

    @Test func `answers ten thousand commands sent at once, and holds few of the answers`() async {
        let account = MemoryAccount()
        for _ in 0..<100 { account.deliver("Subject: x\r\n\r\n" + String(repeating: "line\r\n", count: 200)) }
        let session = await loggedIn(account)
        await session.send(String(repeating: "LIST\r\nRETR 1\r\n", count: 5000).utf8)
        let output = session.takeOutput()
        #expect(output.utf8.count > 5000 * 1200)
        #expect(session.largestOutput < 512 << 10)
        #expect(session.ending == nil)
    }

    @Test func `cuts off a client that sends nothing but nonsense`() async {
        let session = TestSession(MemoryAccount())
        await session.send(String(repeating: "XYZZY\r\n", count: 10_000).utf8)
        #expect(session.ending == .closed)
        #expect(session.takeOutput().hasSuffix("-ERR Too many bad commands.\r\n"))
    }

    @Test func `a line without end is dropped as it comes`() async {
        let session = TestSession(MemoryAccount())
        _ = session.takeOutput()
        for _ in 0..<1000 { await session.send(repeatElement(UInt8(ascii: "A"), count: 16 << 10)) }
        #expect(session.unread == 0)
        #expect(await session.ask("") == "-ERR Line too long.\r\n")
        #expect(await session.ask("QUIT") == "+OK Bye.\r\n")
    }

    @Test func `a message of many megabytes leaves in pieces`() async {
        let account = MemoryAccount()
        let line = String(repeating: "x", count: 998) + "\r\n"
        account.deliver("Subject: big\r\n\r\n" + String(repeating: line, count: 8000))
        let session = await loggedIn(account)
        await session.send("RETR 1\r\n".utf8)
        let output = session.takeOutput()
        #expect(output.utf8.count > 8_000_000)
        #expect(output.hasSuffix("xx\r\n.\r\n"))
        #expect(session.largestOutput < 256 << 10)
    }

    @Test func `forgets a name given before the handshake, and tells the services of TLS`() async {
        let account = MemoryAccount()
        let session = TestSession(account, secure: false)
        _ = session.takeOutput()
        #expect(await session.ask("STLS") == "+OK Begin TLS negotiation now.\r\n")
        #expect(session.ending == .startTLS)
        await session.tls()
        _ = await session.ask("USER anna")
        _ = await session.ask("PASS secret")
        #expect(account.state.withLock { $0.logins.last?.tls?.version } == "TLSv1.3")
    }

    @Test func `refuses what came behind STLS in the clear`() {
        let session = TestSession(MemoryAccount(), secure: false)
        _ = session.takeOutput()
        session.inject()
        #expect(session.takeOutput() == "-ERR Commands came before the TLS handshake.\r\n")
    }

    @Test func `removes nothing when its time is over or the server stops`() async {
        for ends in [TestSession.timeOut, TestSession.shutDown] {
            let account = MemoryAccount()
            account.deliver("Subject: x\r\n\r\n")
            let session = await loggedIn(account)
            _ = await session.ask("DELE 1")
            ends(session)()
            await session.finish()
            #expect(account.state.withLock { $0.messages.count } == 1)
            #expect(account.state.withLock { $0.updates } == 0)
            #expect(session.takeOutput().hasPrefix("-ERR "))
        }
    }

    @Test func `notes what was retrieved, and not what was looked into`() async {
        let account = MemoryAccount()
        for number in 1...3 { account.deliver("Subject: \(number)\r\n\r\n") }
        let session = await loggedIn(account)
        _ = await session.ask("RETR 1")
        _ = await session.ask("TOP 2 1")
        _ = await session.ask("RETR 3")
        _ = await session.ask("DELE 3")
        #expect(await session.ask("QUIT") == "+OK Logging out, messages deleted.\r\n")
        #expect(account.state.withLock { $0.seen } == [1])
        #expect(account.state.withLock { $0.messages.count } == 2)
    }

    @Test func `says why a mailbox can't be opened`() async {
        let account = MemoryAccount()
        let session = TestSession(account)
        _ = session.takeOutput()
        for (kind, code) in [
            (MailboxFailure.Kind.misconfigured, "[SYS/PERM]"), (.unavailable, "[SYS/TEMP]"), (.noSpace, "[SYS/TEMP]"),
        ] {
            account.state.withLock { $0.failure = MailboxFailure(kind, "/secret/path") }
            _ = await session.ask("USER anna")
            let answer = await session.ask("PASS secret")
            #expect(answer.hasPrefix("-ERR \(code) "))
            #expect(!answer.contains("/secret"))
        }
    }
}
