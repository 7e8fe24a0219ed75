import Foundation
import PostroomTesting
import Synchronization
import Testing

/// Two servers with the same configuration on the same Maildirs, each with its own index, queue and state.
@Suite struct `Several servers on one store` {
    /// What all sessions of both servers were told together.
    private final class Ledger: Sendable {
        struct Entries {
            /// By mailbox and UID: the subject of the message that it was given to.
            var subjects: [String: [Int: String]] = ["INBOX": [:], "Other": [:]]
            var delivered: Set<String> = []
            var faults: [String] = []
        }

        private let entries = Mutex(Entries())

        var all: Entries { entries.withLock { $0 } }

        func given(_ uid: Int, in mailbox: String, to subject: String) {
            entries.withLock { entries in
                let other = entries.subjects[mailbox]?.updateValue(subject, forKey: uid)
                if let other, other != subject {
                    entries.faults.append("\(mailbox): UID \(uid) was given to \(other) and to \(subject)")
                }
            }
        }

        func delivered(_ subject: String) {
            entries.withLock { _ = $0.delivered.insert(subject) }
        }
    }

    /// UID → subject, as the mailbox that is open has it.
    private static func subjects(_ imap: IMAPDialogue) async throws -> [Int: String] {
        var subjects: [Int: String] = [:]
        var uid: Int?
        for line in try await imap.ask("UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])") {
            if let found = line.firstMatch(of: /UID (\d+)/) { uid = Int(found.1) }
            if let subject = line.firstMatch(of: /^Subject: (\S+)/), let uid { subjects[uid] = String(subject.1) }
        }
        return subjects
    }

    private static func message(_ subject: String) -> String { "Subject: \(subject)\r\n\r\nx\r\n" }

    /// One client: it removes and moves what is called `drop`, and leaves what is called `keep`.
    private static func work(_ name: String, _ site: ServedSite, _ ledger: Ledger) async throws {
        let imap = try await IMAPDialogue(site, login: People.login)
        for step in 0..<14 {
            let (here, there) = Bool.random() ? ("INBOX", "Other") : ("Other", "INBOX")
            for kind in ["keep", "drop"] {
                let subject = "\(kind)-\(name)-\(step)"
                let text = message(subject)
                let answer = try await imap.ask("APPEND \(here) (k\(name)) {\(text.utf8.count)+}\r\n\(text)").last
                let uid = try #require(
                    answer?.firstMatch(of: /APPENDUID \d+ (\d+)/).flatMap { Int($0.1) }, "\(answer ?? "")")
                ledger.given(uid, in: here, to: subject)
            }
            _ = try await imap.ask("SELECT \(here)")
            let known = try await subjects(imap)
            for (uid, subject) in known { ledger.given(uid, in: here, to: subject) }
            let dropped = known.filter { $0.value.hasPrefix("drop-") }.keys.shuffled()
            let kept = known.filter { $0.value.hasPrefix("keep-") }.keys.shuffled()
            switch step % 4 {
            case 0:
                for uid in kept.prefix(3) {
                    let answer = try await imap.ask("UID STORE \(uid) +FLAGS (\\Flagged all)").last
                    #expect(answer?.hasPrefix("t OK") == true, "\(answer ?? "")")
                }
            case 1:
                guard let uid = dropped.first else { continue }
                _ = try await imap.ask("UID STORE \(uid) +FLAGS.SILENT (\\Deleted)")
                _ = try await imap.ask("UID EXPUNGE \(uid)")
            case 2:
                guard let uid = kept.first, let subject = known[uid] else { continue }
                let answer = try await imap.ask("UID COPY \(uid) \(there)").last ?? ""
                guard let copy = answer.firstMatch(of: /COPYUID \d+ \d+ (\d+)\]/).flatMap({ Int($0.1) }) else {
                    continue
                }
                ledger.given(copy, in: there, to: subject)
            default:
                guard let uid = dropped.first else { continue }
                _ = try await imap.ask("UID MOVE \(uid) \(there)")
            }
        }
        _ = try await imap.ask("LOGOUT")
    }

    private static func deliver(_ name: String, _ site: ServedSite, _ ledger: Ledger) async throws {
        for step in 0..<20 {
            let smtp = try await SMTPDialogue(site)
            let subject = "keep-delivered-\(name)-\(step)"
            #expect(try await smtp.envelope(to: ["anna@example.org"]).hasPrefix("250"))
            let reply = try await smtp.data("Subject: \(subject)\r\n\r\nx")
            #expect(reply.hasPrefix("250"), "\(reply)")
            ledger.delivered(subject)
            _ = try await smtp.ask("QUIT")
        }
    }

    @Test func `give no UID twice and lose nothing while both are used at once`() async throws {
        let first = try ServedSite.prepare(People.configuration(), People.files)
        let mail = first.path("mail")
        let second = try ServedSite.prepare(
            People.configuration(root: mail), People.files.mapValues { $0.replacing("%ROOT%", with: mail) })
        let sites = [try await ServedSite.start(in: first), try await ServedSite.start(in: second)]
        let start = try await IMAPDialogue(sites[0], login: People.login)
        #expect(try await start.ask("CREATE Other").last?.hasPrefix("t OK") == true)
        let ledger = Ledger()
        try await withThrowingTaskGroup { group in
            for (number, site) in sites.enumerated() {
                for session in ["a", "b"] {
                    group.addTask { try await Self.work("\(number)\(session)", site, ledger) }
                }
                group.addTask { try await Self.deliver("\(number)", site, ledger) }
            }
            try await group.waitForAll()
        }
        let entries = ledger.all
        #expect(entries.faults == [])
        var kept: [String: Int] = [:]
        for mailbox in ["INBOX", "Other"] {
            var views: [[Int: String]] = []
            var flags: [[Int: Set<String>]] = []
            for site in sites {
                let imap = try await IMAPDialogue(site, login: People.login)
                _ = try await imap.ask("SELECT \(mailbox)")
                views.append(try await Self.subjects(imap))
                flags.append(try await Self.flags(imap))
            }
            #expect(views[0] == views[1])
            #expect(flags[0] == flags[1])
            for (uid, subject) in views[0] {
                #expect(entries.subjects[mailbox]?[uid] ?? subject == subject, "\(mailbox): UID \(uid)")
                if subject.hasPrefix("keep-") { kept[subject, default: 0] += 1 }
            }
            // What nobody removes is where its UID says.
            for (uid, subject) in entries.subjects[mailbox] ?? [:] where subject.hasPrefix("keep-") {
                #expect(views[0][uid] == subject, "\(mailbox): \(subject) with UID \(uid) is lost or another one")
            }
        }
        for subject in entries.delivered { #expect(kept[subject] != nil, "\(subject) is lost") }
        #expect(entries.delivered.count == 40)
        for site in sites { await site.stop() }
    }

    private static func flags(_ imap: IMAPDialogue) async throws -> [Int: Set<String>] {
        var flags: [Int: Set<String>] = [:]
        for line in try await imap.ask("UID FETCH 1:* (UID FLAGS)") {
            guard let uid = line.firstMatch(of: /UID (\d+)/).flatMap({ Int($0.1) }),
                let names = line.firstMatch(of: /FLAGS \(([^)]*)\)/)?.1
            else { continue }
            flags[uid] = Set(names.split(separator: " ").map(String.init)).subtracting(["\\Recent"])
        }
        return flags
    }
}
