import MailModel
import NIOCore
import Net
import Testing

@testable import IMAP

@Suite struct SearchTests {
    private func session(_ account: MemoryAccount) async -> TestSession {
        let session = TestSession(account)
        _ = await session.ask("a LOGIN user secret")
        _ = await session.ask("b SELECT INBOX")
        return session
    }

    private func key(_ program: String) throws -> SearchKey {
        var reader = GrammarReader(Array(program.utf8), limits: .afterLogin)
        return try reader.searchProgram()
    }

    @Test(arguments: [
        ("ALL", []), ("SEEN UID 1:5 NOT FLAGGED", []), ("SUBJECT x", ["SUBJECT"]),
        ("FROM x HEADER x-y z", ["FROM", "X-Y"]),
        ("SENTON 1-Jan-2020", ["DATE"]), ("OR CC x NOT BCC y", ["BCC", "CC"]),
    ])
    func `keys of header fields need these fields alone`(_ program: String, _ fields: [String]) throws {
        let view = MailboxView(uidValidity: 1, uidNext: 1)
        let needs = SearchEvaluator(try key(program), view, recent: RecentMessages()) { _ in 0 }.needs
        #expect(needs.fields.sorted() == fields)
        #expect(!needs.wholeHeader && !needs.body)
        #expect(!needs.items.contains(.text))
    }

    @Test func `a search by header reads no body, and one by flags nothing`() async throws {
        let account = MemoryAccount()
        _ = try account.deliver("Subject: x\r\n\r\nbody\r\n")
        let mailbox = try await account.open(.inbox, readOnly: true) {}
        let view = mailbox.view
        for (program, kind, items) in [
            ("SUBJECT x", .search, [MessageItems.summary]), ("HEADER Received x", .search, [.header]),
            ("SEEN", .search, []), ("BODY body", .search, [.text]),
            ("ALL", .sort([SortCriterion(key: .size)]), [.size]), ("LARGER 1", .search, [.size]),
            ("ALL", .thread(.references), [[.summary, .internalDate]]),
        ] as [(String, SearchRequest.Kind, [MessageItems])] {
            let evaluator = SearchEvaluator(try key(program), view, recent: RecentMessages()) { _ in 0 }
            var run = SearchRun(evaluator, kind, byUID: true)
            try run.prepare()
            #expect(run.remaining == 0 ? items == [] : [run.needs.items] == items, "\(program)")
        }
        await mailbox.close()
    }

    @Test func `a long search tells how far it is`() async throws {
        let account = MemoryAccount()
        for number in 0..<7 { _ = try account.deliver("Subject: \(number)\r\n\r\nbody\r\n") }
        let session = TestSession(account, progressInterval: .zero)
        _ = await session.ask("a LOGIN user secret")
        _ = await session.ask("b SELECT INBOX")
        // The store gives three messages at a time.
        let answer = await session.ask("c SEARCH BODY body")
        let progress = answer.split(separator: "\r\n").filter { $0.hasPrefix("* OK [INPROGRESS (\"c\" ") }
        #expect(progress.map { $0.contains(" 3 7)]") } == [true, false])
        #expect(answer.hasSuffix("* SEARCH 1 2 3 4 5 6 7\r\nc OK Search completed.\r\n"))
    }

    @Test func `with IMAP4rev2 a search of old is answered as an extended one`() async throws {
        let account = MemoryAccount()
        _ = try account.deliver("Subject: x\r\n\r\nbody\r\n")
        let session = await session(account)
        session.engine.enabled.insert(.imap4rev2)
        #expect(await session.ask("c SEARCH ALL") == "* ESEARCH (TAG \"c\") ALL 1\r\nc OK Search completed.\r\n")
        #expect(await session.ask("d UID SEARCH SEEN") == "* ESEARCH (TAG \"d\") UID\r\nd OK Search completed.\r\n")
        #expect(await session.ask("e SORT (DATE) UTF-8 ALL").hasPrefix("* SORT 1\r\n"))
    }

    @Test func `references that bite their tails make threads all the same`() async throws {
        let account = MemoryAccount()
        for number in 0..<20 {
            let references = (0..<30).map { "<\(($0 * 7 + number * 3) % 20)@x>" }.joined(separator: " ")
            _ = try account.deliver("Message-ID: <\(number)@x>\r\nReferences: \(references)\r\n\r\nx\r\n")
        }
        let session = await session(account)
        for algorithm in ["REFERENCES", "REFS"] {
            let answer = await session.ask("c THREAD \(algorithm) UTF-8 ALL")
            let numbers = answer.split(separator: "\r\n")[0].split { !$0.isNumber }.compactMap { Int($0) }
            #expect(numbers.sorted() == Array(1...20))
        }
    }

    @Test func `a chain of a hundred thousand replies is a thread, and a tangle of them is refused`() {
        func facts(_ count: Int, _ references: (Int) -> [Int]) -> [Int: ThreadFacts] {
            var facts: [Int: ThreadFacts] = [:]
            for number in 0..<count {
                var fact = ThreadFacts(.refs, NoFacts())
                fact.messageID = Array("\(number)".utf8)
                fact.references = references(number).map { Array("\($0)".utf8) }
                facts[number] = fact
            }
            return facts
        }
        let chain = ReferenceThreads.forest(facts(100_000) { $0 > 0 ? [$0 - 1] : [] }, .refs)
        var output = ByteBuffer()
        chain?.write(to: &output) { UInt32($0 + 1) }
        #expect(output.readableBytes > 500_000)
        // Parents of others that each ask to hang at the end of a long chain.
        let tangle = facts(40_000) { number in
            if number < 20_000 { return number > 0 ? [number - 1] : [] }
            let parent = 100_000 + number / 2
            return number % 2 == 0 ? [parent] : [19_999, parent]
        }
        #expect(ReferenceThreads.forest(tangle, .refs) == nil)
    }

    @Test(arguments: ["OR ", "NOT ", "("])
    func `keys within keys are refused where they are too deep`(_ piece: String) async {
        let session = await session(MemoryAccount())
        let answer = await session.ask("c SEARCH " + String(repeating: piece, count: 500) + "ALL")
        #expect(answer.hasPrefix("c NO [LIMIT] "))
        let keys = String(repeating: " SEEN", count: 5_000)
        #expect(await session.ask("d SEARCH" + keys).hasPrefix("d NO [LIMIT] "))
        #expect(
            await session.ask("e SORT (" + String(repeating: "DATE ", count: 40) + "DATE) UTF-8 ALL").hasPrefix(
                "e NO [LIMIT] "))
    }

    @Test func `a message that goes while it is searched is left out`() async throws {
        let account = MemoryAccount()
        for number in 0..<8 { _ = try account.deliver("Subject: \(number)\r\n\r\nbody\r\n") }
        let session = await session(account)
        try account.change(.inbox) { mailbox in
            mailbox.messages.removeAll { $0.uid % 2 == 0 }
            mailbox.changed()
        }
        #expect(await session.ask("c SEARCH BODY body").hasPrefix("* SEARCH 1 3 5 7\r\n"))
        _ = await session.ask("d NOOP")
        try account.change(.inbox) { mailbox in
            mailbox.messages.removeAll()
            mailbox.changed()
        }
        #expect(await session.ask("e SORT (SUBJECT) UTF-8 ALL").hasPrefix("* SORT\r\n"))
    }

    @Test func `strings are of the character set that the command names`() async throws {
        let account = MemoryAccount()
        _ = try account.deliver("Subject: =?utf-8?q?=D0=BC=D0=B8=D1=80?=\r\n\r\nx\r\n")
        let session = await session(account)
        await session.send(
            Array("c SEARCH CHARSET KOI8-R SUBJECT {3+}\r\n".utf8) + [0xED, 0xC9, 0xD2] + Array("\r\n".utf8))
        #expect(session.takeOutput().hasPrefix("* SEARCH 1\r\n"))
    }
}

private struct NoFacts: MessageFacts {
    var internalDate: Int64? { 0 }
    var saveDate: Int64? { nil }
    var size: UInt64? { nil }
    var emailID: [UInt8]? { nil }
    var threadID: [UInt8]? { nil }
    func fields(named name: String) -> [[UInt8]]? { [] }
    func header(has pattern: TextPattern) -> Bool? { nil }
    func body(has pattern: TextPattern, withPartHeaders: Bool) -> Bool? { nil }
}
