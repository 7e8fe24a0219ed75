import MailModel
import Testing

@testable import IMAP

/// What we answer to SEARCH, SORT and THREAD is what Dovecot answers, on mail and by programs made at random.
@Suite struct SearchComparisonTests {
    @Test(arguments: 1...4)
    func `every search finds what Dovecot finds, in its order`(_ seed: UInt64) async throws {
        let corpus = SearchCorpus(seed: seed &* 1_000_003, count: 60)
        var programs = SearchPrograms(seed: seed &* 77_000_003, messages: 60)
        var setup = ["STORE 3:20 +FLAGS.SILENT ($Junk)", "STORE 10:30 +FLAGS.SILENT (work)"]
        // Dovecot keeps what it has sorted, and puts equal messages that it sorts later before those: at once is right.
        setup += ["CC", "FROM", "TO", "SUBJECT", "DISPLAYFROM", "DISPLAYTO"].map { "SORT (\($0)) UTF-8 ALL" }
        let commands = setup + (0..<300).map { _ in programs.command() }
        let theirs = try DovecotReference.answers(
            messages: corpus.messages.map {
                DovecotReference.Message(bytes: $0.bytes, flags: $0.flags, internalDate: $0.internalDate)
            }, commands: commands)
        try #require(theirs.count == commands.count)

        let account = MemoryAccount()
        for message in corpus.messages {
            let flags = Self.flags(message.flags)
            try account.change(.inbox) {
                _ = $0.add(DovecotComparisonTests.crlf(message.bytes), flags, date: message.internalDate)
            }
        }
        var options = IMAPServerOptions.testing
        options.zoneOffset = { _ in 0 }
        let session = TestSession(account, options)
        _ = await session.ask("a LOGIN user secret")
        _ = await session.ask("b SELECT INBOX")
        var differences = 0
        for (number, command) in commands.enumerated() {
            let ours = await session.ask("reference\(number + 2) \(command)")
            let (left, right) = (Self.results(ours), Self.results(String(decoding: theirs[number], as: UTF8.self)))
            guard left != right else { continue }
            differences += 1
            // The first ones are enough to see what is wrong.
            guard differences <= 8 else { continue }
            Issue.record("\(command)\ntheirs: \(right)\nours:   \(left)")
        }
        #expect(differences == 0, "of \(commands.count)")
        await session.finish()
    }

    private static func flags(_ letters: String) -> MessageFlags {
        letters.reduce(into: []) { flags, letter in
            switch letter {
            case "D": flags.insert(.draft)
            case "F": flags.insert(.flagged)
            case "R": flags.insert(.answered)
            case "S": flags.insert(.seen)
            default: flags.insert(.deleted)
            }
        }
    }

    /// The untagged results, an ESEARCH's data in a fixed order, and how the command ended.
    private static func results(_ answer: String) -> [String] {
        answer.replacing("\r\n", with: "\n").split(separator: "\n").compactMap { line in
            if line.hasPrefix("* ESEARCH") {
                let words = line.split(separator: ")").dropFirst().joined(separator: "").split(separator: " ")
                let isByUID = words.first == "UID"
                let data = words.dropFirst(isByUID ? 1 : 0)
                let pairs = stride(from: data.startIndex, to: data.endIndex - 1, by: 2).map {
                    "\(data[$0]) \(data[$0 + 1])"
                }
                return "ESEARCH \(isByUID) \(pairs.sorted())"
            }
            if ["SEARCH", "SORT", "THREAD"].contains(where: { line.hasPrefix("* \($0)") }) {
                // Dovecot ends an empty THREAD with a space, against the grammar.
                return line.hasSuffix(" ") ? String(line.dropLast()) : String(line)
            }
            guard line.hasPrefix("reference") else { return nil }
            return String(line.split(separator: " ").dropFirst().first ?? "")
        }
    }
}
