import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// Programs that fetch mail and keep note of what they have.
@Suite struct `Fetching programs` {
    /// Runs a program as an ordinary user, whom its home belongs to.
    private func run(_ command: [String], _ site: TestSite, home: String) async throws -> (ChildProcess.Exit, String) {
        let child = try await ChildProcess.start(
            ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] + command,
            outputFile: site.folder.path("fetched-\(UUID().uuidString)"),
            environment: ["HOME": home, "FETCHMAILHOME": home, "USER": "nobody"])
        return (await child.waitForExit(), child.output)
    }

    private func home(_ site: TestSite, _ name: String) throws -> LocalMaildirs {
        let home = try site.folder.makeFolder(name)
        chmod(home, 0o777)
        let local = LocalMaildirs(root: home)
        try local.makeFolder("INBOX")
        for part in ["", "/cur", "/new", "/tmp"] { chmod("\(home)/INBOX\(part)", 0o777) }
        return local
    }

    /// Of the lines that `MailboxState.mail` gives, the digests.
    private func digests(_ mail: String) -> [Substring] {
        mail.split(separator: "\n").compactMap { $0.split(separator: "'").dropFirst(2).first }.sorted()
    }

    @Test(arguments: ["IMAP", "POP3"])
    func `getmail has every message once`(_ kind: String) async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            try await NastyMail.write(site)
            // getmail writes multiparts anew.
            let state = try MailboxState(site, isLenient: true)
            let local = try home(site, "getmail")
            let mailboxes = kind == "IMAP" ? "mailboxes = (\"INBOX\", \"Archive.2024.Q1\", \"Sent\")" : ""
            func fetch() async throws -> String {
                let file = try site.folder.write(
                    """
                    [retriever]
                    type = Simple\(kind)SSLRetriever
                    server = 127.0.0.1
                    port = \(site.port(kind == "IMAP" ? .imaps : .pop3s))
                    username = anna
                    password = secret
                    timeout = 120
                    \(mailboxes)

                    [destination]
                    type = MDA_external
                    path = /bin/sh
                    arguments = ("-c", "cat > \(local.root)/INBOX/new/$$.$(date +%N).pc")

                    [options]
                    read_all = false
                    delivered_to = false
                    received = false

                    """, to: "getmail/getmailrc")
                chmod(file, 0o644)
                let (exit, output) = try await run(
                    ["/usr/bin/getmail", "--getmaildir", local.root], site, home: local.root)
                #expect(exit == .code(0), "\(output)")
                return try await state.mail(inMaildirs: local.root)
            }
            let all = digests(try await state.mail())
            let before = try await state.ofPostroomAsDovecot()
            let copy = try await fetch()
            #expect(digests(copy) == all)
            let again = try await fetch()
            #expect(again == copy)
            expectEqual(before, try await state.ofPostroomAsDovecot(), "the mailboxes")
            try await state.dovecotTakesOver()
            // To INBOX and Sent a message each was appended; that in Archive.2024.Q1 was moved there, by a new UID.
            let later = try await fetch()
            #expect(digests(later).count == all.count + (kind == "IMAP" ? 3 : 1))
            #expect(try await fetch() == later)
        }
    }

    @Test func `fetchmail over IMAP takes what is new in every folder, once`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            try await NastyMail.write(site)
            let state = try MailboxState(site)
            let local = try home(site, "fetchmail")
            func fetch(_ options: String...) async throws -> [Substring] {
                let file = try site.folder.write(
                    """
                    poll 127.0.0.1 protocol IMAP service \(site.port(.imaps)) timeout 120 username "anna" password "secret"
                      folder "INBOX", "Archive.2024.Q1", "Entw&APw-rfe &- m&AOE-s" ssl no sslcertck pass8bits
                      mda "cat > \(local.root)/INBOX/new/$$.$(date +%N).pc"

                    """, to: "fetchmail/rc")
                chown(file, 65_534, 65_534)
                chmod(file, 0o600)
                let (exit, output) = try await run(
                    ["/usr/bin/fetchmail", "-f", file, "--pidfile", "\(local.root)/pid", "--invisible"] + options, site,
                    home: local.root)
                // 1: there was no new mail.
                #expect(exit == .code(0) || exit == .code(1), "\(output)")
                return digests(try await state.mail(inMaildirs: local.root))
            }
            let unseen = try await state.mail().split(separator: "\n").filter { !$0.hasSuffix("S')") }
            let first = try await fetch("--keep")
            #expect(first.count == unseen.count)
            #expect(try await fetch("--keep") == first)
            try await state.dovecotTakesOver()
            // Dovecot moved one that was read, and appended such: nothing is new. Then all is fetched and removed.
            #expect(try await fetch("--keep").count <= first.count + 2)
            let left = try await fetch("--fetchall", "--nokeep")
            #expect(left.count > first.count)
            let rest = try await state.mail()
            for folder in ["INBOX", "Archive.2024.Q1", "Entwürfe & más"] { #expect(!rest.contains("('\(folder)', ")) }
            expectEqual(
                try await state.ofPostroomAsDovecot(), try await state.ofDovecot(), "what Dovecot sees at the end")
        }
    }

    @Test func `curl gives back what it was given, and lists, stores and searches`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            try await NastyMail.write(site)
            let state = try MailboxState(site)
            let server = "imaps://127.0.0.1:\(site.port(.imaps))"
            func curl(_ arguments: String...) async throws -> String {
                try await ChildProcess.run(
                    ["/usr/bin/curl", "-sSk", "--max-time", "120", "-u", "anna:secret"] + arguments, in: site.folder)
            }
            let folders = try await curl("\(server)/").split(separator: "\r\n")
            #expect(folders.count == NastyMail.folders.count + 1)
            #expect(folders.contains("* LIST (\\HasNoChildren) \".\" \"Entw&APw-rfe &- m&AOE-s\""))

            let folder = "\(server)/Entw%26APw-rfe%20%26-%20m%26AOE-s"
            for (index, message) in NastyMail.messages.enumerated() where !message.contains(0) {
                // As a mail program sends it: with CRLF.
                var octets: [UInt8] = []
                for octet in message where octet != 0x0D { octets += octet == 0x0A ? [0x0D, 0x0A] : [octet] }
                let name = "upload-\(index)"
                try Data(octets).write(to: URL(fileURLWithPath: site.folder.path(name)))
                let answer = try await curl("-T", site.folder.path(name), "-v", folder)
                let uid = try #require(answer.firstMatch(of: /APPENDUID \d+ (\d+)/)?.1)
                _ = try await curl("-o", site.folder.path("\(name).back"), "\(folder);UID=\(uid)")
                let back = FileManager.default.contents(atPath: site.folder.path("\(name).back"))
                #expect(back == Data(octets), "\(index)")
            }
            _ = try await curl("-X", "UID STORE 1 +FLAGS (\\Answered $Curl)", "\(server)/INBOX")
            #expect(try await curl("\(server)/INBOX?KEYWORD%20$Curl") == "* SEARCH 1\r\n")
            _ = try await curl("-X", "UID MOVE 2 Archive.2024.Q1", "\(server)/INBOX")
            _ = try await curl("-X", "UID STORE 3 +FLAGS.SILENT (\\Deleted)", "\(server)/INBOX")
            _ = try await curl("-X", "EXPUNGE", "\(server)/INBOX")
            let before = try await state.ofPostroom()
            _ = try await curl("\(server)/INBOX?ALL")
            _ = try await curl("-X", "UID FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE BODY.PEEK[1])", "\(server)/INBOX")
            expectEqual(before, try await state.ofPostroom(), "after looking")
            try await state.dovecotTakesOver()
        }
    }
}
