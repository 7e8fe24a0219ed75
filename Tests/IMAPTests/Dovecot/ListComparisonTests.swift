import MailModel
import PostroomTesting
import Testing

@testable import IMAP

/// LIST, LSUB and STATUS over random trees of mailboxes and subscriptions are answered as Dovecot answers them.
@Suite struct ListComparisonTests {
    private struct Tree {
        var folders: [String]
        var subscriptions: [String]

        init(_ random: inout SeededGenerator) {
            let parts = ["a", "b", "ab", "Work", "x y", "&AOk-t&AOk-"]
            func name() -> String {
                (0..<Int.random(in: 1...4, using: &random)).map { _ in parts.randomElement(using: &random) ?? "a" }
                    .joined(separator: ".")
            }
            folders = Array(Set((0..<Int.random(in: 0...12, using: &random)).map { _ in name() })).sorted()
            // Some are of mailboxes that are there, some of none.
            var subscribed = Set(folders.filter { _ in Bool.random(using: &random) })
            for _ in 0..<Int.random(in: 0...4, using: &random) { subscribed.insert(name()) }
            if Bool.random(using: &random) { subscribed.insert("INBOX") }
            subscriptions = subscribed.sorted()
        }
    }

    private static func pattern(_ random: inout SeededGenerator) -> String {
        let pieces = ["*", "%", "a", "b", "ab", "Work", ".", ".", "%.%", "inbox", "INBOX", "x y", "*b", "a%", "&AOk-*"]
        return (0..<Int.random(in: 1...4, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "*" }
            .joined()
    }

    private static func command(_ random: inout SeededGenerator) -> String {
        let reference = ["", "", "", "a", "a.", "Work."].randomElement(using: &random) ?? ""
        let first = pattern(&random)
        switch Int.random(in: 0..<9, using: &random) {
        case 0: return "LSUB \"\(reference)\" \"\(first)\""
        case 1: return "LIST (SUBSCRIBED) \"\(reference)\" \"\(first)\""
        case 2: return "LIST (SUBSCRIBED RECURSIVEMATCH) \"\(reference)\" \"\(first)\""
        case 3: return "LIST \"\(reference)\" \"\(first)\" RETURN (SUBSCRIBED CHILDREN)"
        case 4: return "LIST \"\(reference)\" (\"\(first)\" \"\(pattern(&random))\") RETURN (SUBSCRIBED)"
        case 5:
            return "LIST (SUBSCRIBED REMOTE) \"\(reference)\" (\"\(first)\" \"\(pattern(&random))\") RETURN (CHILDREN)"
        case 6: return "LIST \"\(reference)\" \"\(first)\" RETURN (STATUS (MESSAGES UNSEEN))"
        default: return "LIST \"\(reference)\" \"\(first)\""
        }
    }

    /// A response without what says nothing of the mailbox: the case and the order of attributes, quotes, `\UnMarked`; `\Noselect`
    /// for `\NonExistent`, which means as much; without children where they were not asked for: we tell of them all the same.
    private static func normalized(_ line: String, children: Bool) -> String {
        guard let open = line.firstIndex(of: "("), let close = line.firstIndex(of: ")"), open < close,
            line.hasPrefix("* L")
        else { return line.replacing("\"", with: "") }
        let attributes = line[line.index(after: open)..<close].lowercased().split(separator: " ")
            .map { $0 == "\\nonexistent" ? "\\noselect" : $0 }
            .filter { !["\\unmarked", "\\marked"].contains($0) && (children || !$0.hasSuffix("children")) }
        let rest = line[close...].replacing("\"", with: "")
        return "\(line[...open])\(attributes.sorted().joined(separator: " "))\(rest)"
    }

    private static func responses(_ answer: [UInt8], to command: String) -> [String] {
        let children = command.contains("CHILDREN") || (!command.contains("RETURN") && !command.contains("LIST ("))
        return DovecotReference.responses(answer).map { String(decoding: $0, as: UTF8.self) }.filter {
            $0.hasPrefix("* ")
        }
        .map { normalized($0, children: children) }.sorted()
    }

    @Test(arguments: 0..<6)
    func `random patterns over random trees find the same`(_ seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed) &+ 5258)
        let tree = Tree(&random)
        let commands = (0..<120).map { _ in Self.command(&random) }
        let theirs = try DovecotReference.answers(
            messages: [], folders: tree.folders, subscriptions: tree.subscriptions, commands: commands)
        let account = MemoryAccount()
        for folder in tree.folders {
            try await account.create(#require(account.naming.decode(Array(folder.utf8))), specialUse: nil)
        }
        for name in tree.subscriptions {
            try await account.subscribe(#require(account.naming.decode(Array(name.utf8))))
        }
        let session = TestSession(account)
        _ = await session.ask("a LOGIN user secret")
        var differences = 0
        for (command, answer) in zip(commands, theirs) {
            let ours = Self.responses(Array(await session.ask("b \(command)").utf8), to: command)
            let expected = Self.responses(answer, to: command)
            guard ours != expected else { continue }
            differences += 1
            guard differences <= 10 else { continue }
            Issue.record(
                """
                \(command) with \(tree.folders), subscribed \(tree.subscriptions)
                theirs: \(expected.filter { !ours.contains($0) })
                ours:   \(ours.filter { !expected.contains($0) })
                """)
        }
        #expect(differences == 0)
        await session.finish()
    }
}
