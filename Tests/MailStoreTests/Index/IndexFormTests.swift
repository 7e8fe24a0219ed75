import MailModel
import PostroomTesting
import Testing

@testable import MailStore

/// The values that an index keeps, and what becomes of values that it did not write.
struct IndexFormTests {
    @Test func `what went is remembered in runs, within a bound, and more is told below it`() {
        var view = MailboxView(uidValidity: 1, uidNext: 20_001, uids: [1, 10, 20_000])
        view.flags = [[], [], []]
        view.modSeqs = [1, 1, 1]
        view.expunged = ExpungedMessages(floor: 5)
        view.expunged.add([3, 4, 5, 9], modSeq: 7)
        view.expunged.add([2], modSeq: 8)
        #expect(view.expunged.runs.map(\.uids) == [3...5, 9...9, 2...2])
        #expect(view.vanished(since: 7, of: nil) == [2...2])
        #expect(view.vanished(since: 5, of: [1...4, 10...10]) == [2...4])
        #expect(view.vanished(since: 4, of: [8...12]) == [8...9, 11...12])
        #expect(view.vanished(since: 4, of: nil) == [2...9, 11...19_999])
        for step in 0..<9000 { view.expunged.add([UInt32(2 * step + 30)], modSeq: UInt64(100 + step)) }
        #expect(view.expunged.runs.count <= ExpungedMessages.maximumRuns)
        #expect(view.expunged.floor > 100)
        #expect(view.vanished(since: view.expunged.floor, of: nil).count == view.expunged.runs.count)
        #expect(view.vanished(since: 100, of: nil) == [2...9, 11...19_999])
    }

    @Test func `an outline is the same after it was kept, and nothing else is taken for one`() throws {
        let text = Array(
            """
            From: a@example.org\r
            Content-Type: multipart/mixed; boundary=b\r
            MIME-Version: 1.0\r
            \r
            --b\r
            Content-Type: message/rfc822\r
            \r
            Subject: inner\r
            \r
            text\r
            --b--\r

            """.utf8)
        let made = MIMEOutline(text.span, MIMEStructure.parse(text.span), limit: 1 << 16)
        let outline = try #require(made)
        let summary = SummaryHeader.make(text.span, header: MIMEStructure.headerRange(text.span))
        let bytes = OutlineCoding.encode(outline)
        let decoded = try #require(OutlineCoding.decode(bytes, summary: summary))
        #expect(decoded.headers == outline.headers)
        #expect(decoded.structure.parts.map(\.header) == outline.structure.parts.map(\.header))
        #expect(decoded.structure.parts.map(\.children) == outline.structure.parts.map(\.children))
        #expect(decoded.structure.parts.map(\.body) == outline.structure.parts.map(\.body))
        var random = SeededGenerator(seed: 5)
        for _ in 0..<20_000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { damaged.removeLast(Int.random(in: 0...damaged.count, using: &random)) }
            guard let outline = OutlineCoding.decode(damaged, summary: summary) else { continue }
            #expect(outline.structure.parts.allSatisfy { $0.header.upperBound <= outline.headers.count })
        }
    }

    @Test func `a changed octet is noticed`() {
        let sealed = IndexChecksum.sealed(Array("Subject: Hello\r\n\r\n".utf8))
        #expect(IndexChecksum.opened(sealed) == Array("Subject: Hello\r\n\r\n".utf8))
        for place in sealed.indices {
            var other = sealed
            other[place] ^= 1
            #expect(IndexChecksum.opened(other) == nil)
        }
        #expect(IndexChecksum.opened([1, 2]) == nil)
    }
}
