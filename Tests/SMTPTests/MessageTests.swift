import MailModel
import NIOCore
import Net
import Testing

@testable import SMTP

struct MessageTests {
    private static func scan(_ text: String, _ framing: MessageScanner.Framing, pieces: Int) -> (
        String, MessageScanner, Bool
    ) {
        var scanner = MessageScanner(framing, normalizes: false)
        var output = ByteBuffer()
        var input = ByteBuffer()
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            input.writeBytes(rest.prefix(pieces))
            rest = rest.dropFirst(pieces)
            if scanner.scan(&input, into: &output) == .end { return (String(buffer: output), scanner, true) }
        }
        return (String(buffer: output), scanner, false)
    }

    @Test(arguments: [1, 2, 3, 5, 1000])
    func `the header's size is known, however the message is cut`(pieces: Int) {
        let (body, scanner, isEnded) = Self.scan("A: b\r\nC: d\r\n\r\ntext\r\n\r\n.\r\n", .dots, pieces: pieces)
        #expect(isEnded)
        #expect(body == "A: b\r\nC: d\r\n\r\ntext\r\n\r\n")
        #expect(!scanner.isInHeader)
        #expect(scanner.headerSize == 14)
        #expect(scanner.size == body.utf8.count)
    }

    @Test func `a small message is delivered whole`() async {
        let services = CannedServices()
        var session = await InProcessSession(Profile.small.options, services)
        await session.send("HELO c\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nx\r\n.\r\n")
        #expect(services.messages.map(\.body) == ["x\r\n"])
        #expect(services.appended.isEmpty)
    }

    @Test(arguments: [7, 64, 10_000])
    func `a large message goes out in pieces, and none is lost`(pieces: Int) async {
        let services = CannedServices()
        var session = await InProcessSession(Profile.small.options, services)
        let body = "x: y\r\n\r\n" + String(repeating: "0123456789abc\r\n", count: 20)
        await session.send("HELO c\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n")
        await session.send(Array((body + ".\r\n").utf8), inPiecesOf: pieces)
        #expect(services.messages.map(\.body) == [body])
        #expect(services.appended.reduce(0, +) == body.utf8.count)
        if pieces == 7 { #expect(services.appended.count > 2) }
    }

    @Test func `with the common budget used up, even a small message is streamed; it is given back at the end`() async {
        let budget = GatherBudget(bytes: 16 << 10)
        let services = CannedServices()
        let options = Profile.mx.options
        let envelope = "EHLO c\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"
        var first: InProcessSession? = await InProcessSession(options, services, budget: budget)
        await first?.send(envelope + "half a message\r\n")
        #expect(budget.bytesInUse == 16 << 10)
        var second = await InProcessSession(options, services, budget: budget)
        await second.send(envelope + "x\r\n.\r\n")
        #expect(services.appended == [3])
        first = nil
        #expect(budget.bytesInUse == 0)
    }

    @Test func `a message that grows past its share of the budget is streamed from there on`() async {
        let budget = GatherBudget(bytes: 40 << 10)
        let services = CannedServices()
        var session = await InProcessSession(Profile.mx.options, services, budget: budget)
        await session.send("EHLO c\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n")
        let body = String(repeating: "0123456789abc\r\n", count: 6000)
        await session.send(Array((body + ".\r\n").utf8), inPiecesOf: 4096)
        #expect(services.messages.map(\.body) == [body])
        #expect(!services.appended.isEmpty)
        #expect(budget.bytesInUse == 0)
    }

    @Test func `a chunk without a last line end gets one`() async {
        let services = CannedServices()
        var session = await InProcessSession(Profile.mx.options, services)
        await session.send(
            "EHLO c\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nBDAT 3\r\nabcBDAT 2 LAST\r\nde")
        #expect(services.messages.map(\.body) == ["abcde\r\n"])
    }

    @Test func `a CR and its LF may come in two chunks`() async {
        let services = CannedServices()
        var session = await InProcessSession(Profile.mx.options, services)
        await session.send(
            "EHLO c\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nBDAT 2\r\na\rBDAT 1 LAST\r\n\n")
        #expect(services.messages.map(\.body) == ["a\r\n"])
    }

    @Test func `a lost connection aborts the open transaction, once`() async {
        let services = CannedServices()
        var session = await InProcessSession(Profile.mx.options, services)
        await session.send("EHLO c\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nhalf")
        await session.performer.finished()
        await session.performer.finished()
        #expect(services.aborts == 1)
        #expect(services.messages.isEmpty)
    }

    @Test func `a delivered message leaves nothing to abort`() async {
        let services = CannedServices()
        var session = await InProcessSession(Profile.mx.options, services)
        await session.send(
            "EHLO c\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nx\r\n.\r\nRSET\r\nEHLO c\r\nQUIT\r\n"
        )
        await session.performer.finished()
        #expect(services.aborts == 0)
    }

    @Test(arguments: ["RSET\r\n", "EHLO d\r\n", "STARTTLS\r\n"])
    func `a new beginning aborts the open transaction`(command: String) async {
        let services = CannedServices()
        var session = await InProcessSession(Profile.mx.options, services)
        await session.send("EHLO c\r\nMAIL FROM:<a@example.net>\r\n" + command)
        #expect(services.aborts == 1)
    }

    @Test func `the house is never asked about an empty password`() async {
        let services = CannedServices()
        var session = await InProcessSession(Profile.normalize.options, services)
        // NUL alice NUL
        await session.send("EHLO c\r\nAUTH PLAIN AGFsaWNlAA==\r\nAUTH LOGIN YWxpY2U=\r\n\r\n")
        #expect(services.logins.isEmpty)
    }

    @Test func `while a message comes in, the client owes a rate`() async {
        var session = await InProcessSession(Profile.mx.options, CannedServices())
        #expect(session.engine.minimumInputRate == nil)
        #expect(session.engine.inputTimeout == .minutes(5))
        await session.send("EHLO c\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n")
        #expect(session.engine.minimumInputRate == 500)
        #expect(session.engine.inputTimeout == .minutes(3))
    }

    /// Whole sessions, mutated: no input may trap the server, and no session may answer a line that is none.
    @Test func `mutated sessions never do harm`() async {
        var generator = SplitMix(state: 42)
        let seed = Array(
            ("EHLO c\r\nAUTH PLAIN AGFsaWNlAHNlY3JldA==\r\nMAIL FROM:<a@example.net> SIZE=5\r\nRCPT TO:<b@example.org>\r\n"
                + "DATA\r\nx: y\r\n\r\n..z\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<c@example.org>\r\nBDAT 4\r\na\r\nbBDAT 3 LAST\r\nc\r\nQUIT\r\n")
                .utf8)
        for round in 0..<600 {
            var bytes = seed
            for _ in 0...(generator.next() % 4) {
                let position = Int(generator.next() % UInt64(bytes.count))
                switch generator.next() % 3 {
                case 0: bytes[position] = UInt8(truncatingIfNeeded: generator.next())
                case 1: bytes.remove(at: position)
                default: bytes.insert(contentsOf: bytes[position...].prefix(16), at: position)
                }
            }
            let profile = Profile.allCases[round % Profile.allCases.count]
            var session = await InProcessSession(profile.options, CannedServices())
            await session.send(bytes, inPiecesOf: Int(generator.next() % 50) + 1)
            for line in session.answers().utf8.split(separator: 0x0A) {
                #expect(line.last == 0x0D)
                #expect(line.prefix(3).allSatisfy { (0x30...0x39).contains($0) })
            }
        }
    }
}
