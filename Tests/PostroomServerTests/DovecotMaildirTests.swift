import Foundation
import PostroomTesting
import Testing

/// Dovecot on the same Maildir: its `doveadm`, without a server, under the owner's identity.
private struct Doveadm {
    let site: TestSite
    let home: String
    let configuration: String

    init(_ site: TestSite, home: String) throws {
        self.site = site
        self.home = home
        configuration = try site.folder.write(
            """
            base_dir = \(try site.folder.makeFolder("dovecot"))
            log_path = /dev/stderr
            stats_writer_socket_path =
            mail_location = maildir:~/Maildir
            first_valid_uid = 1
            ssl = no

            """, to: "dovecot.conf")
        chmod(site.folder.path("dovecot"), 0o777)
    }

    @discardableResult
    func run(_ arguments: [String], input: String = "") async throws -> String {
        try await ChildProcess.run(
            [
                "/usr/bin/setpriv", "--reuid", "20001", "--regid", "20001", "--clear-groups", "/usr/bin/doveadm", "-c",
                configuration, "-f", "tab",
            ] + arguments, input: try site.folder.write(input, to: "doveadm-input"), in: site.folder,
            environment: ["USER": "anna", "HOME": home])
    }

    /// UID → flags and keywords, as IMAP names them.
    func messages(_ mailbox: String = "INBOX") async throws -> [Int: Set<String>] {
        let text = try await run(["fetch", "uid flags", "mailbox", mailbox, "all"])
        var result: [Int: Set<String>] = [:]
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard let uid = fields.first.flatMap({ Int($0) }) else { continue }
            result[uid] = Set(fields.last?.split(separator: " ").map(String.init) ?? []).subtracting(["\\Recent"])
        }
        return result
    }
}

extension IMAPDialogue {
    /// The same by our IMAP.
    fileprivate func messages(_ mailbox: String = "INBOX") async throws -> [Int: Set<String>] {
        _ = try await ask("SELECT \(mailbox)")
        var result: [Int: Set<String>] = [:]
        for line in try await ask("UID FETCH 1:* (UID FLAGS)") {
            guard let uid = line.firstMatch(of: /UID (\d+)/).flatMap({ Int($0.1) }),
                let flags = line.firstMatch(of: /FLAGS \(([^)]*)\)/)?.1
            else { continue }
            result[uid] = Set(flags.split(separator: " ").map(String.init)).subtracting(["\\Recent"])
        }
        return result
    }
}

@Suite struct `A Maildir that Dovecot works on, too` {
    @Test func `has the same UIDs, flags and keywords on both sides, whoever changed them`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            for _ in 0..<3 { try await site.swaks(to: "anna@example.org") }
            let imap = try await IMAPDialogue(site, login: People.login)
            _ = try await imap.ask("SELECT INBOX")
            _ = try await imap.ask("STORE 1 FLAGS (\\Seen \\Flagged $Work)")
            _ = try await imap.ask("STORE 3 FLAGS (\\Answered)")
            let dovecot = try Doveadm(site, home: site.folder.path("mail/anna"))
            #expect(try await dovecot.messages() == [1: ["\\Seen", "\\Flagged", "$Work"], 2: [], 3: ["\\Answered"]])

            // The other way.
            try await dovecot.run(["flags", "add", "\\Draft $Home", "mailbox", "INBOX", "uid", "2"])
            try await dovecot.run(["expunge", "mailbox", "INBOX", "uid", "3"])
            try await dovecot.run(["save", "-m", "INBOX"], input: "Subject: by Dovecot\n\nx\n")
            let after = try await dovecot.messages()
            #expect(Set(after.keys) == [1, 2, 4])
            #expect(after[2] == ["\\Draft", "$Home"])
            #expect(try await imap.messages() == after)

            try await site.swaks(to: "anna@example.org")
            _ = try await imap.ask("CREATE Archive")
            _ = try await imap.ask("UID COPY 1:2 Archive")
            #expect(try await imap.messages() == dovecot.messages())
            #expect(try await imap.messages("Archive") == dovecot.messages("Archive"))
            #expect(try await imap.messages("Archive").count == 2)
        }
    }

    @Test func `is reached by a root that is a link, and holds shared folders by absolute links`() async throws {
        let folder = try TemporaryFolder("elsewhere")
        chmod(folder.path, 0o755)
        let disk = try folder.makeFolder("disk")
        chmod(disk, 0o777)
        let root = folder.path("link")
        #expect(symlink(disk, root) == 0)
        let people = People.ldif.replacing("%ROOT%", with: root)
        try await TestSite.serving(People.configuration(root: root), files: ["people.ldif": people]) { site in
            try await site.swaks(to: "anna@example.org")
            try await site.swaks(to: "ben@example.org")
            // As documents on qmail's directories have it: one user's folder in another's Maildir.
            for place in ["", "/cur", "/new", "/tmp"] {
                mkdir("\(disk)/ben/Maildir/.Team\(place)", 0o700)
                chown("\(disk)/ben/Maildir/.Team\(place)", 20001, 20001)
            }
            #expect(symlink("\(root)/ben/Maildir/.Team", "\(disk)/anna/Maildir/.Shared") == 0)
            lchown("\(disk)/anna/Maildir/.Shared", 20001, 20001)
            let imap = try await IMAPDialogue(site, login: People.login)
            #expect(try await imap.ask("LIST \"\" *").contains { $0.hasSuffix(" Shared") })
            try await imap.connection.send("a APPEND Shared {14+}\r\nSubject: x\r\n\r\n\r\n")
            let appended = try await imap.lines { $0.hasPrefix("a ") }
            #expect(appended.last?.hasPrefix("a OK") == true, "\(appended)")
            let ben = try await IMAPDialogue(site, login: ("ben", "secret"))
            #expect(try await ben.messages("Team").count == 1)
            #expect(try await imap.messages("Shared").count == 1)
            #expect(try await imap.messages("INBOX").count == 1)
            let dovecot = try Doveadm(site, home: "\(root)/anna")
            #expect(try await imap.messages("Shared") == dovecot.messages("Shared"))
        }
    }
}
