import Blocking
import MailModel
import PostroomTesting
import Synchronization
import Testing

@testable import MailStore

/// Kills, failures and other programs at work cost no message.
struct MboxSafetyTests {
    private struct Killed: Error {}

    /// Options that stop the work at the `number`th step, as a kill there would.
    private func killing(at number: Int) -> MboxOptions {
        let count = Counter()
        var options = MboxOptions()
        options.afterStep = { _ in if count.next() == number { throw Killed() } }
        return options
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)
        func next() -> Int {
            value.withLock {
                $0 += 1
                return $0
            }
        }
    }

    private func given(_ mboxes: TestMboxes) async throws {
        let store = try mboxes.store()
        for number in 1...5 {
            // Without room in their headers, so that flags move what follows.
            try mboxes.append(
                "From a@b.example  Sat Nov 21 01:33:0\(number) 2026\nSubject: \(number)\n\nbody \(number)\n\n")
        }
        _ = try await store.open()
    }

    @Test(arguments: [false, true])
    func `a kill at any step of a rewriting loses nothing, whoever adds mail then`(addsMail: Bool) async throws {
        for number in 1... {
            let mboxes = try TestMboxes()
            try await given(mboxes)
            let store = try mboxes.store(killing(at: number))
            var wasKilled = false
            do {
                let inbox = try await store.open()
                _ = try await inbox.store(
                    [1, 3], FlagChange(.add, flags: .deleted, keywords: [String(repeating: "k", count: 200)]))
                _ = try await inbox.expunge([3])
            } catch {
                wasKilled = true
            }
            if addsMail {
                try mboxes.append("From p@q.example  Sat Nov 21 02:33:01 2026\nSubject: 6\n\nbody 6\n\n")
            }
            let inbox = try await mboxes.store().open()
            var bodies: [String] = []
            for text in try await inbox.texts().sorted(by: { $0.key < $1.key }) {
                bodies.append(String(text.value.split(separator: "\r\n").last ?? ""))
            }
            let whole = ["body 1", "body 2", "body 3", "body 4", "body 5"]
            let expunged = whole.filter { $0 != "body 3" }
            let added = addsMail ? ["body 6"] : []
            #expect(bodies == whole + added || bodies == expunged + added, "step \(number): \(bodies)")
            let subjects = try mboxes.inbox().split(separator: "\n").filter { $0.hasPrefix("Subject: ") }
            #expect(subjects.count == bodies.count, "step \(number)")
            #expect(!mboxes.root.names("mail/anna/.imap/INBOX").contains { $0.contains("rewrite") })
            if !wasKilled { return }
            try #require(number < 200)
        }
    }

    /// What a kill leaves of an append, and of what another program adds then.
    @Test(arguments: ["", "From p@q.example  Sat Nov 21 02:33:01 2026\nSubject: 6\n\nbody 6\n\n"])
    func `of a message whose delivery was killed nothing is shown`(added: String) async throws {
        let mboxes = try TestMboxes()
        #expect(try await mboxes.deliver("Subject: 1\r\n\r\nbody 1\r\n").isDelivered)
        _ = try await mboxes.store().open()
        let before = try mboxes.inbox()
        var options = MboxOptions()
        options.afterStep = { if $0 == .appended { throw Killed() } }
        let killed = try await mboxes.deliver("Subject: 2\r\n\r\nbody 2\r\nFrom x\r\n", try mboxes.stores(options))
        #expect(!killed.isDelivered)
        let whole = try mboxes.inbox()
        let journal = try mboxes.root.contents("mail/anna/.imap/INBOX/postroom-append")
        let others = added.isEmpty ? [] : ["body 6"]
        for length in before.utf8.count...whole.utf8.count {
            try mboxes.root.file("mail/anna/.imap/INBOX/postroom-append", journal, uid: 20_001)
            try mboxes.replace(Array(whole.utf8.prefix(length)) + Array(added.utf8))
            let inbox = try await mboxes.store().open()
            var bodies: [String] = []
            for text in try await inbox.texts().sorted(by: { $0.key < $1.key }) {
                bodies += text.value.split(separator: "\r\n").filter { $0.hasPrefix("body ") }.map(String.init)
            }
            let isWhole = length == whole.utf8.count
            #expect(bodies == ["body 1"] + (isWhole ? ["body 2"] : []) + others, "\(length) bytes")
            #expect(inbox.view.count == bodies.count, "\(length) bytes")
            if added.isEmpty, !isWhole { #expect(try mboxes.inbox() == before, "\(length) bytes") }
            #expect(try mboxes.root.contents("mail/anna/.imap/INBOX/postroom-append").isEmpty)
        }
    }

    @Test func `an append that is killed at any step is delivered whole or not at all`() async throws {
        for number in 1... {
            let mboxes = try TestMboxes()
            #expect(try await mboxes.deliver("Subject: 1\r\n\r\nbody 1\r\n").isDelivered)
            let outcome = try await mboxes.deliver(
                "Subject: 2\r\n\r\nbody 2\r\n", try mboxes.stores(killing(at: number)))
            #expect(try await mboxes.deliver("Subject: 3\r\n\r\nbody 3\r\n").isDelivered)
            let texts = try await mboxes.store().open().texts()
            let subjects = texts.sorted { $0.key < $1.key }.compactMap { text in
                text.value.split(separator: "\r\n").first { $0.hasPrefix("Subject: ") }?.dropFirst(9)
            }
            #expect(subjects == ["1", "3"] || subjects == ["1", "2", "3"], "step \(number)")
            if outcome.isDelivered {
                #expect(subjects.count == 3)
                return
            }
            try #require(number < 50)
        }
    }

    @Test func `an append that fails is cut off again`() async throws {
        let mboxes = try TestMboxes()
        #expect(try await mboxes.deliver("Subject: 1\r\n\r\none\r\n").isDelivered)
        let before = try mboxes.inbox()
        var options = MboxOptions()
        options.afterStep = { step in
            if step == .appended { throw MailboxFailure(.noSpace, "full") }
        }
        let outcome = try await mboxes.deliver("Subject: 2\r\n\r\ntwo\r\n", try mboxes.stores(options))
        #expect(outcome.failureKind == .noSpace)
        #expect(try mboxes.inbox() == before)
    }

    @Test func `deliveries by us, by Dovecot's agent and sessions at once lose nothing`() async throws {
        let mboxes = try TestMboxes()
        let dovecot = try mboxes.dovecot()
        let store = try mboxes.store()
        try await store.append("Subject: first\r\n\r\n")
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for sender in 0..<3 {
                tasks.addTask {
                    let stores = try mboxes.stores()
                    for number in 0..<6 {
                        let text = "Subject: ours \(sender).\(number)\r\n\r\nFrom me\r\n"
                        #expect(try await mboxes.deliver(text, stores).isDelivered)
                    }
                }
                tasks.addTask {
                    for number in 0..<4 {
                        try await dovecot.deliver("Subject: theirs \(sender).\(number)\n\nFrom them\n")
                    }
                }
            }
            tasks.addTask {
                let inbox = try await mboxes.store().open()
                for round in 0..<8 {
                    let view = try await inbox.refresh()
                    _ = try await inbox.store(view.uids, FlagChange(.add, flags: .seen, keywords: ["round\(round)"]))
                }
            }
            try await tasks.waitForAll()
        }
        let inbox = try await mboxes.store().open()
        var subjects: [String] = []
        for uid in inbox.view.uids {
            if let subject = try await inbox.subject(of: uid) { subjects.append(subject) }
        }
        let expected =
            ["first"] + (0..<3).flatMap { sender in (0..<6).map { "ours \(sender).\($0)" } }
            + (0..<3).flatMap { sender in (0..<4).map { "theirs \(sender).\($0)" } }
        #expect(subjects.sorted() == expected.sorted())
        #expect(!mboxes.root.names("mail/spool").contains("anna.lock"))
    }

    @Test(arguments: [
        "From a@b.example  Sat Nov 21 01:33:33 2026\nX-UID: 7\n\nA\n\n",
        "From a@b.example  Sat Nov 21 01:33:33 2026\nX-IMAPbase: 99999999999 x\nX-UID: 4294967295\n\nA\n\n",
        "From a@b.example  Sat Nov 21 01:33:33 2026\nX-IMAPbase: 5 0000000009 a a \u{1}\nX-UID: 9\n\nA\n\n"
            + "From a@b.example  Sat Nov 21 01:33:33 2026\nX-UID: 9\n\nA\n\n"
            + "From a@b.example  Sat Nov 21 01:33:33 2026\nX-UID: 3\nContent-Length: 18446744073709551615\n\nA\n\n",
        "From a@b.example  Sat Nov 21 01:33:33 2026\r\nSubject: x\r\n\r\nA\r\n\r\nFrom a@b Sat Nov 21 01:33:33 2026\r\n"
            + "\r\nA\r\n\r\n",
        "junk\nFrom a@b.example  Sat Nov 21 01:33:33 2026\nSubject: \0\0\n\nA",
        "From a@b.example  Sat Nov 21 01:33:33 2026\nSubject: no end of header A",
        "From a@b.example  Sat Nov 21 01:33:33 2026\nFrom a@b.example  Sat Nov 21 01:33:33 2026\n\nA\n\n",
    ])
    func `a strange file is read, changed and added to without losing a byte of mail`(file: String) async throws {
        let mboxes = try TestMboxes()
        try mboxes.append(file)
        let store = try mboxes.store()
        let inbox = try await store.open()
        let before = try await inbox.texts()
        #expect(!before.isEmpty)
        #expect(inbox.view.uids == inbox.view.uids.sorted() && Set(inbox.view.uids).count == inbox.view.count)
        _ = try await inbox.store(inbox.view.uids, FlagChange(.add, flags: .flagged, keywords: ["Work"]))
        try await store.append("Subject: more\r\n\r\n")
        let again = try await mboxes.store().open()
        #expect(again.view.uids == inbox.view.uids)
        let after = try await again.texts()
        #expect(after.count == before.count + 1)
        let bodies = file.split { $0.isNewline }.count { $0 == "A" }
        #expect(after.values.reduce(0) { $0 + $1.split { $0.isNewline }.count { $0 == "A" } } == bodies)
        for uid in before.keys { #expect(again.flags(of: uid) == .flagged) }
    }

    @Test func `damaged files lose no mail, and hardly ever stop any`() async throws {
        let mboxes = try TestMboxes()
        try await given(mboxes)
        let good = Array(try mboxes.inbox().utf8)
        var random = SeededGenerator(seed: 4)
        var refused = 0
        for round in 0..<150 {
            let bytes =
                Array("From a@b.example  Sat Nov 21 01:33:33 2026\n\n".utf8) + random.mutate(random.mutate(good))
            try mboxes.root.file("mail/spool/anna", uid: 20_001)
            try mboxes.append(bytes)
            let store = try mboxes.store()
            let inbox = try await store.open()
            let count = inbox.view.count
            do {
                _ = try await inbox.store(inbox.view.uids, FlagChange(.add, flags: .seen))
                #expect(try await inbox.texts().count == count, "round \(round)")
                try await store.append("Subject: x\r\n\r\n")
                // A torn `From ` line at the end begins a message of its own once something stands behind it.
                #expect([count + 1, count + 2].contains(try await mboxes.store().open().view.count), "round \(round)")
            } catch let failure as MailboxFailure where failure.kind == .unavailable {
                // What can't be told apart is told, and left as it is.
                refused += 1
                #expect(try await mboxes.store().open().view.count >= count, "round \(round)")
            }
        }
        #expect(refused <= 3)
    }

    @Test func `a file that is no mbox is told, and nothing is written to it by a login`() async throws {
        let mboxes = try TestMboxes()
        try mboxes.append("no mail at all\n")
        await #expect(throws: MailboxFailure.self) { try await mboxes.store().open() }
        #expect(try mboxes.inbox() == "no mail at all\n")
    }

    @Test(arguments: ["fcntl", "flock", "dotlock", "lockf"])
    func `of two that take one lock, the second waits`(name: String) async throws {
        let lock = try #require(MboxLocking.Locks(name: name))
        var options = MboxOptions()
        options.locking.write = lock
        options.locking.read = lock
        options.locking.waitSeconds = 0
        let mboxes = try TestMboxes(options: options)
        try await mboxes.store().append("Subject: 1\r\n\r\n")
        let stores = try mboxes.stores()
        let access = stores.access(
            try MboxLocation(mboxes.location).place(.inbox), mboxes.owner)
        let others = try mboxes.stores()
        let other = others.access(try MboxLocation(mboxes.location).place(.inbox), mboxes.owner)
        try await mboxes.pool.runWithIdentity(mboxes.owner) {
            try access.changing { _ in
                let changing = #expect(throws: MailboxFailure.self) { try other.changing { _ in } }
                #expect(changing?.kind == .unavailable)
                let reading = #expect(throws: MailboxFailure.self) { try other.reading { _ in } }
                #expect(reading?.kind == .unavailable)
            }
            try other.changing { _ in }
        }
    }

    @Test func `a lock of a dead process is taken over, one of a living is waited for`() async throws {
        var options = MboxOptions()
        options.locking.waitSeconds = 0
        let mboxes = try TestMboxes(options: options)
        let host = String(decoding: UniqueName.hostForLocks, as: UTF8.self)
        try mboxes.root.file("mail/spool/anna.lock", "1:\(host)", uid: 20_001)
        #expect(try await mboxes.deliver("Subject: 1\r\n\r\n").failureKind == .unavailable)
        try mboxes.root.file("mail/spool/anna.lock", "4194304:\(host)", uid: 20_001)
        options.locking.waitSeconds = 30
        #expect(try await mboxes.deliver("Subject: 1\r\n\r\n", try mboxes.stores(options)).isDelivered)
    }
}
