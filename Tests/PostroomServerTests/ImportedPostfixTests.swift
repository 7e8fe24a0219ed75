import Dialects
import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// A small site of Postfix with tables in files, served as it stands.
@Suite struct `A Postfix configuration that is served as it stands` {
    private static let main = """
        compatibility_level = 3.6
        myhostname = mail.example.org
        mydomain = example.org
        myorigin = example.org
        mydestination = localhost
        inet_interfaces = 127.0.0.1
        mynetworks = 127.0.0.2/32
        recipient_delimiter = +
        smtpd_banner = $myhostname ESMTP front desk
        virtual_mailbox_domains = example.org
        virtual_mailbox_base = %ROOT%
        virtual_mailbox_maps = texthash:%DIR%/mailboxes
        virtual_uid_maps = static:5000
        virtual_gid_maps = static:5000
        virtual_alias_maps = texthash:%DIR%/virtual
        alias_maps = texthash:%DIR%/aliases
        transport_maps = texthash:%DIR%/transport
        recipient_canonical_maps = texthash:%DIR%/recipient_canonical
        sender_canonical_maps = texthash:%DIR%/sender_canonical
        always_bcc = archive
        recipient_bcc_maps = texthash:%DIR%/bcc
        relay_domains = relay.example
        smtpd_helo_required = no
        smtpd_restriction_classes = strict
        strict = check_sender_access inline:{bad.example=REJECT}
        smtpd_sender_restrictions = check_sender_access texthash:%DIR%/senders
        smtpd_relay_restrictions = permit_mynetworks, defer_unauth_destination
        smtpd_recipient_restrictions = check_recipient_access texthash:%DIR%/recipients
        smtpd_data_restrictions = reject_unauth_pipelining

        """

    private static let tables = [
        "mailboxes":
            "alice@example.org alice/\nbob@example.org bob/\ncarol@example.org carol/\narchive@example.org archive/\ntrap@example.org trap/\n",
        "virtual": "team@example.org alice, bob\n",
        "aliases": "root alice@example.org\npiped \"|/bin/cat\"\n",
        "transport":
            "trap@example.org discard:\ngone@example.org error:5.1.6 moved away\nfar.example smtp:[hub.example]\n",
        "recipient_canonical": "oldname@example.org carol@example.org\n",
        "sender_canonical": "internal@outside.example public@outside.example\n",
        "bcc": "bob@example.org nobody@example.org\n",
        "senders": """
        spam.example DISCARD
        news.example PREPEND X-News: yes
        reject.example REJECT
        text.example REJECT 5.7.9 go away
        defer.example DEFER
        permit.example DEFER_IF_PERMIT busy
        slow.example DEFER_IF_REJECT slow
        code.example 553 no
        late.example 450 4.2.1 later
        warn.example warn_if_reject reject
        class.example strict
        unknown.example no_such_action
        nowhere.example REDIRECT nowhere
        header.example PREPEND nonsense
        ok.example OK
        digits.example 12345
        hold.example HOLD
        scan.example FILTER smtp:scanner.example

        """,
        "recipients": "carol@example.org strict\n",
    ]

    /// Lays out the folders; returns that of main.cf.
    private static func write(_ main: String, to folder: TemporaryFolder) throws -> String {
        let root = try folder.makeFolder("mail")
        let directory = try folder.makeFolder("postfix")
        for path in [folder.path, root, directory] { chmod(path, 0o755) }
        chmod(root, 0o777)
        for (name, text) in tables { try folder.write(text, to: "postfix/\(name)") }
        let text = main.replacing("%ROOT%", with: root).replacing("%DIR%", with: directory)
        try folder.write(text, to: "postfix/main.cf")
        try folder.write("smtp inet n - n - - smtpd\n", to: "postfix/master.cf")
        return directory
    }

    private static func serving<Value: Sendable>(
        main: String = main, in folder: TemporaryFolder? = nil, outside: OutsideHost? = nil,
        _ body: (TestSite) async throws -> Value
    ) async throws -> Value {
        let folder = try folder ?? TemporaryFolder("postfix-site")
        let directory = try write(main, to: folder)
        var request = ImportRequest(origins: [ConfigurationOrigin(.postfix, path: directory)])
        request.listeners = [(kind: .smtp, host: "127.0.0.1", port: 0)]
        let source = SiteSource.programs(request)
        var model = try SiteLoader.load(source, environment: [:]).model
        model.tls.selfSignedDirectory = Located(folder.path("tls"), at: .builtIn)
        outside?.announce(to: &model)
        return try await Server.withRunning(model, source: source, queueDirectory: folder.path("spool")) { server in
            try await body(TestSite(folder: folder, server: server))
        }
    }

    private func messages(_ site: TestSite, _ mailbox: String) throws -> [String] {
        try site.new(mailbox).map { try String(contentsOfFile: $0, encoding: .utf8) }
    }

    @Test func `HOLD keeps a message in the queue`() async throws {
        try await Self.serving { site in
            let held = try await site.swaks(
                to: "alice@example.org", from: "x@hold.example", ["--header", "Subject: to be looked at"])
            #expect(held.contains("250 2.0.0 Ok"), "\(held)")
            try await site.swaks(to: "alice@example.org", ["--header", "Subject: harmless"])
            let delivered = try messages(site, "alice")
            #expect(delivered.count == 1 && delivered[0].contains("Subject: harmless"))
            #expect(try site.waits("Subject: to be looked at"))
        }
    }

    @Test func `FILTER sends all of a message to the filter, mailboxes of this site included`() async throws {
        try await OutsideHost.serving(["scanner.example"]) { outside in
            try await Self.serving(outside: outside) { site in
                try await site.swaks(to: "team@example.org", from: "x@scan.example")
                let found = try await outside.messages(1)
                #expect(
                    Set(found.flatMap(\.recipients)) == ["alice@example.org", "bob@example.org", "archive@example.org"])
                #expect(try messages(site, "alice").isEmpty)
            }
        }
    }

    @Test func `unknown recipients are taken and their mail returned, where the configuration says so`() async throws {
        try await Self.serving(main: Self.main + "smtpd_reject_unlisted_recipient = no\n") { site in
            let sent = try await site.swaks(to: "zoe@example.org", from: "carol@example.org")
            #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
            try await eventually("the sender is told") { try !messages(site, "carol").isEmpty }
            let notice = try #require(try messages(site, "carol").first)
            #expect(notice.contains("multipart/report") && notice.contains("zoe@example.org"))
            #expect(notice.contains("5.1.1"))
            let relayed = try await site.swaksRefused(to: "x@elsewhere.example")
            #expect(relayed.contains("454 4.7.1"), "\(relayed)")
        }
    }

    @Test func `each recipient gets the answer that its tables give`() async throws {
        try await Self.serving { site in
            let dialogue = try await SMTPDialogue(site)
            _ = try await dialogue.ask("MAIL FROM:<x@outside.example>")
            for (recipient, reply) in [
                ("alice@example.org", "250 2.1.5 Ok"), ("team@example.org", "250 2.1.5 Ok"),
                ("alice", "250 2.1.5 Ok"), ("Alice+lists@example.org", "250 2.1.5 Ok"),
                (
                    "zoe@example.org",
                    "550 5.1.1 <zoe@example.org>: Recipient address rejected: User unknown in virtual mailbox table"
                ),
                ("root@localhost", "250 2.1.5 Ok"),
                (
                    "zoe@localhost",
                    "550 5.1.1 <zoe@localhost>: Recipient address rejected: User unknown in local recipient table"
                ),
                ("gone@example.org", "550 5.1.6 <gone@example.org>: Recipient address rejected: moved away"),
                ("x@elsewhere.example", "454 4.7.1 <x@elsewhere.example>: Relay access denied"),
                ("oldname@example.org", "250 2.1.5 Ok"),
            ] {
                #expect(try await dialogue.ask("RCPT TO:<\(recipient)>").hasPrefix(reply), "\(recipient)")
            }
            for (recipient, start) in [
                ("piped@localhost", "451 4.3.5 "), ("x@relay.example", "250 2.1.5 "), ("x@far.example", "454 4.7.1 "),
            ] {
                #expect(try await dialogue.ask("RCPT TO:<\(recipient)>").hasPrefix(start), "\(recipient)")
            }
            let second = try await SMTPDialogue(site)
            _ = try await second.ask("MAIL FROM:<x@bad.example>")
            #expect(
                try await second.ask("RCPT TO:<carol@example.org>")
                    == "554 5.7.1 <x@bad.example>: Sender address rejected: Access denied")
        }
    }

    @Test func `greeting, bare names and a MAIL without HELO are as the site had them`() async throws {
        try await Self.serving { site in
            let connection = try await TestConnection(port: site.port(.smtp))
            #expect(try await connection.reply() == "220 mail.example.org ESMTP front desk")
            try await connection.send("MAIL FROM:<x>\r\n")
            #expect(try await connection.reply().hasPrefix("250"))
        }
    }

    @Test func `copies, headers and senders of a message are what the tables make them`() async throws {
        try await Self.serving { site in
            let dialogue = try await SMTPDialogue(site)
            #expect(
                try await dialogue.envelope(
                    from: "internal@outside.example", to: ["bob@example.org", "trap@example.org"]
                ).hasPrefix("250"))
            // recipient_bcc_maps names nobody: that refuses nothing.
            #expect(try await dialogue.data("Subject: one\r\n\r\nhello").hasPrefix("250"))
            #expect(try await dialogue.envelope(from: "x@news.example", to: ["carol@example.org"]).hasPrefix("250"))
            #expect(try await dialogue.data("Subject: two\r\n\r\nhello").hasPrefix("250"))
            #expect(try await dialogue.envelope(from: "x@spam.example", to: ["carol@example.org"]).hasPrefix("250"))
            #expect(try await dialogue.data("Subject: three\r\n\r\nhello").hasPrefix("250"))
            let large = String(repeating: String(repeating: "x", count: 70) + "\r\n", count: 10_000)
            #expect(try await dialogue.envelope(from: "x@news.example", to: ["alice@example.org"]).hasPrefix("250"))
            #expect(try await dialogue.data("Subject: four\r\n\r\n" + large).hasPrefix("250"))

            let bob = try messages(site, "bob")
            #expect(bob.count == 1)
            #expect(bob.first?.hasPrefix("Return-Path: <public@outside.example>\n") == true)
            #expect(bob.first?.contains("X-News") == false)
            let carol = try messages(site, "carol")
            #expect(carol.count == 1)
            #expect(carol.first?.contains("\nX-News: yes\nReceived: from ") == true)
            let alice = try messages(site, "alice")
            #expect(alice.count == 1 && alice.first?.contains("\nX-News: yes\n") == true)
            // always_bcc: of all but the one that was thrown away.
            let archive = try messages(site, "archive")
            #expect(archive.count == 3 && !archive.contains { $0.contains("Subject: three") })
        }
    }

    @Test func `explain shows the lists, the way and the words of the listener`() async throws {
        try await Self.serving { site in
            func explain(_ recipient: String, _ sender: String?, _ login: String? = nil) async throws -> String {
                let explanation = await site.server.site.explain(recipient, sender: sender, login: login)
                return try #require(explanation).text(isColoured: false)
            }
            let refused = try await explain("alice@example.org", "x@text.example")
            #expect(refused.contains("⇒ 554 5.7.9 <x@text.example>: Sender address rejected: go away"))
            #expect(refused.contains("smtpd_sender_restrictions"))
            let relayed = try await explain("x@far.example", "x@outside.example")
            #expect(relayed.contains("⇒ 454 4.7.1 <x@far.example>: Relay access denied"))
            let way = try await explain("x@far.example", nil)
            #expect(way.contains("by smtp:[hub.example]"))
            #expect(try await explain("trap@example.org", nil).contains("→ trap@example.org is thrown away"))
            #expect(
                try await explain("oldname@example.org", nil).contains("oldname@example.org becomes carol@example.org"))
            // Nobody logs in at this site: a login has the native policy of submission.
            #expect(
                try await explain("x@far.example", "alice@example.org", "alice").contains(
                    "reject_sender_login_mismatch"))
        }
    }

    @Test func `commands behind DATA that had to wait for its reply are refused`() async throws {
        try await Self.serving { site in
            let dialogue = try await SMTPDialogue(site)
            _ = try await dialogue.envelope(to: ["alice@example.org"])
            try await dialogue.connection.send("DATA\r\nSubject: x\r\n\r\nx\r\n.\r\n")
            #expect(
                try await dialogue.connection.reply()
                    == "503 5.5.0 <DATA>: Data command rejected: Improper use of SMTP command pipelining")
        }
    }

    @Test func `a listener that would let strangers relay is not opened`() async throws {
        let open = Self.main.replacing(", defer_unauth_destination", with: "")
        await #expect(throws: ConfigurationFaults.self) {
            try await Self.serving(main: open) { _ in }
        }
        // Also where the model came by another way.
        let folder = try TemporaryFolder("open-relay")
        let root = try folder.makeFolder("mail")
        let yaml = """
            hostname: mail.example.org
            domains: {mailbox: [example.org]}
            directory: {ldif: "\(try folder.write("", to: "empty.ldif"))", base: "dc=example,dc=org"}
            accounts: {user: [{filter: "(uid=%u)", attributes: "uid=user, homeDirectory=home"}]}
            store: {roots: ["\(root)"], owner: "5000:5000"}
            policies: {open: {relay_restrictions: [permit]}}
            listeners: [{protocol: smtp, address: "127.0.0.1:0", policy: open}]
            """
        let file = try folder.write(yaml, to: "postroom.yaml")
        let faults = await SiteLoader.faults(.file(file), environment: [:])
        #expect(faults.contains { "\($0)".contains("keep strangers from relaying") }, "\(faults)")
    }

    // MARK: - Beside a running Postfix

    private static let alice = "alice@example.org"

    /// Envelopes whose RCPT both are asked for.
    private static let envelopes: [(sender: String, recipient: String)] =
        [
            "spam", "news", "reject", "text", "defer", "permit", "slow", "code", "late", "warn", "class", "unknown",
            "nowhere", "header", "ok", "digits", "bad", "hold",
        ].flatMap { [("x@\($0).example", alice), ("x@\($0).example", "zoe@example.org")] }
        + [
            "alice", "root", "team@example.org", "team+x@example.org", "Alice+x@Example.org", "oldname@example.org",
            "root@localhost", "root+x@localhost", "zoe@localhost", "piped@localhost", "gone@example.org",
            "trap@example.org", "postmaster@example.org", "x@relay.example", "x@sub.relay.example", "x@far.example",
            "x@elsewhere.example", "user%elsewhere.example@example.org", "user@[127.0.0.1]", "alice@[192.0.2.1]",
            "\"alice\"@example.org", "a@b@example.org",
        ].map { ("x@outside.example", $0) }
        + [
            ("x@bad.example", "carol@example.org"), ("x@reject.example", "x@elsewhere.example"),
            ("x@spam.example", "x@elsewhere.example"), ("", alice), ("", "zoe@example.org"),
        ]

    /// Where we mean to answer otherwise, and what.
    private static let differences: [String: String] = [
        // What local(8) alone delivers to.
        "x@outside.example piped@localhost": "451 4.3.5",
        // A path is an address or none (RFC 5321 §4.1.2).
        "x@outside.example a@b@example.org": "501 5.1.3",
        // The reply names the address that the name stands for.
        "x@outside.example root": "550 5.1.1 <root@example.org>",
    ]

    private func reply(_ site: some RunningSite, _ sender: String, _ recipient: String) async throws -> String {
        let dialogue = try await SMTPDialogue(site)
        let reply = try await dialogue.envelope(from: sender, to: [recipient])
        try await dialogue.connection.close()
        return reply
    }

    @Test func `every recipient gets the reply that a running Postfix gives on the same files`() async throws {
        let folder = try TemporaryFolder("beside")
        let directory = try Self.write(Self.main, to: folder)
        try await RunningPostfix.serving(directory, in: folder) { postfix in
            try await Self.serving(in: folder) { site in
                for (sender, recipient) in Self.envelopes {
                    let theirs = try await reply(postfix, sender, recipient)
                    let ours = try await reply(site, sender, recipient)
                    if let difference = Self.differences["\(sender) \(recipient)"] {
                        #expect(ours.hasPrefix(difference), "\(sender) → \(recipient)")
                        #expect(theirs != ours, "no difference any more")
                    } else {
                        #expect(ours == theirs, "\(sender) → \(recipient)")
                    }
                }
            }
        }
    }
}
