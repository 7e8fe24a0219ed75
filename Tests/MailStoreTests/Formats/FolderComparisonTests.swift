import Blocking
import MailModel
import PostroomTesting
import Testing

@testable import MailStore

struct FolderComparisonTests {
    private let maildirs: TestMaildirs
    private let directories: MaildirDirectories

    init() throws {
        maildirs = try TestMaildirs()
        for name in ["a", "a/cur", "a/new", "a/tmp"] { try maildirs.root.directory("mail/\(name)", uid: 20_001) }
        directories = try MaildirDirectories(
            try MailRoots([maildirs.root.bytes("mail")]), maildirs.root.bytes("mail/a"))
    }

    private func put(_ names: String...) throws {
        for name in names { try maildirs.root.file("mail/a/\(name)", "x", uid: 20_001) }
    }

    private func file(_ path: String) -> MessageFile {
        let parts = path.split(separator: "/")
        return MessageFile(name: Array(parts[1].utf8), isNew: parts[0] == "new")
    }

    private func compared(
        _ known: [String], new: Bool = true, cur: Bool = true
    ) throws -> (isWhole: Bool, files: [MessageFile], arrived: Set<MessageFile>) {
        var comparison = FolderComparison(known.map(file), readsNew: new, readsCur: cur)
        try comparison.read(directories)
        let isWhole = comparison.settle()
        return (isWhole, comparison.files, Set(comparison.arrived))
    }

    @Test func `names that are as they were stay, changed flags and moves are found, and what is new`() throws {
        try put("cur/1.a:2,S", "cur/2.b:2,F", "cur/3.c:2,", "new/4.d", "new/5.e", "cur/.hidden", "cur/6.f:2,")
        try maildirs.root.directory("mail/a/cur/7.directory", uid: 20_001)
        let result = try compared(["cur/1.a:2,S", "cur/2.b:2,", "new/3.c", "new/4.d"])
        #expect(result.isWhole)
        #expect(result.files == ["cur/1.a:2,S", "cur/2.b:2,F", "cur/3.c:2,", "new/4.d"].map(file))
        #expect(result.arrived == [file("new/5.e"), file("cur/6.f:2,")])
    }

    @Test func `what is nowhere is noticed`() throws {
        try put("cur/1.a:2,S")
        #expect(try !compared(["cur/1.a:2,S", "cur/2.b:2,"]).isWhole)
    }

    @Test func `a message in both directories is one message`() throws {
        try put("new/1.a", "cur/1.a:2,")
        let result = try compared([])
        #expect(result.isWhole)
        #expect(result.arrived == [file("cur/1.a:2,")])
    }

    @Test func `a directory that is not read holds what it held`() throws {
        try put("new/9.i")
        let result = try compared(["cur/1.a:2,S", "new/9.i"], cur: false)
        #expect(result.isWhole)
        #expect(result.files == ["cur/1.a:2,S", "new/9.i"].map(file))
        #expect(result.arrived.isEmpty)
    }

    @Test func `thousands of names, each told from all others`() throws {
        var known: [String] = []
        for index in 0..<3000 {
            let name = "cur/\(1_700_000_000 + index / 7).M\(index)P1.host:2,"
            try put(name + (index % 3 == 0 ? "S" : ""))
            known.append(name)
        }
        let result = try compared(known.shuffled())
        #expect(result.isWhole)
        #expect(result.arrived.isEmpty)
        #expect(result.files.count { $0.letters == Array("S".utf8) } == 1000)
    }
}
