import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

/// INBOX's namespace, by our IMAP and by a running Dovecot with the same namespace over a Maildir with the same folders.
@Suite struct `The namespace of INBOX` {
    struct Namespace: Sendable, CustomStringConvertible {
        var prefix: String
        var separator: String

        var description: String { "prefix \(prefix.isEmpty ? "none" : prefix), separator \(separator)" }

        /// A folder's name as its clients have it.
        func name(_ parts: String...) -> String { prefix + parts.joined(separator: separator) }

        static let mailboxes = [
            (name: "Sent", auto: "subscribe", use: "\\Sent"), (name: "Drafts", auto: "create", use: "\\Drafts"),
            (name: "Bin", auto: "no", use: "\\Trash"), (name: "Everything", auto: "create", use: "\\All"),
        ]

        var yaml: String {
            let mailboxes = Self.mailboxes.map { "{name: \($0.name), auto: \($0.auto), special_use: ['\($0.use)']}" }
            return """
                  namespaces:
                    inbox:
                      inbox: yes
                      prefix: "\(prefix)"
                      separator: "\(separator)"
                      mailboxes: [\(mailboxes.joined(separator: ", "))]
                """
        }

        var dovecot: String {
            let mailboxes = Self.mailboxes.map {
                "  mailbox \($0.name) {\n    auto = \($0.auto)\n    special_use = \($0.use)\n  }\n"
            }
            return "namespace inbox {\n  inbox = yes\n  prefix = \(prefix)\n  separator = \(separator)\n"
                + mailboxes.joined() + "}\n"
        }
    }

    static let namespaces = [
        Namespace(prefix: "", separator: "."), Namespace(prefix: "INBOX.", separator: "."),
        Namespace(prefix: "INBOX/", separator: "/"), Namespace(prefix: "Mail/", separator: "/"),
        Namespace(prefix: "", separator: "/"),
    ]

    /// Folders that are there before anybody logs in, and what is subscribed of them.
    private static let folders = [".Archive.2024", ".Bin", ".Work"]
    private static let subscriptions = "INBOX\nWork\nArchive.2024\nGone\n"

    private static func lay(_ maildir: String, owner: UInt32) throws {
        for folder in [""] + folders.map({ "/" + $0 }) {
            for part in ["cur", "new", "tmp"] {
                try FileManager.default.createDirectory(
                    atPath: "\(maildir)\(folder)/\(part)", withIntermediateDirectories: true)
            }
        }
        try Data(subscriptions.utf8).write(to: URL(fileURLWithPath: "\(maildir)/subscriptions"))
        let paths = (FileManager.default.enumerator(atPath: maildir)?.allObjects as? [String]) ?? []
        for path in [""] + paths { chown("\(maildir)/\(path)", owner, owner) }
        chown((maildir as NSString).deletingLastPathComponent, owner, owner)
    }

    /// Dovecot's IMAP process, logged in already, over a pipe.
    private static func dovecot(
        _ namespace: Namespace, _ commands: [String], in folder: TemporaryFolder
    ) async throws -> [[String]] {
        chmod(folder.path, 0o755)
        let home = try folder.makeFolder("dovecot")
        try lay("\(home)/Maildir", owner: 20001)
        let run = try folder.makeFolder("run")
        chmod(run, 0o777)
        let configuration = try folder.write(
            """
            base_dir = \(run)
            log_path = /dev/stderr
            stats_writer_socket_path =
            mail_location = maildir:~/Maildir
            first_valid_uid = 1
            ssl = no
            \(namespace.dovecot)

            """, to: "dovecot.conf")
        let script = commands.enumerated().map { "t\($0.offset) \($0.element)\r\n" }.joined() + "x LOGOUT\r\n"
        let input = try folder.write(script, to: "commands")
        let output = try await ChildProcess.run(
            [
                "/bin/sh", "-c", "cat \"$0\" | \"$@\"", input, "/usr/bin/setpriv", "--reuid", "20001", "--regid",
                "20001",
                "--clear-groups", "/usr/lib/dovecot/imap", "-c", configuration,
            ], in: folder, environment: ["USER": "anna", "HOME": home, "TZ": "UTC"])
        return split(output, commands.count)
    }

    /// The lines of each command's answer, the tagged one with its word alone.
    private static func split(_ output: String, _ count: Int) -> [[String]] {
        var answers: [[String]] = []
        var lines: [String] = []
        for line in output.split(whereSeparator: \.isNewline).map(String.init) {
            if line.hasPrefix("t\(answers.count) ") {
                answers.append(lines + [String(line.split(separator: " ")[1])])
                lines = []
            } else if line.hasPrefix("* ") {
                lines.append(line)
            }
        }
        return answers
    }

    /// What must be the same: names, separators, and of the flags those that say what a mailbox is.
    private static func comparable(_ lines: [String], _ command: String) -> [String] {
        let isExtended = command.hasPrefix("LIST (")
        return lines.compactMap { line -> String? in
            guard line.hasPrefix("* ") else { return line }
            guard let match = line.wholeMatch(of: /\* (LIST|LSUB) \(([^)]*)\) (\S+) (.*)/) else {
                return line.hasPrefix("* NAMESPACE") || line.hasPrefix("* STATUS") ? line : nil
            }
            let name = match.4.replacing("\"", with: "")
            var flags = Set(match.2.split(separator: " ").map { $0.lowercased() })
            flags.subtract(["\\marked", "\\unmarked"])
            // Dovecot calls what only bears a namespace's name a mailbox, but does not let it be selected.
            if name == "Mail" { flags.remove("\\noselect") }
            // RFC 5258 §3.1 has children told where nobody asked; Dovecot tells then only in the basic form.
            if isExtended { flags.subtract(["\\haschildren", "\\hasnochildren"]) }
            // RFC 6154 §2 leaves it open whether uses are told where nobody asked.
            if command.contains("(SUBSCRIBED)") { flags.subtract(Namespace.mailboxes.map { $0.use.lowercased() }) }
            // Dovecot tells of children in LIST alone.
            if match.1 == "LSUB" { flags.formIntersection(["\\noselect"]) }
            return "\(match.1) \(flags.sorted().joined(separator: " ")) \(match.3) \(name)"
        }.sorted()
    }

    private static func commands(_ namespace: Namespace) -> [String] {
        [
            "NAMESPACE", "LIST \"\" \"\"", "LIST \"\" *", "LIST \"\" %", "LIST \"\" \(namespace.prefix)*",
            "LIST \"\(namespace.prefix)\" %", "LIST \"\" INBOX", "LIST \"\" Work", "LSUB \"\" *", "LSUB \"\" %",
            "LIST (SUBSCRIBED) \"\" *", "LIST (SPECIAL-USE) \"\" *",
            "SELECT \(namespace.name("Archive", "2024"))", "SELECT inbox", "SELECT nowhere.else",
            // Made by themselves when they are used.
            "STATUS \(namespace.name("Sent")) (MESSAGES)", "SELECT \(namespace.name("Drafts"))",
            "UNSUBSCRIBE \(namespace.name("Sent"))", "LSUB \"\" *",
            "CREATE \(namespace.name("New", "Below"))", "SUBSCRIBE \(namespace.name("New", "Below"))",
            "RENAME \(namespace.name("Work")) \(namespace.name("Done"))", "DELETE \(namespace.name("Bin"))",
            "LIST \"\" *", "LSUB \"\" *",
        ]
    }

    @Test(arguments: namespaces)
    func `is shown as Dovecot shows it: names, prefix, flags, mailboxes that make themselves`(
        namespace: Namespace
    ) async throws {
        let commands = Self.commands(namespace)
        let folder = try TemporaryFolder("namespace")
        let theirs = try await Self.dovecot(namespace, commands, in: folder)
        try #require(theirs.count == commands.count, "\(theirs)")
        let configuration = People.configuration().replacing(
            "  mail_location: maildir:~/Maildir", with: "  mail_location: maildir:~/Maildir\n\(namespace.yaml)")
        try await TestSite.serving(configuration, files: People.files) { site in
            try Self.lay(site.folder.path("mail/anna/Maildir"), owner: 20001)
            let imap = try await IMAPDialogue(site, login: People.login)
            for (command, expected) in zip(commands, theirs) {
                var answer = try await imap.ask(command)
                let completion = answer.removeLast()
                answer.append(String(completion.split(separator: " ")[1]))
                #expect(Self.comparable(answer, command) == Self.comparable(expected, command), "\(command)")
            }
            // Somebody else's view of the same Maildir: what was made is there.
            let made = ["Sent", "Drafts"].map {
                FileManager.default.fileExists(atPath: site.folder.path("mail/anna/Maildir/.\($0)/cur"))
            }
            #expect(made == [true, true])
        }
    }

    @Test func `tells a client that forgets the prefix what it is`() async throws {
        let namespace = Namespace(prefix: "INBOX.", separator: ".")
        let configuration = People.configuration().replacing(
            "  mail_location: maildir:~/Maildir", with: "  mail_location: maildir:~/Maildir\n\(namespace.yaml)")
        try await TestSite.serving(configuration, files: People.files) { site in
            let imap = try await IMAPDialogue(site, login: People.login)
            #expect(
                try await imap.ask("SELECT Sent").last
                    == "t NO [CANNOT] Invalid mailbox name: it should begin with INBOX.")
            // Copying into one that is not there yet makes it.
            try await site.swaks(to: "anna@example.org")
            _ = try await imap.ask("SELECT INBOX")
            let copied = try await imap.ask("COPY 1 INBOX.Sent")
            #expect(copied.last?.hasPrefix("t OK [COPYUID") == true, "\(copied)")
            #expect(try await imap.ask("LSUB \"\" *").contains { $0.hasSuffix(" INBOX.Sent") })
        }
    }

    @Test(arguments: [("PLAIN", true), ("LOGIN", false)])
    func `mechanisms that the site names are all that IMAP and submission offer`(
        mechanism: String, takesLogin: Bool
    ) async throws {
        let configuration = People.configuration().replacing(
            "accounts:\n", with: "accounts:\n  mechanisms: [\(mechanism)]\n")
        try await TestSite.serving(configuration, files: People.files) { site in
            let imap = try await IMAPDialogue(site)
            let capability = try await imap.ask("CAPABILITY").first ?? ""
            let offered = capability.split(separator: " ").filter { $0.hasPrefix("AUTH=") }
            #expect(offered == ["AUTH=\(mechanism)"])
            #expect(capability.contains("LOGINDISABLED") == !takesLogin)
            let login = try await imap.ask("LOGIN anna secret")
            #expect(login.last?.hasPrefix(takesLogin ? "t OK" : "t NO Unsupported") == true, "\(login)")
            let other = mechanism == "PLAIN" ? "LOGIN" : "PLAIN"
            if !takesLogin {
                #expect(try await imap.ask("AUTHENTICATE \(other)").last?.hasPrefix("t NO Unsupported") == true)
            }
            let smtp = try await SMTPDialogue(site, .submissions)
            let greeting = try await smtp.ask("EHLO client.example")
            #expect(greeting.contains("AUTH \(mechanism)\n") || greeting.contains("AUTH \(mechanism)\r"), "\(greeting)")
            #expect(try await smtp.ask("AUTH \(other)").hasPrefix("5"))
        }
    }

    @Test func `a mechanism that is not there is a fault, and not the usual two instead`() async throws {
        let configuration = People.configuration().replacing(
            "accounts:\n", with: "accounts:\n  mechanisms: [CRAM-MD5]\n")
        await #expect {
            try await TestSite.serving(configuration, files: People.files) { _ in }
        } throws: { "\($0)".contains("CRAM-MD5 is not offered here") }
    }
}
