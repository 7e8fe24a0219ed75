import MailModel
import NIOCore
import Testing

@testable import IMAP

/// What we answer to FETCH is, octet for octet, what Dovecot answers.
@Suite struct DovecotComparisonTests {
    static let items = [
        "RFC822.SIZE", "ENVELOPE", "BODY", "BODYSTRUCTURE", "BODY.PEEK[]", "BODY.PEEK[HEADER]", "BODY.PEEK[TEXT]",
        "RFC822.HEADER", "BODY.PEEK[1]", "BODY.PEEK[2]", "BODY.PEEK[3]", "BODY.PEEK[1.MIME]", "BODY.PEEK[2.MIME]",
        "BODY.PEEK[1.HEADER]", "BODY.PEEK[2.HEADER]", "BODY.PEEK[1.TEXT]", "BODY.PEEK[2.TEXT]", "BODY.PEEK[1.1]",
        "BODY.PEEK[1.2]", "BODY.PEEK[2.1]", "BODY.PEEK[2.2]", "BODY.PEEK[1.1.1]", "BODY.PEEK[1.1.MIME]",
        "BODY.PEEK[1.1.2]", "BODY.PEEK[1.1.HEADER]", "BODY.PEEK[1.1.TEXT]", "BODY.PEEK[1.1.1.1]", "BODY.PEEK[2.1.MIME]",
        "BODY.PEEK[HEADER.FIELDS (Subject FROM content-type)]", "BODY.PEEK[HEADER.FIELDS.NOT (Subject From)]",
        "BODY.PEEK[1.HEADER.FIELDS (Subject)]", "BODY.PEEK[HEADER.FIELDS (\"x y\" nosuch)]", "BODY.PEEK[]<5.20>",
        "BODY.PEEK[TEXT]<0.4>", "BODY.PEEK[HEADER]<100000.5>", "BODY.PEEK[HEADER.FIELDS (Subject)]<3.4>",
        "BODY.PEEK[1]<2.3>",
    ]

    @Test func `every item of every message is as Dovecot has it`() throws {
        let corpus = MIMECorpus.all
        let cases = corpus.enumerated().flatMap { number, entry in
            Self.items.map { (number: number + 1, entry: entry, item: $0) }
        }
        let answers = try DovecotReference.fetches(
            messages: corpus.map(\.bytes), commands: cases.map { "FETCH \($0.number) \($0.item)" })
        try #require(answers.count == cases.count)
        var differences = 0
        for (theirs, (number, entry, item)) in zip(answers, cases) {
            let ours = try Self.ours(entry.bytes, item, number: number)
            let isException = DovecotExceptions.reason(entry.name, item) != nil
            guard (ours == theirs) == isException else { continue }
            differences += 1
            // The first ones are enough to see what is wrong.
            guard differences <= 60 else { continue }
            Issue.record(
                """
                \(entry.name): \(item) \(isException ? "is no exception" : "")
                theirs: \(String(decoding: theirs, as: UTF8.self).debugDescription)
                ours:   \(String(decoding: ours, as: UTF8.self).debugDescription)
                """)
        }
        #expect(differences == 0)
    }

    /// What can be asked of one part, its number being `p`.
    private static let partItems = [
        "BODY.PEEK[p]", "BODY.PEEK[p]<1.7>", "BODY.PEEK[p.MIME]", "BODY.PEEK[p.MIME]<3.9>", "BODY.PEEK[p.HEADER]",
        "BODY.PEEK[p.TEXT]", "BODY.PEEK[p.TEXT]<0.3>", "BODY.PEEK[p.HEADER.FIELDS (Subject From)]",
        "BODY.PEEK[p.HEADER.FIELDS.NOT (Subject)]", "BODY.PEEK[p.HEADER.FIELDS.NOT (Subject)]<2.5>",
    ]
    private static let binaryItems = ["BINARY.PEEK[p]", "BINARY.PEEK[p]<2.5>", "BINARY.SIZE[p]"]

    /// Every part's number, and one behind the last of each.
    private static func numbers(_ structure: MIMEStructure) -> [String] {
        var found: [String] = []
        func walk(_ path: [Int]) {
            guard path.count < 20 else { return }
            for number in 1...50 {
                let next = path + [number]
                found.append(next.map(String.init).joined(separator: "."))
                guard structure.part(numbered: next) != nil else { return }
                walk(next)
            }
        }
        walk([])
        return found
    }

    private static func compare(_ entries: [MIMECorpus.Entry], _ items: [String]) throws {
        let cases = entries.enumerated().flatMap { number, entry in
            let message = crlf(entry.bytes)
            return numbers(MIMEStructure.parse(message.span)).flatMap { part in
                items.map { (number: number + 1, entry: entry, item: $0.replacing("[p", with: "[\(part)")) }
            }
        }
        let answers = try DovecotReference.fetches(
            messages: entries.map(\.bytes), commands: cases.map { "FETCH \($0.number) \($0.item)" })
        try #require(answers.count == cases.count)
        var differences = 0
        for (theirs, (number, entry, item)) in zip(answers, cases) {
            let ours = try ours(entry.bytes, item, number: number)
            let isException = DovecotExceptions.reason(entry.name, item) != nil
            guard (ours == theirs) == isException else { continue }
            differences += 1
            guard differences <= 60 else { continue }
            Issue.record(
                """
                \(entry.name): \(item) \(isException ? "is no exception" : "")
                theirs: \(String(decoding: theirs, as: UTF8.self).debugDescription)
                ours:   \(String(decoding: ours, as: UTF8.self).debugDescription)
                """)
        }
        #expect(differences == 0)
    }

    @Test func `every section of every part is as Dovecot has it`() throws {
        try Self.compare(MIMECorpus.nested, Self.partItems)
    }

    @Test func `every part without its encoding is as Dovecot has it`() throws {
        try Self.compare(MIMECorpus.nested, Self.binaryItems)
    }

    static func ours(_ bytes: [UInt8], _ item: String, number: Int) throws -> [UInt8] {
        let result = CommandParser(limits: .afterLogin).parse(Array("a FETCH 1 \(item)".utf8))
        guard case .command(.fetch(_, let items, _, _)) = result.outcome else { return [] }
        let message = Self.crlf(bytes)
        let renderer = FetchRenderer(items) { _ in 0 }
        var fetched = FetchedMessage(uid: 1, internalDate: 0, size: UInt64(message.count))
        let header = MIMEStructure.headerRange(message.span)
        if renderer.needs.contains(.header) {
            fetched.content = ByteBuffer(bytes: message[header])
        } else if renderer.needs.contains(.outline),
            let outline = MIMEOutline(message.span, MIMEStructure.parse(message.span), limit: 1 << 20)
        {
            fetched.content = ByteBuffer(bytes: outline.headers)
            fetched.outline = outline.structure
        } else if renderer.needs.contains(.summary) {
            fetched.content = ByteBuffer(bytes: SummaryHeader.make(message.span, header: header))
        } else {
            fetched.content = ByteBuffer(bytes: message)
        }
        let rendered = try renderer.render(fetched)
        return Array("* \(number) FETCH (".utf8) + Array(rendered.items.readableBytesView) + Array(")".utf8)
    }

    static func crlf(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for byte in bytes {
            if byte == 0x0A, result.last != 0x0D { result.append(0x0D) }
            result.append(byte)
        }
        return result
    }
}

/// Where Dovecot 2.3.19 answers something that we do not want to answer, and why.
enum DovecotExceptions {
    static func reason(_ message: String, _ item: String) -> String? {
        switch (message, item) {
        case ("message ended by boundary", "BODY"), ("message ended by boundary", "BODYSTRUCTURE"),
            ("message ended by boundary", "BODY.PEEK[1]"),
            ("message ended by boundary", "BODY.PEEK[1.HEADER.FIELDS (Subject)]"):
            "It counts the line end before the boundary twice, against RFC 2046 §5.1.1 and its own BODY[1.HEADER]."
        case ("type text/plain; n*0=a; N*1=b; m*0=c; z=1", "BODY"),
            ("type text/plain; n*0=a; N*1=b; m*0=c; z=1", "BODYSTRUCTURE"):
            "It takes n*0 and N*1 for two parameters; their names know no case (RFC 2045 §5.1)."
        case ("RFC 2231 out of order", "BODY"), ("RFC 2231 out of order", "BODYSTRUCTURE"):
            "It shows c* as c*1*, a continuation of something that is not there (RFC 2231 §4)."
        case ("empty parts of all kinds", "BODY"), ("empty parts of all kinds", "BODYSTRUCTURE"),
            ("empty parts of all kinds", "BODY.PEEK[4]"),
            ("empty parts of all kinds", "BODY.PEEK[4]<1.7>"),
            ("empty parts of all kinds", "BODY.PEEK[4.HEADER.FIELDS.NOT (Subject)]"),
            ("empty parts of all kinds", "BINARY.PEEK[4]"), ("empty parts of all kinds", "BINARY.SIZE[4]"):
            "It counts the line end before the boundary twice, against RFC 2046 §5.1.1 and its own BODY[4.HEADER]."
        default: nil
        }
    }
}
