import Foundation
import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

/// What is made of messages' texts is made once, is right, and is not missed when it is gone.
struct DigestTests {
    private static let message = """
        Received: from a.example by b.example; Mon, 7 Feb 1994 21:52:25 -0800\r
        DKIM-Signature: v=1; b=abc\r
        From: Fred <fred@example.org>\r
        Subject: Hello\r
        Message-ID: <2@example.org>\r
        References: <1@example.org> <x@example.org>\r
        MIME-Version: 1.0\r
        Content-Type: multipart/mixed; boundary=b\r
        \r
        --b\r
        Content-Type: text/html\r
        \r
        <style>p { color: red }</style><p>Dear&nbsp;&lt;you&gt;</p>\r
        --b\r
        Content-Type: application/pdf; name=x.pdf\r
        Content-Transfer-Encoding: base64\r
        \r
        AAAA\r
        --b--\r

        """
    private static let items: MessageItems = [.outline, .objectIDs, .preview, .size, .internalDate, .saveDate]

    private func fetchAll(
        _ mailbox: any OpenMailbox, _ items: MessageItems, uids: [UInt32]? = nil
    ) async throws -> [FetchedMessage] {
        var rest = (uids ?? mailbox.view.uids)[...]
        var result: [FetchedMessage] = []
        while !rest.isEmpty {
            let batch = try await mailbox.fetch(rest, items)
            guard let last = batch.last?.uid else { break }
            result += batch
            rest = rest.drop { $0 <= last }
        }
        return result
    }

    private func check(_ messages: [FetchedMessage], count: Int) throws {
        #expect(messages.map(\.uid) == Array(1...UInt32(count)))
        for message in messages {
            let outline = try #require(message.outline)
            let text = String(buffer: try #require(message.content))
            #expect(!text.contains("Received") && !text.contains("DKIM"))
            #expect(text.hasPrefix("From: Fred <fred@example.org>\r\nSubject: Hello\r\n"))
            #expect(outline.parts.map(\.kind) == [.multipart, .text, .other])
            #expect(outline.parts[2].body.count == 4)
            #expect(message.size == UInt64(Self.message.utf8.count))
            #expect(message.preview.map { String(decoding: $0, as: UTF8.self) } == "Dear <you>")
            #expect(message.emailID?.count == 32)
            #expect(message.emailID == messages.first?.emailID)
            #expect(message.threadID?.count == 32)
            #expect(message.saveDate != nil)
            #expect(message.internalDate == 1_000_000_000)
        }
    }

    @Test func `it is the same from the text, from the index and from the index of an earlier process`() async throws {
        let maildirs = try IndexedMaildirs()
        for _ in 0..<300 { try await maildirs.store.append(Self.message, date: 1_000_000_000) }
        let inbox = try await maildirs.store.open()
        let first = try await fetchAll(inbox, Self.items)
        try check(first, count: 300)
        try await maildirs.restart()
        // The files are not needed any more.
        let again = try await maildirs.store.open()
        for name in maildirs.messageFiles {
            try Data("X: y\n\n".utf8).write(to: URL(fileURLWithPath: maildirs.path(name)))
        }
        try check(try await fetchAll(again, Self.items), count: 300)
        let summaries = try await fetchAll(again, .summary)
        #expect(summaries.allSatisfy { $0.content?.readableBytes ?? 0 > 100 && $0.outline == nil })
    }

    @Test func `a lazy preview is none until somebody asked for it, and copies have the same EMAILID`() async throws {
        let maildirs = try IndexedMaildirs()
        try await maildirs.store.append(Self.message)
        try await maildirs.store.create(try mailboxName("Copy"), specialUse: nil)
        let inbox = try await maildirs.store.open()
        #expect(try await inbox.fetch([1], .knownPreview).first?.preview == nil)
        _ = try await inbox.copy([1], to: try mailboxName("Copy"))
        let original = try await inbox.fetch([1], [.preview, .objectIDs])
        let copy = try await maildirs.store.open("Copy").fetch([1], .objectIDs)
        #expect(original.first?.emailID == copy.first?.emailID)
        #expect(original.first?.threadID == copy.first?.threadID)
        try await maildirs.restart()
        #expect(try await maildirs.store.open().fetch([1], .knownPreview).first?.preview == Array("Dear <you>".utf8))
    }

    @Test func `an expunged message is not shown from the index`() async throws {
        let maildirs = try IndexedMaildirs()
        for _ in 0..<3 { try await maildirs.store.append(Self.message) }
        let inbox = try await maildirs.store.open()
        _ = try await fetchAll(inbox, Self.items)
        _ = try await inbox.store([2], FlagChange(.add, flags: .deleted))
        _ = try await inbox.expunge(nil)
        #expect(try await fetchAll(inbox, .summary, uids: [1, 2, 3]).map(\.uid) == [1, 3])
        #expect(try await inbox.fetch([2], .summary).isEmpty)
    }

    @Test(arguments: 0..<16)
    func `a damaged index is made anew, and no mail is missed`(_ seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let maildirs = try IndexedMaildirs()
        for _ in 0..<40 { try await maildirs.store.append(Self.message, date: 1_000_000_000) }
        let inbox = try await maildirs.store.open()
        _ = try await inbox.store([3, 4], FlagChange(.add, flags: .flagged))
        let before = try await inbox.refresh()
        try check(try await fetchAll(inbox, Self.items), count: 40)
        try await maildirs.restart {
            let file = try #require(maildirs.indexFiles.first { $0.hasSuffix(".index") })
            var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
            switch seed % 4 {
            case 0: bytes = bytes.prefix(Int.random(in: 0..<bytes.count, using: &random))
            case 1: bytes = Data((0..<8192).map { _ in UInt8.random(in: 0...255, using: &random) })
            case 2: for _ in 0..<200 { bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 0x55 }
            default:
                let start = Int.random(in: 100..<bytes.count, using: &random)
                for place in start..<min(start + 4096, bytes.count) {
                    bytes[place] = UInt8.random(in: 0...255, using: &random)
                }
            }
            try bytes.write(to: URL(fileURLWithPath: file))
        }
        let again = try await maildirs.store.open()
        let after = try await again.refresh()
        #expect(after.uids == before.uids)
        #expect(after.flags == before.flags)
        #expect(after.uidValidity == before.uidValidity)
        #expect(after.highestModSeq >= before.highestModSeq)
        try check(try await fetchAll(again, Self.items), count: 40)
        // It is of use again, from the next look on.
        _ = try await again.refresh()
        try await maildirs.restart()
        #expect(try await maildirs.store.open().refresh().highestModSeq == after.highestModSeq)
    }
}
