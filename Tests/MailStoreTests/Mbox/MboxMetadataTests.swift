import Glibc
import MailModel
import PostroomTesting
import Testing

@testable import MailStore

/// RFC 5464 over mboxes: annotations lie where Dovecot keeps its own files of a mailbox.
struct MboxMetadataTests {
    private let mboxes: TestMboxes
    private let store: MboxStore
    private let comment: MetadataEntryName
    private let work: MailboxName
    private let play: MailboxName

    init() throws {
        mboxes = try TestMboxes()
        store = try mboxes.store()
        comment = try #require(MetadataEntryName("/shared/comment".utf8))
        work = try #require(MailboxName(parts: [Array("Work".utf8)]))
        play = try #require(MailboxName(parts: [Array("Old".utf8), Array("Play".utf8)]))
    }

    private func text(_ name: MailboxName?, _ store: MboxStore? = nil) async throws -> String? {
        try await (store ?? self.store).metadata(of: name).values[comment].map { String(decoding: $0, as: UTF8.self) }
    }

    private func set(_ text: String, of name: MailboxName?) async throws {
        try await store.setMetadata([MetadataChange(comment, Array(text.utf8))], of: name)
    }

    @Test func `annotations go where the mailbox goes, and with it`() async throws {
        try await store.create(work, specialUse: nil)
        #expect(try await text(work) == nil)
        try await set("of work", of: work)
        try await set("of inbox", of: .inbox)
        try await set("of the account", of: nil)
        // For the next process, too.
        #expect(try await text(work, mboxes.store()) == "of work")
        try await store.rename(work, to: play)
        #expect(try await text(play) == "of work")
        #expect(try await text(.inbox) == "of inbox")
        #expect(try await text(nil) == "of the account")
        await #expect(throws: MailboxFailure.self) { try await store.metadata(of: work) }
        await #expect(throws: MailboxFailure.self) { try await set("x", of: work) }
        try await store.delete(play)
        try await store.create(play, specialUse: nil)
        #expect(try await text(play) == nil)
        #expect(try await store.list().map(\.name).contains(play))
    }

    @Test func `those of an mbox that another program removed are not the next one's`() async throws {
        try await store.create(work, specialUse: nil)
        try await set("of work", of: work)
        #expect(unlink(mboxes.root["mail/anna/Work"]) == 0)
        try await store.create(work, specialUse: nil)
        #expect(try await text(work) == nil)
    }

    /// RFC 6154 §3, §4
    @Test func `a use that a mailbox is made for is kept, and can be changed`() async throws {
        try await store.create(work, specialUse: .sent)
        func use() async throws -> MailboxListing.SpecialUse? {
            try await store.list().first { $0.name == work }?.specialUse
        }
        #expect(try await use() == .sent)
        try await store.setMetadata([MetadataChange(.specialUse, nil)], of: work)
        #expect(try await use() == nil)
    }

    @Test func `what is private is each reader's own`() async throws {
        let own = try #require(MetadataEntryName("/private/comment".utf8))
        try await store.setMetadata([MetadataChange(own, [1])], of: .inbox)
        try await store.setMetadata([MetadataChange(own, [2]), MetadataChange(comment, [3])], of: .inbox, for: "ben")
        #expect(try await store.metadata(of: .inbox).values == [own: [1], comment: [3]])
        #expect(try await store.metadata(of: .inbox, for: "ben").values == [own: [2], comment: [3]])
        #expect(try await store.metadata(of: .inbox, for: "carla").values == [comment: [3]])
    }
}
