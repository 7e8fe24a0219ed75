import Foundation
import PostroomTesting
import Testing

@Suite struct `POP3 beside Dovecot on one Maildir` {
    /// What we say and Dovecot says is the same to the octet: sizes, ids, tops, messages, refusals.
    private func compare(_ ours: [UInt8], _ theirs: [UInt8], _ what: String) {
        guard ours != theirs else { return }
        let place =
            zip(ours, theirs).enumerated().first { $0.element.0 != $0.element.1 }?.offset
            ?? min(ours.count, theirs.count)
        func around(_ bytes: [UInt8]) -> String {
            String(decoding: bytes[max(0, place - 80)..<min(bytes.count, place + 80)], as: UTF8.self).debugDescription
        }
        Issue.record(
            "\(what): ours \(ours.count) and Dovecot's \(theirs.count) octets differ at \(place):\n\(around(ours))\n\(around(theirs))"
        )
    }

    @Test(arguments: [true, false])
    func `LIST, UIDL, TOP and RETR are equal octet for octet`(_ isDovecotFirst: Bool) async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            let home = try MaildropCorpus.write(site)
            func dovecot() async throws -> [UInt8] {
                try await DovecotPOP3.transcript(site, home: home, MaildropCorpus.commands)
            }
            func postroom() async throws -> [UInt8] {
                try await PythonPOP3.transcript(site, People.login, MaildropCorpus.commands)
            }
            if isDovecotFirst {
                let theirs = try await dovecot()
                try #require(theirs.count > 800_000)
                compare(try await postroom(), theirs, "after Dovecot")
            } else {
                let ours = try await postroom()
                compare(ours, try await dovecot(), "before Dovecot")
                compare(try await postroom(), ours, "again")
            }
        }
    }

    @Test(arguments: ["%08Xu%08Xv", "%v.%u", "%f", "%g", "%v-%u", "UID%u-%v", "%10g%u"])
    func `ids are made by the same formats`(_ format: String) async throws {
        let more = "pop3: {uidl_format: \"\(format)\"}"
        try await TestSite.serving(People.configuration(more: more), files: People.files) { site in
            let home = try MaildropCorpus.write(site)
            let ours = try await PythonPOP3.transcript(site, People.login, ["UIDL", "QUIT"])
            let theirs = try await DovecotPOP3.transcript(
                site, home: home, settings: "pop3_uidl_format = \(format)", ["UIDL", "QUIT"])
            compare(ours, theirs, format)
        }
    }

    @Test func `ids that one of them saved are the other's, and so is the order`() async throws {
        let more = "pop3: {uidl_format: \"%v.%u\", save_uidl: yes, reuse_xuidl: yes}"
        try await TestSite.serving(People.configuration(more: more), files: People.files) { site in
            let home = try MaildropCorpus.write(site)
            let ours = try await PythonPOP3.transcript(site, People.login, ["UIDL", "QUIT"])
            #expect(String(decoding: ours, as: UTF8.self).contains(" 7fe4b3a2c1\r\n"))
            // With another format, Dovecot takes what is saved.
            compare(
                ours,
                try await DovecotPOP3.transcript(
                    site, home: home, settings: "pop3_uidl_format = %g", ["UIDL", "QUIT"]), "saved by us")

            // As a migration leaves them: an id of another server, and where that listed the message.
            let list = "\(home)/Maildir/dovecot-uidlist"
            var lines = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").map(String.init)
            for index in lines.indices.dropFirst() {
                let uid = lines[index].prefix { $0 != " " }
                let rest = lines[index].drop { $0 != ":" }
                lines[index] = "\(uid) Pold-\(uid)" + (index % 2 == 0 ? " O\(100 - index)" : "") + " \(rest)"
            }
            try (lines.joined(separator: "\n") + "\n").write(toFile: list, atomically: true, encoding: .utf8)
            chown(list, 20_001, 20_001)
            let migrated = try await PythonPOP3.transcript(site, People.login, ["LIST", "UIDL", "QUIT"])
            #expect(String(decoding: migrated, as: UTF8.self).contains("1 old-1"))
            compare(
                migrated, try await DovecotPOP3.transcript(site, home: home, ["LIST", "UIDL", "QUIT"]), "migrated")
        }
    }
}
