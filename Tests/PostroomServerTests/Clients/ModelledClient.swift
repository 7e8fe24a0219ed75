import PostroomTesting

/// A client on a connection of its own that does things at random and keeps its view of INBOX.
actor ModelledClient {
    private let site: TestSite
    private let index: Int
    private var random: SeededGenerator
    private(set) var view: ClientView
    private var dialogue: IMAPDialogue
    /// Commands that all clients together have completed.
    private let progress: Progress
    private var appended = 0

    init(_ site: TestSite, index: Int, kind: ClientView.Kind, seed: UInt64, progress: Progress) async throws {
        self.site = site
        self.index = index
        self.progress = progress
        random = SeededGenerator(seed: seed)
        view = ClientView(kind)
        dialogue = try await Self.connect(site, kind)
        try await perform("SELECT INBOX", mayExpunge: false)
        try await learn()
    }

    private static func connect(_ site: TestSite, _ kind: ClientView.Kind) async throws -> IMAPDialogue {
        let dialogue = try await IMAPDialogue(site, login: People.login)
        switch kind {
        case .plain: break
        case .condstore: _ = try await dialogue.ask("ENABLE CONDSTORE")
        case .qresync: _ = try await dialogue.ask("ENABLE QRESYNC")
        }
        return dialogue
    }

    // MARK: - Commands

    /// Sends a command and reads its answer into the view; gives the tagged line.
    @discardableResult
    private func perform(_ command: String, literal: String = "", mayExpunge: Bool = true) async throws -> String {
        try await dialogue.connection.send("t \(command)\(literal)\r\n")
        while true {
            let line = try await response()
            if line.hasPrefix("t ") {
                view.read(code: line)
                // A message that another client removed can't be had any more, which is said so.
                let isGone = line.hasPrefix("t NO") && line.contains("[EXPUNGEISSUED]")
                if !line.hasPrefix("t OK"), !isGone { view.report("\(command): \(line)") }
                progress.step()
                return line
            }
            view.read(line, command, mayExpunge: mayExpunge)
        }
    }

    /// A line, and what follows the literals that it announces, without them.
    private func response() async throws -> String {
        var text = try await dialogue.connection.line()
        while text.hasSuffix("}"), let brace = text.lastIndex(of: "{"),
            var size = Int(text[text.index(after: brace)...].dropLast())
        {
            text.removeSubrange(brace...)
            while true {
                let line = try await dialogue.connection.line()
                if line.utf8.count < size {
                    size -= line.utf8.count + 2
                } else {
                    text += String(decoding: line.utf8.dropFirst(size), as: UTF8.self)
                    break
                }
            }
        }
        return text
    }

    /// One thing at random.
    func act() async throws {
        let count = view.messages.count
        let low = count == 0 ? 1 : Int.random(in: 1...count, using: &random)
        let high = min(max(count, 1), low + Int.random(in: 0...3, using: &random))
        let uids = view.messages.compactMap(\.uid)
        let uid = uids.randomElement(using: &random) ?? 1
        let since = max(1, (view.messages.map(\.modSeq).max() ?? 1) - Int.random(in: 0...40, using: &random))
        let flag = ["\\Seen", "\\Deleted", "\\Flagged", "\\Answered", "$Work", "kw\(index)"].randomElement(
            using: &random)
        let flags = "(\(flag ?? "\\Seen"))"
        let isEmpty = count == 0
        switch Int.random(in: isEmpty ? 17..<24 : 0..<24, using: &random) {
        case 0, 1: try await perform("STORE \(low):\(high) +FLAGS \(flags)", mayExpunge: false)
        case 2: try await perform("STORE \(low):\(high) -FLAGS \(flags)", mayExpunge: false)
        case 3: try await perform("UID STORE \(uid):\(uid + 3) +FLAGS \(flags)")
        case 4: try await perform("UID STORE \(uid) FLAGS \(flags)")
        case 5 where view.kind != .plain:
            try await perform("UID STORE \(uid):\(uid + 5) (UNCHANGEDSINCE \(since)) +FLAGS \(flags)")
        case 6: try await perform("FETCH \(low):\(high) (UID FLAGS)", mayExpunge: false)
        case 7: try await perform("FETCH \(low) (BODY[TEXT])", mayExpunge: false)
        case 8: try await perform("UID FETCH \(uid):* (FLAGS RFC822.SIZE)")
        case 9 where view.kind == .qresync:
            try await perform("UID FETCH 1:* (FLAGS) (CHANGEDSINCE \(since) VANISHED)")
        case 10 where view.kind != .plain:
            try await perform("FETCH 1:* (FLAGS) (CHANGEDSINCE \(since))", mayExpunge: false)
        case 11: try await perform("SEARCH DELETED", mayExpunge: false)
        case 12: try await perform("UID SEARCH TEXT number")
        case 13: try await perform("COPY \(low):\(high) INBOX")
        case 14: try await perform("UID MOVE \(uid) INBOX")
        case 15: try await perform("MOVE \(low) Other")
        case 16: try await perform("UID EXPUNGE \(uid):\(uid + 5)")
        case 17: try await perform("EXPUNGE")
        case 18: try await append()
        case 19: try await perform("STATUS INBOX (MESSAGES UIDNEXT)")
        case 20: try await idle()
        case 21: try await leaveAndReturn()
        case 22 where Int.random(in: 0..<3, using: &random) == 0: try await perform("UID MOVE 1:5 Other")
        default: try await perform("NOOP")
        }
        // A client that wants to know of removals by UID has to know the UIDs.
        if view.kind == .qresync { try await learn() }
    }

    private func append() async throws {
        appended += 1
        let message = "From: a@b\r\nSubject: number \(appended) of \(index)\r\n\r\nbody \(appended)\r\n"
        try await perform("APPEND INBOX (\\Flagged) {\(message.utf8.count)+}", literal: "\r\n\(message)")
    }

    /// Waits until the others have done something.
    private func idle() async throws {
        try await dialogue.connection.send("t IDLE\r\n")
        while true {
            let line = try await response()
            if line.hasPrefix("+") { break }
            view.read(line, "IDLE", mayExpunge: true)
        }
        try await progress.waitForOthers()
        try await dialogue.connection.send("DONE\r\n")
        while true {
            let line = try await response()
            if line.hasPrefix("t ") { break }
            view.read(line, "IDLE", mayExpunge: true)
        }
    }

    /// UIDs and flags of messages that are new to the client.
    private func learn() async throws {
        guard let first = view.messages.firstIndex(where: { $0.uid == nil || $0.flags == nil }) else { return }
        let items = view.kind == .plain ? "(UID FLAGS)" : "(UID FLAGS MODSEQ)"
        try await perform("FETCH \(first + 1):\(view.messages.count) \(items)", mayExpunge: false)
    }

    /// Comes back with another connection: with QRESYNC with what it knew, else with nothing.
    private func leaveAndReturn() async throws {
        try await perform("NOOP")
        try await learn()
        if Bool.random(using: &random) { _ = try? await dialogue.ask("LOGOUT") }
        try await dialogue.connection.close()
        dialogue = try await Self.connect(site, view.kind)
        guard view.kind == .qresync, let highest = view.messages.map(\.modSeq).max() else {
            view.forget()
            try await perform("SELECT INBOX", mayExpunge: false)
            return
        }
        try await dialogue.connection.send("t SELECT INBOX (QRESYNC (\(view.uidValidity) \(highest)))\r\n")
        var lines: [String] = []
        repeat { lines.append(try await response()) } while lines.last?.hasPrefix("t ") == false
        if lines.last?.hasPrefix("t OK") != true { view.report("SELECT with QRESYNC: \(lines.last ?? "")") }
        // EXISTS counts without those that vanished meanwhile, of which it is told later.
        for line in lines where line.hasPrefix("* VANISHED") { view.read(line, "SELECT", mayExpunge: true) }
        for line in lines where !line.hasPrefix("* VANISHED") { view.read(line, "SELECT", mayExpunge: false) }
        progress.step()
    }

    // MARK: - Checking

    /// When nobody does anything any more: one NOOP, and it knows what is there.
    func settle() async throws -> [ClientView.Known] {
        try await perform("NOOP")
        let before = view.messages
        guard !before.isEmpty else { return [] }
        try await perform("FETCH 1:* (UID FLAGS\(view.kind == .plain ? "" : " MODSEQ"))", mayExpunge: false)
        for (old, new) in zip(before, view.messages) {
            if let flags = old.flags, flags != new.flags {
                view.report("flags of \(new.uid ?? 0) were \(flags), are \(new.flags ?? [])")
            }
            if view.kind != .plain, old.flags != nil, old.modSeq != new.modSeq {
                view.report("MODSEQ of \(new.uid ?? 0) was \(old.modSeq), is \(new.modSeq)")
            }
        }
        return view.messages
    }

    func finish() async throws -> [String] {
        _ = try await dialogue.ask("LOGOUT")
        return view.problems.map { "client \(index) (\(view.kind)): \($0)" }
    }
}
