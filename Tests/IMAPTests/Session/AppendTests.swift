import MailModel
import NIOCore
import Synchronization
import Testing

@testable import IMAP

@Suite struct AppendTests {
    private func loggedIn(_ account: MemoryAccount) async -> TestSession {
        let session = TestSession(account)
        _ = await session.ask("a LOGIN user secret")
        return session
    }

    private static let binaryMessage: [UInt8] =
        Array(
            """
            Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r
            Content-Transfer-Encoding: binary\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nleft as it is \r
            --x\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n
            """.utf8) + [0, 10, 13, 255, 13, 10, 10, 0] + Array("\r\n--x--\r\n".utf8)

    @Test(arguments: [1, 3, 7, 1000])
    func `a binary part comes back octet for octet`(_ pieceLength: Int) async throws {
        let session = await loggedIn(MemoryAccount())
        await session.send("b APPEND INBOX ~{\(Self.binaryMessage.count)+}\r\n".utf8)
        var rest = Self.binaryMessage[...]
        while !rest.isEmpty {
            await session.send(rest.prefix(pieceLength))
            rest = rest.dropFirst(pieceLength)
        }
        #expect(await session.ask("") == "b OK [APPENDUID 99 1] Append completed.\r\n")
        _ = await session.ask("c SELECT INBOX")
        await session.send("d FETCH 1 BINARY.PEEK[2]\r\n".utf8)
        let expected = Array("* 1 FETCH (BINARY[2] ~{8}\r\n".utf8) + [0, 10, 13, 255, 13, 10, 10, 0]
        #expect(session.takeOctets().starts(with: expected))
        // What a client without BINARY sees: the part in base 64, all else as it was.
        let header = await session.ask("e FETCH 1 (BODY.PEEK[2.MIME] BODY.PEEK[1] BODY.PEEK[2])")
        #expect(header.contains("Content-Transfer-Encoding: base64\r\n"))
        #expect(header.contains("BODY[1] {14}\r\nleft as it is  BODY[2]"))
        #expect(header.contains("AAoN/w0KCgA="))
        #expect(await session.ask("f FETCH 1 BODY.PEEK[HEADER]").contains("Content-Transfer-Encoding: 8bit\r\n"))
    }

    @Test func `nothing is kept of messages that stop coming`() async throws {
        let account = MemoryAccount()
        let session = await loggedIn(account)
        await session.send("b APPEND INBOX {5+}\r\nfirst {5+}\r\nsec".utf8)
        #expect(account.state.withLock { $0.openAppends } == 1)
        await session.finish()
        #expect(account.state.withLock { $0.openAppends } == 0)
        #expect(account.state.withLock { $0.mailboxes[.inbox]?.messages.count } == 0)
    }

    @Test func `a quota that the second message does not fit refuses both`() async throws {
        let account = MemoryAccount(quota: 10)
        let session = await loggedIn(account)
        #expect(
            await session.ask("b APPEND INBOX {6+}\r\n012345 {6}")
                == "b NO [OVERQUOTA] Quota exceeded (mailbox for user is full).\r\n")
        #expect(await session.ask("c STATUS INBOX (MESSAGES)").contains("(MESSAGES 0)"))
        #expect(account.state.withLock { $0.openAppends } == 0)
    }

    @Test(arguments: ["~{5}", "{5", "{}", "{-1}", "{5++}", "{99999999999999999999999}", "{5}x", "CATENATE ((((((((("])
    func `a malformed announcement gets an answer`(_ announcement: String) async {
        let session = await loggedIn(MemoryAccount())
        let answer = await session.ask("b APPEND INBOX \(announcement)")
        #expect(announcement == "~{5}" ? answer == "+ OK\r\n" : answer.hasPrefix("b BAD") || answer.hasPrefix("b NO"))
    }

    @Test func `literals within one command are bounded`() async {
        var options = IMAPServerOptions.testing
        options.limitsAfterLogin.elements = 50
        let session = TestSession(MemoryAccount(), options)
        _ = await session.ask("a LOGIN user secret")
        #expect(await session.ask("b APPEND INBOX CATENATE (TEXT {1+}\r\nx").hasPrefix("b BAD"))
        let many = String(repeating: " {1+}\r\nx", count: 2000)
        let output = await session.ask("c APPEND INBOX\(many)")
        #expect(output.hasPrefix("c BAD Error in IMAP command: Too many messages."))
        #expect(await session.ask("d STATUS INBOX (MESSAGES)").contains("(MESSAGES 0)"))
    }

    @Test(arguments: [
        "/INBOX/;UID=1", "/INBOX;UIDVALIDITY=5/;UID=1/;SECTION=1.2.MIME/;PARTIAL=3.4", ";UID=9",
        "/a%2Fb/;uid=1/;section=HEADER.FIELDS%20(A%20B)", "imap://u;AUTH=*@h:143/INBOX/;UID=1",
        "INBOX/;UID=4294967295",
    ])
    func `URLs that name a message`(_ url: String) {
        #expect(IMAPURL(Array(url.utf8)) != nil)
    }

    @Test(arguments: [
        "", "/", "/INBOX", "/INBOX/", "/INBOX/;UID=0", "/INBOX/;UID=4294967296", "/INBOX/;UID=x", "//h/INBOX/;UID=1",
        "http://h/INBOX/;UID=1", "/INBOX;UIDVALIDITY=/;UID=1", "/INBOX/;UID=1/;SECTION=", "/INBOX/;UID=1/;SECTION=x",
        "/INBOX/;UID=1/;SECTION=1]%3C0.1", "/INBOX/;UID=1/;PARTIAL=a", "/INBOX/;UID=1/;PARTIAL=1.0", "/%/;UID=1",
        "/INBOX/;UID=1/;UID=2", "imap://@/INBOX/;UID=1", "/INBOX/;UID=1;URLAUTH=submit+a:internal:00",
    ])
    func `URLs that don't`(_ url: String) {
        #expect(IMAPURL(Array(url.utf8)) == nil)
    }

    @Test func `a command that takes long is told of`() async {
        let session = await loggedIn(MemoryAccount())
        #expect(session.stillWaiting() == "")
        session.engine.runningTag = Array("a\"1".utf8)
        #expect(session.engine.progressInterval == .seconds(15))
        #expect(session.stillWaiting() == "* OK [INPROGRESS (\"a\\\"1\" NIL NIL)] Still working on it.\r\n")
    }
}
