import MailModel
import PostroomTesting
import Synchronization
import Testing

@testable import IMAP

/// Two sessions work at random on one mailbox; a client for each believes what it is told and nothing else. At every
/// step its numbers must be the server's.
@Suite struct ModelClientTests {
    /// What a client knows: for each sequence number the UID and flags, as far as it was told.
    struct Client {
        struct Known {
            var uid: Int?
            var flags: Set<String>?
        }

        var messages: [Known] = []
        var problems: [String] = []

        mutating func read(_ output: String, _ command: String, mayExpunge: Bool) {
            for line in output.split(separator: "\r\n") where line.hasPrefix("* ") {
                let words = line.dropFirst(2).split(separator: " ", maxSplits: 2)
                guard let number = words.first.flatMap({ Int($0) }), words.count >= 2 else { continue }
                switch words[1] {
                case "EXISTS":
                    if number < messages.count { problems.append("EXISTS \(number) < \(messages.count): \(command)") }
                    while messages.count < number { messages.append(Known()) }
                case "EXPUNGE":
                    if !mayExpunge { problems.append("EXPUNGE during \(command)") }
                    if number < 1 || number > messages.count {
                        problems.append("EXPUNGE \(number) of \(messages.count): \(command)")
                    } else {
                        messages.remove(at: number - 1)
                    }
                case "FETCH":
                    guard number >= 1, number <= messages.count else {
                        problems.append("FETCH \(number) of \(messages.count): \(command)")
                        continue
                    }
                    readFetch(number - 1, String(words[2]), command)
                default: break
                }
            }
        }

        private mutating func readFetch(_ index: Int, _ items: String, _ command: String) {
            if let range = items.firstRange(of: "UID "),
                let uid = Int(items[range.upperBound...].prefix { $0.isNumber })
            {
                if let known = messages[index].uid, known != uid {
                    problems.append("message \(index + 1) was \(known), is \(uid): \(command)")
                }
                messages[index].uid = uid
            }
            if let range = items.firstRange(of: "FLAGS (") {
                let flags = items[range.upperBound...].prefix { $0 != ")" }.split(separator: " ").map(String.init)
                messages[index].flags = Set(flags)
            }
        }
    }

    @Test(arguments: 0..<40)
    func `clients' numbers stay the server's`(_ seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let account = MemoryAccount()
        for number in 0..<4 { _ = try account.deliver("Subject: \(number)\r\n\r\nbody\r\n") }
        let sessions = [TestSession(account), TestSession(account)]
        var clients = [Client(), Client()]
        for index in sessions.indices {
            _ = await sessions[index].ask("a LOGIN user secret")
            let readOnly = seed % 5 == 4 && index == 1
            let output = await sessions[index].ask(readOnly ? "b EXAMINE INBOX" : "b SELECT INBOX")
            clients[index].read(output, "SELECT", mayExpunge: false)
        }
        _ = await sessions[0].ask("c CREATE Other")
        for _ in 0..<120 {
            let index = Int.random(in: 0..<2, using: &random)
            let count = clients[index].messages.count
            let one = count == 0 ? 1 : Int.random(in: 1...count, using: &random)
            let uid = Int.random(in: 1...30, using: &random)
            let flag = ["\\Seen", "\\Deleted", "\\Flagged", "kw"].randomElement(using: &random) ?? "kw"
            let (command, mayExpunge): (String, Bool)
            switch Int.random(in: 0..<17, using: &random) {
            case 0: (command, mayExpunge) = ("STORE \(one) +FLAGS (\(flag))", false)
            case 1: (command, mayExpunge) = ("STORE \(one):* -FLAGS (\(flag))", false)
            case 2: (command, mayExpunge) = ("UID STORE \(uid):* +FLAGS (\(flag))", true)
            case 3: (command, mayExpunge) = ("STORE \(one) FLAGS.SILENT (\(flag))", false)
            case 4: (command, mayExpunge) = ("EXPUNGE", true)
            case 5: (command, mayExpunge) = ("UID EXPUNGE \(uid):\(uid + 5)", true)
            case 6: (command, mayExpunge) = ("NOOP", true)
            case 7: (command, mayExpunge) = ("FETCH \(one):* (FLAGS UID)", false)
            case 8: (command, mayExpunge) = ("FETCH \(one) BODY[TEXT]", false)
            case 9: (command, mayExpunge) = ("UID FETCH \(uid):* FLAGS", true)
            case 10: (command, mayExpunge) = ("SEARCH DELETED", false)
            case 11: (command, mayExpunge) = ("UID SEARCH BODY body", true)
            case 12: (command, mayExpunge) = ("COPY \(one) INBOX", true)
            case 13: (command, mayExpunge) = ("UID MOVE \(uid) Other", true)
            case 14: (command, mayExpunge) = ("UID MOVE \(uid):\(uid + 1) INBOX", true)
            case 15:
                _ = try account.deliver("Subject: d\r\n\r\nbody\r\n")
                (command, mayExpunge) = ("STATUS INBOX (MESSAGES)", true)
            default: (command, mayExpunge) = ("IDLE\r\nDONE", true)
            }
            let isSilent = command.contains("SILENT")
            let output = await sessions[index].ask("x " + command)
            #expect(output.contains("\r\nx ") || output.hasPrefix("x "), "\(command) was not completed: \(output)")
            if isSilent, count > 0 { clients[index].messages[one - 1].flags = nil }
            clients[index].read(output, command, mayExpunge: mayExpunge)
            if Int.random(in: 0..<6, using: &random) == 0 { await check(&clients[index], sessions[index], account) }
        }
        for index in sessions.indices { await check(&clients[index], sessions[index], account) }
        #expect(clients.flatMap(\.problems) == [])
        for session in sessions { await session.finish() }
        #expect(account.state.withLock { $0.openMailboxes } == 0)
    }

    /// After NOOP a client has to know exactly what is there.
    private func check(_ client: inout Client, _ session: TestSession, _ account: MemoryAccount) async {
        client.read(await session.ask("n NOOP"), "NOOP", mayExpunge: true)
        let before = client.messages
        client.read(await session.ask("f FETCH 1:* (UID FLAGS)"), "check", mayExpunge: false)
        for (old, new) in zip(before, client.messages) {
            if let flags = old.flags, flags != new.flags {
                client.problems.append("flags of \(new.uid ?? 0) were \(flags), are \(new.flags ?? [])")
            }
        }
        let uids: [Int?] = account.state.withLock { $0.mailboxes[.inbox]?.messages.map { Int($0.uid) } ?? [] }
        if client.messages.map(\.uid) != uids { client.problems.append("\(client.messages) is not \(uids)") }
    }
}
