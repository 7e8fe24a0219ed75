import Foundation
import MailModel
import PostroomTesting
import Testing

@testable import MailStore

/// Clients come back again and again with what they know; what they are told of changes since must make it the truth,
/// whoever changed the mailbox meanwhile, over restarts, and with or without the index.
struct ReturningClientTests {
    /// What a client with CONDSTORE and QRESYNC keeps between its sessions.
    struct Client {
        var uidValidity: UInt32 = 0
        var highestModSeq: UInt64 = 0
        var flags: [UInt32: Set<String>] = [:]

        /// SELECT (QRESYNC …): what changed after the highest modification sequence, and what vanished of what is known.
        mutating func comeBack(_ view: MailboxView) -> [String] {
            var problems: [String] = []
            if view.uidValidity != uidValidity {
                flags = [:]
                highestModSeq = 0
                uidValidity = view.uidValidity
            }
            if view.highestModSeq < highestModSeq {
                problems.append("HIGHESTMODSEQ went from \(highestModSeq) to \(view.highestModSeq)")
            }
            let known = flags.keys.sorted().map { $0...$0 }
            for range in view.vanished(since: highestModSeq, of: known) {
                for uid in range { flags[uid] = nil }
            }
            for (index, uid) in view.uids.enumerated() where view.modSeqs[index] > highestModSeq {
                flags[uid] = Self.names(view, index)
            }
            highestModSeq = view.highestModSeq
            let truth = Dictionary(
                uniqueKeysWithValues: view.uids.indices.map { (view.uids[$0], Self.names(view, $0)) })
            if flags != truth { problems.append("a client has \(flags), there is \(truth)") }
            return problems
        }

        static func names(_ view: MailboxView, _ index: Int) -> Set<String> {
            let flags = view.flags[index]
            return Set(flags.keywordIndexes.map { view.keywords[$0] } + ["\(flags.intersection(.system).rawValue)"])
        }
    }

    @Test(arguments: 0..<12)
    func `what clients are told when they come back makes their copy the truth`(_ seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed) &+ 77)
        let maildirs = try IndexedMaildirs()
        _ = try await maildirs.store.open()
        for number in 0..<6 { try await maildirs.store.append("Subject: \(number)\r\n\r\n") }
        var clients = [Client(), Client(), Client()]
        var sessions = [try await maildirs.store.open(), try await maildirs.store.open()]
        var problems: [String] = []
        for step in 0..<70 {
            let session = Bool.random(using: &random) ? sessions[0] : sessions[1]
            let uids = session.view.uids.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
            let keyword = ["Work", "$Later"].randomElement(using: &random) ?? "Work"
            switch Int.random(in: 0..<14, using: &random) {
            case 0, 1: try await maildirs.store.append("Subject: new \(step)\r\n\r\n", flags: .seen)
            case 2: _ = try await session.store(uids, FlagChange(.add, flags: .flagged, keywords: [keyword]))
            case 3: _ = try await session.store(uids, FlagChange(.remove, flags: .flagged, keywords: [keyword]))
            case 4:
                _ = try await session.store(Array(uids.prefix(2)), FlagChange(.add, flags: .deleted))
                _ = try await session.expunge(nil)
            case 5:
                let limit = session.view.highestModSeq
                let change = try await session.store(
                    uids, FlagChange(.replace, flags: .answered), unchangedSince: limit)
                #expect(Set(change.refused).isSubset(of: uids))
            case 6: _ = try await session.claimRecent()
            case 7: try renameFile(maildirs, &random)
            case 8:
                if let name = maildirs.messageFiles.randomElement(using: &random) {
                    try FileManager.default.removeItem(atPath: maildirs.path(name))
                }
            case 9:
                sessions = []
                try await maildirs.restart {
                    if Bool.random(using: &random) { try renameFile(maildirs, &random) }
                }
                sessions = [try await maildirs.store.open(), try await maildirs.store.open()]
            case 10 where step % 3 == 0:
                sessions = []
                try await maildirs.restart { try maildirs.removeIndex() }
                sessions = [try await maildirs.store.open(), try await maildirs.store.open()]
            default:
                let client = Int.random(in: 0..<3, using: &random)
                problems += clients[client].comeBack(try await session.refresh())
            }
        }
        for client in clients.indices { problems += clients[client].comeBack(try await sessions[0].refresh()) }
        #expect(problems == [])
    }

    /// As another program sets and clears flags.
    private func renameFile(_ maildirs: IndexedMaildirs, _ random: inout SeededGenerator) throws {
        guard let name = maildirs.messageFiles.randomElement(using: &random) else { return }
        let base = name.split(separator: "/")[1].prefix { $0 != ":" }
        let names = ["", "S", "F", "RS"].map { "cur/\(base):2,\($0)" }.filter { $0 != name }
        guard let target = names.randomElement(using: &random) else { return }
        try FileManager.default.moveItem(atPath: maildirs.path(name), toPath: maildirs.path(target))
    }

    @Test func `what Dovecot did while the server was down is a change, and what it left alone is none`() async throws {
        let maildirs = try IndexedMaildirs()
        let doveadm = try Dovecot(maildirs.maildirs.root, maildir: "anna", uid: 20_001)
        for number in 1...4 { try await maildirs.store.append("Subject: \(number)\r\n\r\n") }
        var client = Client()
        let before = try await maildirs.store.open().refresh()
        #expect(client.comeBack(before) == [])
        try await maildirs.restart()
        try await doveadm("flags", "add", "\\Seen Work", "mailbox", "INBOX", "uid", "2")
        try await doveadm("expunge", "mailbox", "INBOX", "uid", "3")
        try await doveadm("save", input: "Subject: 5\n\n")
        let after = try await maildirs.store.open().refresh()
        #expect(after.uids == [1, 2, 4, 5])
        #expect(after.modSeqs[0] == before.modSeqs[0])
        #expect(after.modSeqs[1] > before.highestModSeq)
        #expect(after.modSeqs[2] == before.modSeqs[3])
        #expect(after.vanished(since: before.highestModSeq, of: nil) == [3...3])
        #expect(client.comeBack(after) == [])
    }

    @Test func `a mailbox that nobody touched is as it was, to the last number`() async throws {
        let maildirs = try IndexedMaildirs()
        try await maildirs.store.append("Subject: 1\r\n\r\n", keywords: ["Work"])
        let inbox = try await maildirs.store.open()
        _ = try await inbox.claimRecent()
        let before = try await inbox.refresh()
        try await maildirs.restart()
        let after = try await maildirs.store.open().refresh()
        #expect(after.highestModSeq == before.highestModSeq)
        #expect(after.modSeqs == before.modSeqs)
        #expect(after.identity == before.identity)
        #expect(after.identity.count == 32)
    }

    @Test func `a renamed mailbox keeps its identity and its numbers, a new one of its name gets others`() async throws
    {
        let maildirs = try IndexedMaildirs()
        try await maildirs.store.create(try mailboxName("Old"), specialUse: nil)
        try await maildirs.store.append("Subject: 1\r\n\r\n", to: "Old")
        let before = try await maildirs.store.open("Old").refresh()
        try await maildirs.store.rename(try mailboxName("Old"), to: try mailboxName("New"))
        try await maildirs.store.create(try mailboxName("Old"), specialUse: nil)
        try await maildirs.restart()
        let renamed = try await maildirs.store.open("New").refresh()
        #expect(renamed.identity == before.identity)
        #expect(renamed.modSeqs == before.modSeqs)
        #expect(try await maildirs.store.open("Old").refresh().identity != before.identity)
    }
}
