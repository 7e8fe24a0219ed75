import MailModel
import NIOCore
import Testing

@testable import IMAP

@Suite struct GrammarTests {
    private func parse(_ text: String) -> CommandParser.Outcome {
        CommandParser(limits: .afterLogin).parse(Array(text.utf8)).outcome
    }

    private func fails(_ text: String) -> Bool {
        if case .failure = parse(text) { return true }
        return false
    }

    @Test(arguments: [
        "a CAPABILITY", "a ID NIL", "a ID (\"name\" \"x\" \"version\" NIL)", "a LOGIN a b",
        "a LOGIN \"a\\\"b\" {1}\r\nx",
        "a SELECT INBOX", "a CREATE x (USE (\\Sent))", "a LIST \"\" *", "a LIST \"\" (a b%) RETURN (SUBSCRIBED)",
        "a STATUS x (MESSAGES)", "a FETCH 1:*,5,7:3 ALL",
        "a FETCH 1 (BODY.PEEK[1.2.HEADER.FIELDS (A \"b c\")]<0.5> UID)",
        "a FETCH * BODY[]", "a FETCH 1 BODY[1.MIME]", "a STORE 1 +FLAGS \\Seen kw", "a STORE 1 -FLAGS.SILENT ()",
        "a SEARCH NOT (OR FROM x TO y) 1:5,* BEFORE 1-Jan-2020", "a UID SEARCH RETURN", "a UID EXPUNGE 1:2",
        "a SEARCH HEADER X-Y \"\"", "a SEARCH ON \"01-Feb-2020\"", "a SEARCH OLDER 60 YOUNGER 5", "a NOOP ",
        "a UID MOVE 1 x", "a AUTHENTICATE PLAIN =", "a ENABLE X", "a SEARCH LARGER 0 KEYWORD x UNKEYWORD y",
        "a SEARCH RETURN () ALL", "a UID SEARCH RETURN (MIN SAVE PARTIAL -1:-5 UPDATE CONTEXT) CHARSET UTF-8 $ UID $",
        "a SORT (REVERSE DATE DISPLAYTO) UTF-8 ALL", "a SORT RETURN (COUNT) (SUBJECT) US-ASCII 1:* SEEN",
        "a UID THREAD REFS \"utf-8\" ALL", "a FETCH $ FLAGS", "a UID FETCH 1:* FLAGS (PARTIAL 1:5)", "a COPY $ x",
        "a ESEARCH ALL", "a ESEARCH IN (selected subtree-one (a \"b\") personal) RETURN (COUNT) TEXT x",
        "a CANCELUPDATE \"b\" \"c\"", "a SEARCH SAVEDON 1-Jan-2020 SAVEDATESUPPORTED SAVEDBEFORE 1-Jan-2020",
    ])
    func `what the grammar has is taken`(_ text: String) {
        if text.hasSuffix("RETURN") {
            #expect(fails(text))
        } else {
            #expect(!fails(text))
        }
    }

    @Test(arguments: [
        "a", "a LOGIN a", "a FETCH 0 ALL", "a FETCH 4294967296 ALL", "a FETCH 1 ()", "a FETCH 1 (ALL)",
        "a FETCH 1 BODY[MIME]", "a FETCH 1 BODY[0]", "a FETCH 1 BODY[1.]", "a FETCH 1 BODY[]<0.0>",
        "a FETCH 1 BODY[]<1>",
        "a STORE 1 FLAGS (\\Nonsense)", "a STORE 1 FLAG x", "a SEARCH", "a SEARCH (", "a SEARCH OR ALL", "a SEARCH NOT",
        "a SEARCH BEFORE 31-Feb-2020", "a SEARCH UID x", "a STATUS x ()", "a LIST \"\"", "a LIST (NOSUCH) \"\" *",
        "a SELECT a b", "a UID NOOP", "a UID FETCH", "a COPY 1", "a LOGIN {1}\r\n", "a LOGIN \"a\\b\" c",
        "a ID (\"x\")",
        "a LIST (RECURSIVEMATCH) \"\" *", "a SEARCH LARGER 99999999999999999999", "\u{7f} NOOP", "a  ",
        "a SEARCH RETURN MIN ALL", "a SEARCH RETURN (MIN", "a SEARCH RETURN (MIN)", "a SEARCH RETURN (PARTIAL 0:1) ALL",
        "a SEARCH RETURN (PARTIAL -1:5) ALL", "a SEARCH RETURN (PARTIAL 1:*) ALL", "a SEARCH RETURN (NOSUCH) ALL",
        "a SORT DATE UTF-8 ALL", "a SORT () UTF-8 ALL", "a SORT (REVERSE) UTF-8 ALL", "a SORT (DATE) ALL",
        "a THREAD NOSUCH UTF-8 ALL", "a THREAD REFS ALL", "a FETCH $,1 FLAGS", "a FETCH 1 FLAGS (PARTIAL 1:5)",
        "a UID FETCH 1 FLAGS (PARTIAL 1:5 PARTIAL 1:5)", "a ESEARCH IN () ALL", "a ESEARCH IN (nosuch) ALL",
        "a ESEARCH IN (mailboxes) ALL", "a ESEARCH IN (selected)", "a CANCELUPDATE", "a CANCELUPDATE b",
    ])
    func `what it has not is refused`(_ text: String) {
        #expect(fails(text))
    }

    @Test func `sequence sets know no order and may overlap`() throws {
        var reader = GrammarReader(Array("7:3,*,5:9,1,12:*".utf8), limits: .afterLogin)
        let set = try reader.sequenceSet()
        #expect(set.ranges(greatest: 10) == [1...1, 3...9, 10...12])
        #expect(set.ranges(greatest: 20) == [1...1, 3...9, 12...20])
    }

    @Test(arguments: [
        ("INBOX", "INBOX"), ("Entw&APw-rfe", "Entwürfe"), ("a&-b", "a&b"), ("&U,BTFw-", "台北"), ("&2D3eAA-", "😀"),
        ("A.B", "A/B"), ("~peter", "~peter"),
    ])
    func `mailbox names are modified UTF-7`(_ wire: String, _ name: String) throws {
        let coding = MailboxNameCoding(separator: UInt8(ascii: "."))
        let decoded = try #require(coding.decode(Array(wire.utf8)))
        #expect(decoded.description == name)
        #expect(coding.encode(decoded) == Array(wire.utf8))
    }

    @Test(arguments: [
        "&", "&AGE-", "&APw", "Entwürfe", "&APw-&APw-", "&A-", "&2D0-", "&AP!-", "a\u{1}", "", "a..b", ".a", "&AAA-",
    ])
    func `anything else is no mailbox name`(_ wire: String) {
        #expect(MailboxNameCoding(separator: UInt8(ascii: ".")).decode(Array(wire.utf8)) == nil)
    }

    @Test(arguments: [
        ("*", "a.b", true), ("%", "a.b", false), ("%", "a", true), ("a.%", "a.b", true), ("a.%", "a.b.c", false),
        ("a*c", "a.b.c", true), ("%.%", "a.b", true), ("*b%", "a.bc", true), ("inbox", "INBOX", true),
        ("inbox.*", "INBOX.x", true), ("", "a", false), ("a", "ab", false), ("%*%", "x.y", true), ("*%", "", true),
    ])
    func `list patterns`(_ pattern: String, _ name: String, _ matches: Bool) {
        #expect(ListPattern(Array(pattern.utf8), separator: UInt8(ascii: ".")).matches(Array(name.utf8)) == matches)
    }

    @Test func `dates there and back`() throws {
        for (year, month, day, number) in [
            (1970, 1, 1, 0), (2000, 2, 29, 11016), (1969, 12, 31, -1), (2024, 12, 31, 20088),
        ] {
            let date = try #require(CivilDate(year: year, month: month, day: day))
            #expect(date.day == number)
            #expect(date.components == (year, month, day))
        }
        #expect(CivilDate(year: 2023, month: 2, day: 29) == nil)
        #expect(InternalDate.text(0) { _ in -12_600 } == "31-Dec-1969 20:30:00 -0330")
    }

    @Test(
        arguments: [
            ("Mon, 7 Feb 1994 21:52:25 -0800", 8803), ("7 Feb 94 00:00", 8803), ("Feb 7", nil), ("", nil),
            ("99 Feb 1994", nil),
        ] as [(String, Int?)])
    func `the day of a Date field`(_ text: String, _ day: Int?) {
        #expect(DateField.day(Array(text.utf8))?.day == day)
    }

    @Test func `a command is the same however it is cut`() {
        let text = Array("a LOGIN {4+}\r\nuser {6}\r\nsecret\r\nb NOOP\r\n".utf8)
        func items(_ size: Int) -> [CommandFramer.Item] {
            var framer = CommandFramer()
            var items: [CommandFramer.Item] = []
            var input = ByteBuffer()
            for start in stride(from: 0, to: text.count, by: size) {
                input.writeBytes(text[start..<min(start + size, text.count)])
                while true {
                    let item = framer.next(&input, limits: .afterLogin)
                    if item == .needInput { break }
                    items.append(item)
                    if case .literal(let announcement) = item {
                        let isGathered = framer.gather(announcement, limits: .afterLogin)
                        #expect(isGathered)
                    }
                }
            }
            return items
        }
        let whole = items(text.count)
        #expect(whole.count == 4)
        for size in 1..<text.count { #expect(items(size) == whole) }
    }
}
