import MailModel
import PostroomTesting
import Synchronization
import Testing

@testable import IMAP

/// Two sessions with QRESYNC work at random on one mailbox, and leave and come back; a client for each believes what it is
/// told and nothing else (RFC 7162).
@Suite struct VanishedClientTests {
    struct Client {
        struct Known {
            var uid: Int?
            var flags: Set<String> = []
            var modSeq = 0
        }

        var messages: [Known] = []
        var highestModSeq = 0
        var problems: [String] = []

        mutating func read(_ output: String, _ command: String, mayExpunge: Bool) {
            for line in output.split(separator: "\r\n") where line.hasPrefix("* ") {
                let words = line.dropFirst(2).split(separator: " ", maxSplits: 2).map(String.init)
                guard words.count >= 2 else { continue }
                if words[0] == "VANISHED" {
                    readVanished(words, command, mayExpunge: mayExpunge)
                } else if words[1] == "EXPUNGE" {
                    problems.append("EXPUNGE to a client with QRESYNC: \(command)")
                } else if words[1] == "EXISTS", let count = Int(words[0]) {
                    if count < messages.count { problems.append("EXISTS \(count) of \(messages.count): \(command)") }
                    while messages.count < count { messages.append(Known()) }
                } else if words[1] == "FETCH", let number = Int(words[0]), words.count == 3 {
                    readFetch(number, words[2], command)
                }
            }
        }

        private mutating func readVanished(_ words: [String], _ command: String, mayExpunge: Bool) {
            let isEarlier = words[1] == "(EARLIER)"
            if !mayExpunge { problems.append("VANISHED during \(command)") }
            var gone: Set<Int> = []
            for part in (words.last ?? "").split(separator: ",") {
                let ends = part.split(separator: ":").compactMap { Int($0) }
                if let first = ends.first, let last = ends.last, first <= last, last < 10_000 {
                    gone.formUnion(first...last)
                } else {
                    problems.append("a set \(part): \(command)")
                }
            }
            let before = messages.count
            messages.removeAll { $0.uid.map(gone.contains) ?? false }
            if !isEarlier, before - messages.count != gone.count {
                problems.append("VANISHED \(gone) took \(before - messages.count): \(command)")
            }
        }

        private mutating func readFetch(_ number: Int, _ items: String, _ command: String) {
            guard number >= 1, number <= messages.count else {
                problems.append("FETCH \(number) of \(messages.count): \(command)")
                return
            }
            guard let uid = Self.number(items, "UID "), let modSeq = Self.number(items, "MODSEQ (") else {
                problems.append("a FETCH without UID or MODSEQ: \(items): \(command)")
                return
            }
            if let known = messages[number - 1].uid, known != uid {
                problems.append("message \(number) was \(known), is \(uid): \(command)")
            }
            if modSeq < messages[number - 1].modSeq { problems.append("MODSEQ went back: \(command)") }
            messages[number - 1].uid = uid
            messages[number - 1].modSeq = modSeq
            if let range = items.firstRange(of: "FLAGS (") {
                let flags = items[range.upperBound...].prefix { $0 != ")" }.split(separator: " ").map(String.init)
                messages[number - 1].flags = Set(flags).subtracting(["\\Recent"])
            }
        }

        static func number(_ text: String, _ label: String) -> Int? {
            text.firstRange(of: label).flatMap { Int(text[$0.upperBound...].prefix { $0.isNumber }) }
        }
    }

    @Test(arguments: 0..<30)
    func `clients with QRESYNC know the truth while they are there and when they come back`(_ seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed) &+ 1000)
        let account = MemoryAccount()
        for number in 0..<5 { _ = try account.deliver("Subject: \(number)\r\n\r\nbody\r\n") }
        let sessions = [TestSession(account), TestSession(account)]
        var clients = [Client(), Client()]
        for index in sessions.indices {
            _ = await sessions[index].ask("a LOGIN user secret")
            _ = await sessions[index].ask("b ENABLE QRESYNC")
            clients[index].read(await sessions[index].ask("c SELECT INBOX"), "SELECT", mayExpunge: false)
            await learn(&clients[index], sessions[index])
        }
        for _ in 0..<100 {
            let index = Int.random(in: 0..<2, using: &random)
            let count = clients[index].messages.count
            let one = count == 0 ? 1 : Int.random(in: 1...count, using: &random)
            let uid = Int.random(in: 1...30, using: &random)
            let flag = ["\\Seen", "\\Deleted", "\\Flagged", "kw"].randomElement(using: &random) ?? "kw"
            let command: String
            var mayExpunge = true
            switch Int.random(in: 0..<11, using: &random) {
            case 0: (command, mayExpunge) = ("STORE \(one):* +FLAGS (\(flag))", false)
            case 1: command = "UID STORE \(uid):* -FLAGS (\(flag))"
            case 2:
                command = "UID STORE \(uid) (UNCHANGEDSINCE \(Int.random(in: 1...40, using: &random))) +FLAGS (\(flag))"
            case 3: command = "EXPUNGE"
            case 4: command = "UID EXPUNGE \(uid):\(uid + 5)"
            case 5: (command, mayExpunge) = ("FETCH \(one) (FLAGS)", false)
            case 6: command = "UID FETCH 1:* (FLAGS) (CHANGEDSINCE \(Int.random(in: 1...40, using: &random)) VANISHED)"
            case 7: command = "UID MOVE \(uid) INBOX"
            case 8:
                _ = try account.deliver("Subject: d\r\n\r\nbody\r\n")
                command = "NOOP"
            case 9:
                await comeBack(&clients[index], sessions[index])
                continue
            default: command = "IDLE\r\nDONE"
            }
            clients[index].read(await sessions[index].ask("x \(command)"), command, mayExpunge: mayExpunge)
            await learn(&clients[index], sessions[index])
        }
        for index in sessions.indices {
            clients[index].read(await sessions[index].ask("n NOOP"), "NOOP", mayExpunge: true)
            await learn(&clients[index], sessions[index])
            check(&clients[index], account)
            await comeBack(&clients[index], sessions[index])
            check(&clients[index], account)
            await sessions[index].finish()
        }
        #expect(clients.flatMap(\.problems) == [])
    }

    /// UIDs and flags of messages that are new to the client.
    private func learn(_ client: inout Client, _ session: TestSession) async {
        guard let first = client.messages.firstIndex(where: { $0.uid == nil }) else { return }
        let output = await session.ask("l FETCH \(first + 1):\(client.messages.count) (UID FLAGS MODSEQ)")
        client.read(output, "learning", mayExpunge: false)
    }

    /// The client leaves with what it was told up to a HIGHESTMODSEQ, and comes back with that.
    private func comeBack(_ client: inout Client, _ session: TestSession) async {
        // EXAMINE tells the value; what it knows is then of that moment.
        client.read(await session.ask("n NOOP"), "NOOP", mayExpunge: true)
        await learn(&client, session)
        _ = await session.ask("u UNSELECT")
        // What it does not know of changed after the highest that it knows.
        let highest = max(1, client.messages.map(\.modSeq).max() ?? 1)
        let uids = client.messages.compactMap(\.uid).map(String.init).joined(separator: ",")
        let known = uids.isEmpty ? "" : " \(uids)"
        let output = await session.ask("s SELECT INBOX (QRESYNC (99 \(highest)\(known)))")
        // VANISHED comes behind EXISTS, which counts what is there now.
        let lines = output.split(separator: "\r\n").map(String.init)
        client.read(lines.filter { $0.hasPrefix("* VANISHED") }.joined(separator: "\r\n"), "SELECT", mayExpunge: true)
        client.read(lines.filter { !$0.hasPrefix("* VANISHED") }.joined(separator: "\r\n"), "SELECT", mayExpunge: false)
        await learn(&client, session)
    }

    private func check(_ client: inout Client, _ account: MemoryAccount) {
        let (messages, keywords) = account.state.withLock {
            ($0.mailboxes[.inbox]?.messages ?? [], $0.mailboxes[.inbox]?.view.keywords ?? [])
        }
        if client.messages.map(\.uid) != messages.map({ Int($0.uid) }) {
            client.problems.append("\(client.messages.map(\.uid)) is not \(messages.map(\.uid))")
        }
        let names: [(MessageFlags, String)] = [
            (.seen, "\\Seen"), (.deleted, "\\Deleted"), (.flagged, "\\Flagged"), (.answered, "\\Answered"),
        ]
        for (known, message) in zip(client.messages, messages) {
            let flags = names.filter { message.flags.contains($0.0) }.map(\.1)
            let all = Set(flags + message.flags.keywordIndexes.map { keywords[$0] })
            if known.flags != all { client.problems.append("\(message.uid): \(known.flags) is not \(all)") }
        }
    }
}
