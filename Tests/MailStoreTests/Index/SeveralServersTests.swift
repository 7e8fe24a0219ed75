import Foundation
import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

/// Two servers with an index of their own each serve one Maildir. No inotify tells one what the other does. A client that
/// comes back to its server is told the truth.
struct SeveralServersTests {
    private static let folders = ["INBOX", "Other"]

    /// What two servers may do to one mailbox at a time. In turn, so that the truth is known at every step.
    private struct Run {
        var random: SeededGenerator
        let maildirs: TestMaildirs
        let servers: [IndexedMaildirs]
        /// By folder and UID: the text that the UID was first seen with.
        var texts: [String: [UInt32: String]] = [:]
        /// The highest modification sequence that each server has told of each folder.
        var highest: [String: UInt64] = [:]
        var problems: [String] = []
        /// Texts of messages that came in and were removed by nobody.
        var kept: Set<String> = []

        init(_ seed: UInt64) throws {
            random = SeededGenerator(seed: seed &+ 900)
            let maildirs = try TestMaildirs()
            self.maildirs = maildirs
            servers = try (0..<2).map { try IndexedMaildirs(maildirs, index: "index\($0)", isPolling: true) }
        }

        mutating func step(_ number: Int) async throws {
            let server = Int.random(in: 0..<2, using: &random)
            let store = servers[server].store
            let (here, there) = Bool.random(using: &random) ? ("INBOX", "Other") : ("Other", "INBOX")
            let text = "Subject: \(number)\r\n\r\n"
            let open = try await store.open(here)
            let uids = open.view.uids.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
            let keyword = ["k1", "k2"].randomElement(using: &random) ?? "k1"
            switch Int.random(in: 0..<12, using: &random) {
            case 0, 1:
                let uid = try await store.append(text, to: here, flags: .seen).destinationUIDs[0]
                note([uid: text], here)
                kept.insert(text)
            case 2, 3:
                let outcomes = await MaildirDelivery(servers[server].stores).deliver(
                    ByteBuffer(string: text), to: [try maildirs.recipient("anna")])
                #expect(outcomes[0].isDelivered)
                kept.insert(text)
            case 4: _ = try await open.store(uids, FlagChange(.add, flags: .flagged, keywords: [keyword]))
            case 5: _ = try await open.store(uids, FlagChange(.remove, flags: .flagged, keywords: [keyword]))
            case 6 where number % 3 == 0:
                let some = Array(uids.prefix(1))
                for text in try await open.texts().filter({ some.contains($0.key) }).values { kept.remove(text) }
                _ = try await open.store(some, FlagChange(.add, flags: .deleted))
                _ = try await open.expunge(some)
            case 7: _ = try await open.copy(Array(uids.prefix(2)), to: try mailboxName(there))
            case 8: _ = try await open.move(Array(uids.prefix(2)), to: try mailboxName(there))
            case 9: _ = try await open.claimRecent()
            case 10 where number % 4 == 0:
                let (restarted, isLost) = (servers[server], Bool.random(using: &random))
                try await restarted.restart {
                    if isLost { try restarted.removeIndex() }
                }
            default: try await look(server, here)
            }
        }

        mutating func note(_ found: [UInt32: String], _ folder: String) {
            for (uid, text) in found {
                if let other = texts[folder, default: [:]].updateValue(text, forKey: uid), other != text {
                    problems.append("\(folder): UID \(uid) was \(other) and is \(text)")
                }
            }
        }

        mutating func look(_ server: Int, _ folder: String) async throws {
            let open = try await servers[server].store.open(folder)
            let view = try await open.refresh()
            note(try await open.texts(), folder)
            let key = "\(folder) \(server)"
            if view.highestModSeq < highest[key] ?? 0 {
                problems.append("\(key): HIGHESTMODSEQ went from \(highest[key] ?? 0) to \(view.highestModSeq)")
            }
            highest[key] = view.highestModSeq
        }
    }

    @Test(arguments: 0..<8)
    func `no UID is given twice, nothing is lost, and clients of each are told the truth`(_ seed: Int) async throws {
        var run = try Run(UInt64(seed))
        try await run.servers[0].store.create(try mailboxName("Other"), specialUse: nil)
        var clients = [ReturningClientTests.Client(), ReturningClientTests.Client()]
        for number in 0..<120 {
            try await run.step(number)
            for server in 0..<2 where number % (5 + 2 * server) == 0 {
                let view = try await run.servers[server].store.open().refresh()
                run.problems += clients[server].comeBack(view)
            }
        }
        var present: Set<String> = []
        for folder in Self.folders {
            var views: [MailboxView] = []
            for server in 0..<2 {
                try await run.look(server, folder)
                let open = try await run.servers[server].store.open(folder)
                views.append(try await open.refresh())
                present.formUnion(try await open.texts().values)
            }
            #expect(views[0].uids == views[1].uids)
            #expect(views[0].uidNext == views[1].uidNext)
            #expect(views[0].uidValidity == views[1].uidValidity)
            let names = views.map { view in view.uids.indices.map { ReturningClientTests.Client.names(view, $0) } }
            #expect(names[0] == names[1])
        }
        #expect(run.problems == [])
        #expect(run.kept.isSubset(of: present))
        #expect(!run.kept.isEmpty)
    }

    @Test func `each server gives other names to its files, and they hold the host's`() async throws {
        let maildirs = try TestMaildirs()
        let mailbox = try maildirs.mailbox("anna")
        let store = try maildirs.stores.store(for: mailbox.location, owner: mailbox.owner)
        try await store.append("Subject: 1\r\n\r\n")
        let outcomes = await MaildirDelivery(maildirs.stores).deliver(
            ByteBuffer(string: "Subject: 2\r\n\r\n"), to: [try maildirs.recipient("anna")])
        #expect(outcomes[0].isDelivered)
        let names = maildirs.root.names("mail/anna/cur") + maildirs.root.names("mail/anna/new")
        let host = ProcessInfo.processInfo.hostName.split(separator: ".").first.map(String.init) ?? ""
        #expect(names.count == 2)
        for name in names {
            let base = name.prefix { $0 != "," && $0 != ":" }
            #expect(base.split(separator: ".").dropFirst(2).joined(separator: ".").hasPrefix(host), "\(name)")
            #expect(base.contains("P\(ProcessInfo.processInfo.processIdentifier)"))
        }
    }
}
