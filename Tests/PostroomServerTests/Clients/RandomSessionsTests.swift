import PostroomTesting
import Synchronization
import Testing

/// How far all clients are, so that one that waits for others knows when they have moved.
final class Progress: Sendable {
    private let state = Mutex((steps: 0, active: 0))

    func step() { state.withLock { $0.steps += 1 } }
    func begin() { state.withLock { $0.active += 1 } }
    func end() { state.withLock { $0.active -= 1 } }

    /// Until there were a few more steps, or nobody is left to make them.
    func waitForOthers() async throws {
        let start = state.withLock {
            // One that waits makes no step.
            $0.active -= 1
            return $0.steps
        }
        defer { begin() }
        try await eventually("others do something") {
            state.withLock { $0.steps >= start + 4 || $0.active <= 0 }
        }
    }
}

@Suite struct `Several clients at once on one Maildir` {
    private static let kinds: [ClientView.Kind] = [.plain, .condstore, .qresync, .qresync, .plain]

    @Test(arguments: 0..<8)
    func `each is told what it must know, by the rules, whatever the others do`(_ seed: Int) async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            let judge = try await IMAPDialogue(site, login: People.login)
            _ = try await judge.ask("CREATE Other")
            let progress = Progress()
            var clients: [ModelledClient] = []
            for (index, kind) in Self.kinds.enumerated() {
                clients.append(
                    try await ModelledClient(
                        site, index: index, kind: kind, seed: UInt64(seed * 16 + index), progress: progress))
            }
            var highest = 0
            for round in 0..<4 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in clients {
                        progress.begin()
                        group.addTask {
                            defer { progress.end() }
                            for _ in 0..<30 { try await client.act() }
                        }
                    }
                    try await group.waitForAll()
                }
                var truth = ClientView(.condstore)
                for line in try await judge.ask("EXAMINE INBOX (CONDSTORE)") {
                    truth.read(line, "EXAMINE", mayExpunge: false)
                }
                #expect(truth.highestModSeq >= highest, "HIGHESTMODSEQ went back")
                highest = truth.highestModSeq
                for line in try await judge.ask("FETCH 1:* (UID FLAGS MODSEQ)") {
                    truth.read(line, "FETCH", mayExpunge: false)
                }
                _ = try await judge.ask("UNSELECT")
                #expect(truth.problems == [])
                #expect(truth.messages.allSatisfy { $0.modSeq <= highest })
                for (client, kind) in zip(clients, Self.kinds) {
                    let messages = try await client.settle()
                    #expect(messages.map(\.uid) == truth.messages.map(\.uid), "\(kind), round \(round)")
                    #expect(messages.map(\.flags) == truth.messages.map(\.flags), "\(kind), round \(round)")
                    if kind != .plain {
                        #expect(messages.map(\.modSeq) == truth.messages.map(\.modSeq), "\(kind), round \(round)")
                    }
                }
            }
            var problems: [String] = []
            for client in clients { problems += try await client.finish() }
            #expect(problems == [])
            let state = try MailboxState(site)
            expectEqual(try await state.ofPostroomAsDovecot(), try await state.ofDovecot(), "what Dovecot sees")
        }
    }

    @Test func `STORE UNCHANGEDSINCE loses no update`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            let first = try await IMAPDialogue(site, login: People.login)
            try await first.connection.send("t APPEND INBOX {14+}\r\nSubject: x\r\n\r\n\r\n")
            try await first.lines { $0.hasPrefix("t ") }
            // The message counts in binary, with keywords for digits; who adds one says from which state he started.
            let stored = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<5 {
                    group.addTask {
                        let imap = try await IMAPDialogue(site, login: People.login)
                        _ = try await imap.ask("SELECT INBOX (CONDSTORE)")
                        var stored = 0
                        for _ in 0..<40 {
                            let (value, modSeq) = try Self.counter(try await imap.ask("FETCH 1 (FLAGS MODSEQ)"))
                            let bits = (0..<8).filter { (value + 1) >> $0 & 1 == 1 }.map { "bit\($0)" }
                            let answer = try await imap.ask(
                                "STORE 1 (UNCHANGEDSINCE \(modSeq)) FLAGS (\(bits.joined(separator: " ")))")
                            let tagged = answer.last ?? ""
                            if tagged.hasPrefix("t OK"), !tagged.contains("[MODIFIED") { stored += 1 }
                        }
                        _ = try await imap.ask("LOGOUT")
                        return stored
                    }
                }
                return try await group.reduce(0, +)
            }
            _ = try await first.ask("SELECT INBOX (CONDSTORE)")
            let (value, _) = try Self.counter(try await first.ask("FETCH 1 (FLAGS MODSEQ)"))
            #expect(value == stored & 0xFF)
            #expect(stored >= 40)
        }
    }

    private static func counter(_ lines: [String]) throws -> (value: Int, modSeq: Int) {
        // The last is the newest.
        guard let line = lines.last(where: { $0.contains(" FETCH ") }), let modSeq = ClientView.number(line, "MODSEQ (")
        else { throw TestFailure(description: "\(lines)") }
        return ((0..<8).filter { line.contains("bit\($0)") }.reduce(0) { $0 | 1 << $1 }, modSeq)
    }
}
