import Blocking
import Glibc
import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

struct UIDListTests {
    private static let sample = """
        3 V1795224813 N3 G83720626edf4006b0b5e000083ecc375 X7
        1 :1795224813.M637916P24075.vm,S=30,W=34
        2 W34 Gabc Ppop uidl :1795224813.M684647P24080.vm

        """

    @Test func `fields of other programs survive reading and writing`() throws {
        let list = try #require(UIDList(parsing: Array(Self.sample.utf8)))
        #expect(list.uidValidity == 1_795_224_813)
        #expect(list.nextUID == 3)
        #expect(list.guid == Array("83720626edf4006b0b5e000083ecc375".utf8))
        #expect(list.records.map(\.uid) == [1, 2])
        #expect(list.records[1].virtualSize == 34)
        #expect(list.records[1].base == Array("1795224813.M684647P24080.vm".utf8))
        #expect(list.isAppendable)
        #expect(String(decoding: list.bytes, as: UTF8.self) == Self.sample)
    }

    @Test func `appended lines count for the next UID, though the header does not say so`() throws {
        let list = try #require(UIDList(parsing: Array("3 V5 N2 Gx\n7 :a\n".utf8)))
        #expect(list.nextUID == 8)
    }

    @Test func `the older version is read and never appended to`() throws {
        let list = try #require(UIDList(parsing: Array("1 5 9\n3 1.a:2,S\n8 2.b\n".utf8)))
        #expect(list.uidValidity == 5)
        #expect(list.nextUID == 9)
        #expect(list.records.map(\.base) == [Array("1.a".utf8), Array("2.b".utf8)])
        #expect(!list.isAppendable)
    }

    @Test func `a last line that was cut off costs a few UIDs and nothing else`() throws {
        let list = try #require(UIDList(parsing: Array("3 V5 N2 Gx\n1 :a\n2 :b".utf8)))
        #expect(list.records.map(\.uid) == [1])
        #expect(list.nextUID > 2)
        #expect(!list.isAppendable)
    }

    @Test(arguments: [
        "", "\n", "3\n", "3 V0 N1 Gx\n", "3 V5 N0 Gx\n", "2 V5 N1\n", "3 V99999999999 N1 Gx\n",
        "3 V5 N1 Gx\n2 :a\n1 :b\n",
        "3 V5 N1 Gx\n1 :a\n1 :b\n", "3 V5 N1 Gx\nx :a\n", "3 V5 N1 Gx\n0 :a\n", "3 V5 N1 Gx\n1 a\n",
        "3 V5 N1 Gx\n1 :\n",
        "3 V5 N1 Gx\n4294967295 :a\n", "1 5\n", "1 0 1\n",
    ])
    func `what can't be trusted is no list`(file: String) {
        #expect(UIDList(parsing: Array(file.utf8)) == nil)
    }

    @Test func `no prefix of a list makes the reader stumble`() {
        let bytes = Array(Self.sample.utf8)
        for count in 0...bytes.count { _ = UIDList(parsing: Array(bytes.prefix(count))) }
    }
}

struct ModifiedUTF7Tests {
    @Test(arguments: [
        ("INBOX", "INBOX"), ("Entwürfe", "Entw&APw-rfe"), ("a&b", "a&-b"),
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("😀", "&2D3eAA-"), ("", ""),
    ])
    func `names are written and read back`(text: String, encoded: String) {
        #expect(ModifiedUTF7.encode(Array(text.utf8)) == Array(encoded.utf8))
        #expect(ModifiedUTF7.decode(Array(encoded.utf8)) == Array(text.utf8))
    }

    @Test(arguments: ["&", "&AG8-", "&AP", "caf\u{e9}", "&2D0-", "&!!-", "a\tb", "&AOk-&AOk-"])
    func `what encode would not write is refused`(encoded: String) {
        #expect(ModifiedUTF7.decode(Array(encoded.utf8)) == nil)
    }
}

struct SubscriptionsTests {
    @Test func `the older form is read and the new one written`() throws {
        let subscriptions = Subscriptions(parsing: Array("INBOX\nArchive.2024\nEntw&APw-rfe\nINBOX\n".utf8))
        #expect(subscriptions.names.map(\.description) == ["INBOX", "Archive/2024", "Entwürfe"])
        let written = "V\t2\n\nINBOX\nArchive\t2024\nEntw&APw-rfe\n"
        #expect(String(decoding: subscriptions.bytes, as: UTF8.self) == written)
        #expect(Subscriptions(parsing: Array(written.utf8)) == subscriptions)
    }

    @Test func `lines that mean nothing here stay`() {
        let file = "V\t2\n\na\u{1}nb\nKnown\n"
        var subscriptions = Subscriptions(parsing: Array(file.utf8))
        #expect(subscriptions.names.map(\.description) == ["Known"])
        subscriptions.remove(subscriptions.names[0])
        #expect(String(decoding: subscriptions.bytes, as: UTF8.self) == "V\t2\n\na\u{1}nb\n")
    }
}

struct LineEndsTests {
    @Test(arguments: [
        ("a\r\nb\r\n", "a\nb\n"), ("a\nb", "a\nb"), ("a\r\rb\r", "a\r\rb\r"), ("\r\n\r\n", "\n\n"),
        ("a\r\r\nb", "a\r\nb"), ("", ""),
        ("\r", "\r"),
    ])
    func `CRLF becomes LF however it is cut, and both sizes are right`(text: String, expected: String) {
        let input = Array(text.utf8)
        for cut in 0...input.count {
            var converter = LineEndsToLF()
            var output: [UInt8] = []
            converter.convert(Array(input[..<cut]), into: &output)
            converter.convert(Array(input[cut...]), into: &output)
            converter.finish(into: &output)
            #expect(String(decoding: output, as: UTF8.self) == expected)
            #expect(converter.size == UInt64(output.count))
            var back = ByteBuffer()
            output.withUnsafeBytes { LineEndsToCRLF.append($0, to: &back) }
            #expect(converter.virtualSize == UInt64(back.readableBytes))
            // What a file's name says of its size, be it true or not.
            for expected in [
                0, converter.size, converter.virtualSize, converter.virtualSize + 1, converter.virtualSize &- 1,
            ] {
                var told = ByteBuffer()
                output.withUnsafeBytes { LineEndsToCRLF.append($0, expecting: expected, to: &told) }
                #expect(told == back)
            }
        }
    }

    @Test(
        arguments: [
            ("a: b\n\nc", 6), ("a: b\r\n\r\nc", 8), ("\nbody", 1), ("\r\nbody", 2), ("a\n\r\nb", 4), ("a: b\n", nil),
            ("", nil), ("a\r\r\n", nil),
        ] as [(String, Int?)])
    func `a header ends with its first empty line`(text: String, length: Int?) {
        #expect(Array(text.utf8).withUnsafeBytes { LineEndsToCRLF.headerLength($0) } == length)
    }
}

struct MessageFileNameTests {
    @Test(
        arguments: [
            ("1.a", "1.a", nil, nil), ("1.a:2,", "1.a", "", nil), ("1.a,S=30,W=34:2,FS", "1.a,S=30,W=34", "FS", 34),
            ("1.a:1,x", "1.a", "", nil), ("1.a,W=x:2,Sab", "1.a,W=x", "Sab", nil),
            ("1,W=99999999999999999999999", "1,W=99999999999999999999999", nil, nil),
        ] as [(String, String, String?, UInt64?)])
    func `a name tells the message, its flags and its size`(name: String, base: String, letters: String?, size: UInt64?)
    {
        let parsed = MessageFileName(Array(name.utf8))
        #expect(parsed.base == Array(base.utf8))
        #expect(parsed.letters == letters.map { Array($0.utf8) })
        #expect(parsed.virtualSize == size)
    }
}

struct DotLockTests {
    @Test(arguments: [(Int64.min, true), (0, true), (.max, false)])
    func `a lock file of whatever time has an age`(seconds: Int64, isStale: Bool) {
        let modified = FileStatus.Time(seconds: seconds, nanoseconds: 0)
        #expect(DotLock.isStale(Array("1:elsewhere".utf8), modified: modified) == isStale)
    }

    private let root: TemporaryMailRoot
    private let directory: DirectoryHandle

    init() throws {
        root = try TemporaryMailRoot()
        try root.directory("mail/anna")
        directory = try MailRoots([root.bytes("mail")]).open(root.bytes("mail/anna"))
    }

    private func lock() throws -> Bool {
        try DotLock.holding("x.lock", in: directory, seconds: 0) { root.names("mail/anna") == ["x.lock"] }
    }

    @Test func `the lock is there while it is held, with pid and host, and gone afterwards`() throws {
        let contents = try DotLock.holding("x.lock", in: directory, seconds: 0) {
            try root.contents("mail/anna/x.lock")
        }
        #expect(contents == "\(getpid()):\(String(decoding: UniqueName.hostForLocks, as: UTF8.self))")
        #expect(root.names("mail/anna") == [])
    }

    @Test func `a living process's lock is waited for, and then given up`() throws {
        let host = String(decoding: UniqueName.hostForLocks, as: UTF8.self)
        try root.file("mail/anna/x.lock", "1:\(host)")
        let failure = #expect(throws: MailboxFailure.self) { try lock() }
        #expect(failure?.kind == .unavailable)
        #expect(root.names("mail/anna") == ["x.lock"])
    }

    @Test(arguments: ["dead", "own"])
    func `the lock of a process that is gone is taken over`(whose: String) throws {
        let host = String(decoding: UniqueName.hostForLocks, as: UTF8.self)
        // A pid above the kernel's limit is nobody's; our own, of a lock that we do not hold, is a former life's.
        try root.file("mail/anna/x.lock", "\(whose == "own" ? getpid() : 4_194_305):\(host)")
        #expect(try lock())
        #expect(root.names("mail/anna") == [])
    }

    @Test(arguments: ["", "17:another-host"])
    func `a lock that nothing is known of is taken over when it is old`(contents: String) throws {
        try root.file("mail/anna/x.lock", contents)
        #expect(throws: MailboxFailure.self) { try lock() }
        var times = [timeval(tv_sec: time(nil) - 130, tv_usec: 0), timeval(tv_sec: time(nil) - 130, tv_usec: 0)]
        #expect(utimes(root["mail/anna/x.lock"], &times) == 0)
        #expect(try lock())
    }

    @Test func `UIDVALIDITY grows, whatever the clock says`() throws {
        let first = try UIDValidityCounter.next(in: directory, above: 0)
        let second = try UIDValidityCounter.next(in: directory, above: 0)
        #expect(second > first)
        #expect(try UIDValidityCounter.next(in: directory, above: second + 1000) == second + 1001)
        #expect(root.names("mail/anna").count == 1)
    }
}
