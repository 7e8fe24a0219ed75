import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import IMAP

/// Broken input of all kinds: nothing may trap, and the session must answer or close.
@Suite struct MutationTests {
    static let commands = [
        "a LOGIN user {6+}\r\nsecret\r\n", "a LIST (SUBSCRIBED) \"\" (a % *) RETURN (STATUS (MESSAGES))\r\n",
        "a FETCH 1:*,3 (FLAGS BODY.PEEK[1.2.HEADER.FIELDS (A B)]<1.2> ENVELOPE)\r\n",
        "a SEARCH CHARSET UTF-8 OR (FROM x) NOT 1:5 SINCE 1-Jan-2020 HEADER a \"b\"\r\n",
        "a APPEND INBOX (\\Seen) \"17-Jul-1996 02:44:25 -0700\" {5+}\r\nhello\r\n",
        "a UID STORE 1 +FLAGS (\\Seen x)\r\n",
        "a APPEND INBOX (\\Seen) {2+}\r\nab CATENATE (URL \"/INBOX;UIDVALIDITY=99/;UID=1/;SECTION=1/;PARTIAL=0.9\""
            + " TEXT {3+}\r\nabc) ~{4+}\r\nabcd\r\n",
        "a ENABLE UTF8=ACCEPT\r\na REPLACE 1 INBOX UTF8 (~{2+}\r\nab)\r\n",
        "a FETCH 1 (BINARY[1]<0.3> BINARY.SIZE[] BINARY.PEEK[1.2])\r\n",
        "a SETMETADATA INBOX (/private/comment \"x\" /shared/b ~{3+}\r\nabc)\r\na GETMETADATA (DEPTH 1 MAXSIZE 2) INBOX (/private)\r\n",
        "a NOTIFY SET STATUS (selected (MessageNew (UID BODY.PEEK[]) MessageExpunge FlagChange)) (subtree (a INBOX) (MailboxName))\r\n",
        "a ENABLE IMAP4rev2 METADATA\r\na LIST (SPECIAL-USE REMOTE) \"\" (\"%\") RETURN (METADATA (/private/x) STATUS (SIZE))\r\n",
        "a COMPRESS DEFLATE\r\na UNAUTHENTICATE\r\n",
        "a ID (\"a\" NIL)\r\na CREATE \"&APw-\" (USE (\\Junk))\r\n", "a IDLE\r\nDONE\r\n",
        "a AUTHENTICATE PLAIN =\r\n*\r\n",
        "a SEARCH RETURN (MIN SAVE PARTIAL -1:-5 UPDATE) CHARSET KOI8-R OR $ TEXT x\r\na UID FETCH $ FLAGS (PARTIAL 1:5)\r\n",
        "a SORT RETURN (COUNT ALL) (REVERSE DISPLAYFROM SUBJECT DATE) UTF-8 ALL\r\na UID THREAD REFERENCES UTF-8 BODY x\r\n",
        "a ESEARCH IN (mailboxes (\"a\" INBOX) subtree b personal) RETURN (MAX) SUBJECT x\r\na CANCELUPDATE \"a\"\r\n",
        "a UID MOVE 1:* Other\r\na EXPUNGE\r\na SELECT INBOX\r\na FETCH 1:* (BODYSTRUCTURE RFC822)\r\n",
    ]

    @Test(arguments: 0..<20)
    func `mutated commands do no harm`(_ seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed) &+ 1000)
        let account = MemoryAccount()
        _ = try account.deliver(
            "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n")
        for _ in 0..<150 {
            let session = TestSession(account)
            if Bool.random(using: &random) {
                _ = await session.ask("l LOGIN user secret")
                _ = await session.ask("s SELECT INBOX")
            }
            for _ in 0..<3 {
                let command = Array((Self.commands.randomElement(using: &random) ?? "").utf8)
                await session.send(Self.mutate(command, &random))
            }
            await session.finish()
        }
    }

    @Test(arguments: 0..<20)
    func `mutated messages are still messages`(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed) &+ 2000)
        let items = DovecotComparisonTests.items
        for _ in 0..<60 {
            let entry = try #require(MIMECorpus.all.randomElement(using: &random))
            let bytes = Self.mutate(Array(entry.bytes.prefix(4000)), &random)
            for _ in 0..<4 {
                let item = items.randomElement(using: &random) ?? "BODY"
                #expect(try !DovecotComparisonTests.ours(bytes, item, number: 1).isEmpty)
            }
            let span = bytes.span
            let structure = MIMEStructure.parse(span)
            for part in structure.parts {
                #expect(part.header.lowerBound >= 0 && part.body.upperBound <= bytes.count)
                #expect(part.header.upperBound <= part.body.lowerBound)
            }
            _ = MessageTextSearch().body(has: TextPattern(Array("x".utf8)), in: span, structure)
        }
    }

    static func mutate(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 0..<5, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            case 2:
                bytes.insert(Array("(){}\"\\*%[]<>\r\n-=?;: &+0".utf8).randomElement(using: &random) ?? 0, at: place)
            case 3: bytes.removeSubrange(place..<min(bytes.count, place + 9))
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 20)], at: place)
            }
        }
        return bytes
    }
}
