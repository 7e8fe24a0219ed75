import Blocking
import MailModel
import PostroomTesting
import Testing

@testable import MailStore

/// RFC 5464: annotations lie in the folder that they belong to.
@Suite struct MetadataTests {
    private static let comment = MetadataEntryName("/private/comment".utf8)

    private func store(_ maildirs: TestMaildirs) throws -> MaildirStore {
        let location = MailboxLocation(format: .maildir, path: maildirs.root.bytes("mail/anna"))
        return try maildirs.stores.store(for: location, owner: maildirs.owner)
    }

    private func comment(_ text: String?) throws -> [MetadataChange] {
        [MetadataChange(try #require(Self.comment), text.map { Array($0.utf8) })]
    }

    @Test(arguments: [
        "", "/private", "/private/", "/other/x", "/private//x", "/private/a*", "/shared/\u{e9}", "private/x",
    ])
    func `a name that RFC 5464 does not permit is none`(_ name: String) {
        #expect(MetadataEntryName(name.utf8) == nil)
    }

    @Test func `names know no case and know what lies below them`() throws {
        let name = try #require(MetadataEntryName("/Private/Vendor/X".utf8))
        #expect(name.description == "/private/vendor/x")
        let above = try #require(MetadataEntryName("/private/vendor".utf8))
        #expect(name.depth(below: above) == 1 && above.depth(below: name) == nil && name.depth(below: name) == 0)
    }

    @Test func `any octets are read again as they were written`() throws {
        var metadata = MailboxMetadata()
        try metadata.apply([
            MetadataChange(try #require(MetadataEntryName("/private/a".utf8)), Array(0...255)),
            MetadataChange(try #require(MetadataEntryName("/shared/b".utf8)), []),
        ])
        #expect(MetadataFile.parse(MetadataFile.bytes(metadata)) == metadata)
    }

    @Test func `a file that is broken is read as far as it goes`() throws {
        let text = "V\t1\n/private/comment\tx\nnonsense\n/other/y\tz\n/shared/comment\ty"
        let metadata = MetadataFile.parse(Array(text.utf8))
        #expect(metadata.values.count == 2)
        #expect(MetadataFile.parse([]) == MailboxMetadata())
        #expect(MetadataFile.parse(Array("V\t9\n/private/comment\tx\n".utf8)) == MailboxMetadata())
    }

    @Test func `too many or too much is refused, and nothing is changed`() throws {
        var metadata = MailboxMetadata()
        let name = try #require(Self.comment)
        try metadata.apply([MetadataChange(name, [1])])
        let before = metadata
        let many = (0...MailboxMetadata.maximumEntries).compactMap { number in
            MetadataEntryName("/private/\(number)".utf8).map { MetadataChange($0, [2]) }
        }
        #expect(throws: MailboxFailure.self) { try metadata.apply(many) }
        #expect(throws: MailboxFailure.self) {
            try metadata.apply([MetadataChange(name, [UInt8](repeating: 3, count: MailboxMetadata.maximumValue + 1))])
        }
        #expect(metadata == before)
    }

    @Test func `annotations go where the mailbox goes, and with it`() async throws {
        let maildirs = try TestMaildirs()
        let store = try store(maildirs)
        let (work, play) = (
            try #require(MailboxName(parts: [Array("Work".utf8)])),
            try #require(MailboxName(parts: [Array("Play".utf8)]))
        )
        try await store.create(work, specialUse: nil)
        try await store.setMetadata(try comment("of work"), of: work)
        try await store.setMetadata(try comment("of inbox"), of: .inbox)
        try await store.setMetadata(try comment("of the account"), of: nil)
        try await store.rename(work, to: play)
        let name = try #require(Self.comment)
        #expect(try await store.metadata(of: play).values[name] == Array("of work".utf8))
        #expect(try await store.metadata(of: .inbox).values[name] == Array("of inbox".utf8))
        #expect(try await store.metadata(of: nil).values[name] == Array("of the account".utf8))
        await #expect(throws: MailboxFailure.self) { try await store.metadata(of: work) }
        await #expect(throws: MailboxFailure.self) { try await store.setMetadata(try comment("x"), of: work) }
        try await store.delete(play)
        try await store.create(play, specialUse: nil)
        #expect(try await store.metadata(of: play).values.isEmpty)
    }

    /// RFC 5464 §4.1
    @Test func `what INBOX's messages are renamed to has its annotations, and INBOX keeps them`() async throws {
        let maildirs = try TestMaildirs()
        let store = try store(maildirs)
        let name = try #require(Self.comment)
        let archive = try #require(MailboxName(parts: [Array("Archive".utf8)]))
        try await store.setMetadata(
            try comment("of inbox") + [MetadataChange(.specialUse, Array("\\Important".utf8))], of: .inbox)
        try await store.rename(.inbox, to: archive)
        #expect(try await store.metadata(of: archive).values == [name: Array("of inbox".utf8)])
        #expect(try await store.metadata(of: .inbox).values[name] == Array("of inbox".utf8))
    }

    /// RFC 5464 §3.3
    @Test(arguments: ["ben", "ben@example.org", "../ben", "b\u{e9}n/\u{0}", String(repeating: "b", count: 200)])
    func `what is private is each reader's own, what is shared is one for all`(_ login: String) async throws {
        let maildirs = try TestMaildirs()
        let store = try store(maildirs)
        let own = try #require(Self.comment)
        let shared = try #require(MetadataEntryName("/shared/comment".utf8))
        try await store.setMetadata([MetadataChange(own, [1])], of: .inbox)
        try await store.setMetadata([MetadataChange(own, [2]), MetadataChange(shared, [3])], of: .inbox, for: login)
        #expect(try await store.metadata(of: .inbox).values == [own: [1], shared: [3]])
        #expect(try await store.metadata(of: .inbox, for: login).values == [own: [2], shared: [3]])
        #expect(try await store.metadata(of: .inbox, for: "carla").values == [shared: [3]])
        // All or none, though they lie in two files.
        let big = [UInt8](repeating: 3, count: MailboxMetadata.maximumValue + 1)
        await #expect(throws: MailboxFailure.self) {
            try await store.setMetadata(
                [MetadataChange(shared, [4]), MetadataChange(own, big)], of: .inbox, for: login)
        }
        #expect(try await store.metadata(of: .inbox, for: login).values == [own: [2], shared: [3]])
    }

    @Test func `a login that no file's name can hold has none`() async throws {
        let maildirs = try TestMaildirs()
        let store = try store(maildirs)
        let login = String(repeating: "/", count: 100)
        await #expect(throws: MailboxFailure.self) {
            try await store.setMetadata(try comment("x"), of: .inbox, for: login)
        }
    }

    @Test func `parallel changes are all kept`() async throws {
        let maildirs = try TestMaildirs()
        let store = try store(maildirs)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    let name = try #require(MetadataEntryName("/private/\(number)".utf8))
                    try await store.setMetadata([MetadataChange(name, [1])], of: .inbox)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.metadata(of: .inbox).values.count == 20)
    }

    /// RFC 6154 §3, §4
    @Test func `a use that a mailbox is made for is kept, and can be changed`() async throws {
        let maildirs = try TestMaildirs()
        let store = try store(maildirs)
        let name = try #require(MailboxName(parts: [Array("Gesendet".utf8)]))
        try await store.create(name, specialUse: .sent)
        func use() async throws -> MailboxListing.SpecialUse? {
            try await store.list().first { $0.name == name }?.specialUse
        }
        #expect(try await use() == .sent)
        try await store.setMetadata([MetadataChange(.specialUse, Array("\\Archive".utf8))], of: name)
        #expect(try await use() == .archive)
        try await store.setMetadata([MetadataChange(.specialUse, nil)], of: name)
        #expect(try await use() == nil)
    }

    @Test func `folders that another program makes are noticed`() async throws {
        let maildirs = try TestMaildirs()
        let store = try store(maildirs)
        let (changes, continuation) = AsyncStream.makeStream(of: Void.self)
        let watch = try await store.watch { continuation.yield() }
        let name = try #require(MailboxName(parts: [Array("Other".utf8)]))
        try maildirs.root.directory("mail/anna/.Other", uid: maildirs.owner.uid)
        try maildirs.root.directory("mail/anna/.Other/cur", uid: maildirs.owner.uid)
        for await _ in changes {
            if try await store.list().contains(where: { $0.name == name }) { break }
        }
        withExtendedLifetime(watch) {}
    }
}
