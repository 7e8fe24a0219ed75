import MailModel
import MailStore
import PostroomTesting
import Testing

/// A reader's own `\Seen`, against a dictionary.
@Suite struct `What a reader has seen` {
    private static func view(_ uids: [UInt32]) -> MailboxView {
        MailboxView(
            uidValidity: 7, uidNext: (uids.last ?? 0) + 1, highestModSeq: 5, uids: uids,
            flags: uids.map { $0 % 2 == 0 ? [.seen, .flagged] : [.answered] }, modSeqs: uids.map { _ in 5 })
    }

    @Test(arguments: [1, 2, UInt64.random(in: 0..<100_000)])
    func `is what was marked, and is read from its file as it was`(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var seen = SeenMessages(uidValidity: 7)
        var model: [UInt32: (isSeen: Bool, modSeq: UInt64)] = [:]
        var uids = Array(UInt32(1)...60)
        for step in 0..<400 {
            let modSeq = UInt64(step) + 10
            let isSeen = Bool.random(using: &generator)
            let start = UInt32.random(in: 1...60, using: &generator)
            let chosen = (start...min(60, start + UInt32.random(in: 0...9, using: &generator))).filter { _ in
                Int.random(in: 0..<4, using: &generator) != 0
            }
            try seen.set(isSeen, chosen, modSeq: modSeq)
            for uid in chosen where model[uid]?.isSeen ?? false != isSeen { model[uid] = (isSeen, modSeq) }
            if step % 50 == 49 {
                uids.removeAll { _ in Int.random(in: 0..<20, using: &generator) == 0 }
                seen.forget(allBut: Self.view(uids))
            }
            if step % 20 == 0 { #expect(try SeenMessages(parsing: seen.bytes) == seen) }
            let view = seen.applied(to: Self.view(uids), generation: 3)
            #expect(view.generation == 3 && view.highestModSeq == max(5, seen.highestModSeq))
            for (index, uid) in uids.enumerated() {
                #expect(view.flags[index].contains(.seen) == model[uid]?.isSeen ?? false, "\(seed) \(step) \(uid)")
                #expect(view.modSeqs[index] == max(5, model[uid]?.modSeq ?? 0), "\(seed) \(step) \(uid)")
                // What is everybody's stays.
                #expect(view.flags[index].contains(uid % 2 == 0 ? .flagged : .answered))
            }
        }
    }

    @Test func `is nothing in a mailbox that was made anew`() throws {
        var seen = SeenMessages(uidValidity: 6)
        try seen.set(true, [1, 2, 3], modSeq: 9)
        #expect(seen.applied(to: Self.view([1, 2, 3]), generation: 1).flags.allSatisfy { !$0.contains(.seen) })
    }

    @Test(arguments: [
        "", "postroom-seen 2 7 9\n", "postroom-seen 1 7 9", "postroom-seen 1 7 9\n1 9", "postroom-seen 1 7 9\n1 10\n",
        "postroom-seen 1 7 9\n2:1 9\n", "postroom-seen 1 7 9\n1:5 9\n5 9\n", "postroom-seen 1 7 9\n1 9 +\n",
        "postroom-seen 1 7 9\n0 9\n", "postroom-seen 1 7 9\n1:2:3 9\n", "postroom-seen 1 7 9\n\n",
    ])
    func `is not read from a damaged file`(_ text: String) {
        #expect(throws: MailboxFailure.self) { try SeenMessages(parsing: Array(text.utf8)) }
    }
}
