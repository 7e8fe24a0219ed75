import Dialects
import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// docs/forwarding.md, from its configuration to a delivered message.
@Suite struct `A site that only forwards` {
    @Test func `sends mail from outside on, whole, with a sender whose SPF is ours`() async throws {
        try await ForwardingPage.serving { site, sink, _ in
            let sent = try await site.swaks(
                to: "info@example.org", from: "stranger@elsewhere.example",
                ["--header", "Subject: a question", "--body", "Grüße.\n..a dot\n"])
            #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
            let message = try #require(try await sink.messages(1).first)
            #expect(message.recipients == ["dora@mailbox.example"])
            #expect(message.sender.hasPrefix("SRS0="))
            #expect(message.sender.hasSuffix("=elsewhere.example=stranger@example.org"))
            #expect(message.text.contains("\nSubject: a question\n"))
            #expect(message.text.contains("\nGrüße.\n"))
            // A bounce finds its way back to who sent it.
            try await site.swaks(to: message.sender, from: "<>", ["--header", "Subject: it bounced"])
            let bounce = try #require(try await sink.messages(2).first { $0.text.contains("it bounced") })
            #expect(bounce.recipients == ["stranger@elsewhere.example"])
            #expect(bounce.sender == "")
        }
    }

    @Test(arguments: [("dora", "dora@mailbox.example"), ("chain1", "dora@mailbox.example")])
    func `finds whom the directory names`(user: String, target: String) async throws {
        try await ForwardingPage.serving { site, sink, _ in
            try await site.swaks(to: "\(user)@example.org")
            #expect(try await sink.messages(1).first?.recipients == [target])
        }
    }

    @Test func `refuses whom nothing leads from, and puts off while the directory is away`() async throws {
        try await ForwardingPage.serving { site, _, slapd in
            let unknown = try await site.swaksRefused(to: "nobody@example.org")
            #expect(unknown.contains("550 5.1.1"), "\(unknown)")
            let outside = try await site.swaksRefused(to: "someone@outside.example")
            #expect(outside.contains("554 5.7.1"), "\(outside)")
            await slapd.kill()
            let unasked = try await site.swaksRefused(to: "erik@example.org")
            #expect(unasked.contains("451 4.3.0"), "\(unasked)")
        }
    }

    @Test func `lets a user send as the aliases that lead to them, and as no other`() async throws {
        try await ForwardingPage.serving { site, sink, _ in
            for sender in ["dora@example.org", "info@example.org"] {
                let sent = try await site.submit(
                    as: "dora", "dorapw12", from: sender, to: "friend@elsewhere.example")
                #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
            }
            // One's own domain is nobody's forgery: SRS leaves it alone.
            #expect(Set(try await sink.messages(2).map(\.sender)) == ["dora@example.org", "info@example.org"])
            let other = try await site.submit(
                as: "dora", "dorapw12", from: "username@example.org", to: "friend@elsewhere.example")
            #expect(other.contains("553 5.7.1"), "\(other)")
            let wrong = try await site.submit(
                as: "dora", "wrong", from: "dora@example.org", to: "friend@elsewhere.example")
            #expect(wrong.contains("535 5.7.8"), "\(wrong)")
        }
    }

    @Test func `needs no store, and has no IMAP listeners`() async throws {
        let folder = try TemporaryFolder("forwarding")
        for (name, text) in ForwardingPage.files { try folder.write(text, to: name) }
        for number in [0, 1] {
            let file = try folder.write(
                try ForwardingPage.configuration(number, slapd: nil, sink: nil), to: "postroom.yaml")
            let loaded = try SiteLoader.load(file, environment: [:])
            #expect(loaded.model.listeners.map(\.kind) == [.smtp, .submission, .submissions])
            #expect(loaded.warnings.isEmpty, "\(loaded.warnings)")
            #expect(loaded.model.keepsMail == false)
            // What `config print` prints is the same site again.
            let printed = try folder.write(loaded.model.yaml, to: "printed.yaml")
            #expect(try SiteLoader.load(printed, environment: [:]).model.keepsMail == false)
        }
    }

    @Test func `is four lines where nobody logs in`() throws {
        let folder = try TemporaryFolder("forwarding")
        let file = try folder.write(
            """
            hostname: mail.example.org
            postmaster: dora@mailbox.example
            domains: {alias: [example.org]}
            aliases: {inline: {info@example.org: dora@mailbox.example}}

            """, to: "postroom.yaml")
        let loaded = try SiteLoader.load(file, environment: [:])
        #expect(loaded.model.listeners.map(\.kind) == [.smtp])
        #expect(loaded.warnings.isEmpty, "\(loaded.warnings)")
    }

    @Test func `needs no directory either`() async throws {
        let hash = "{PLAIN}secret"
        let files = [
            "srs.secret": "word\n", "aliases": "info@example.org dora@mailbox.example\n", "users": "dora:\(hash)\n",
            "senders": "dora@mailbox.example dora\n",
        ]
        try await MessageSink.running { sink in
            try await ConfiguredSite.serving(
                try ForwardingPage.configuration(1, slapd: nil, sink: sink), ForwardingPage.listeners, files: files
            ) { site in
                let sent = try await site.submit(
                    as: "dora", "secret", from: "info@example.org", to: "friend@elsewhere.example")
                #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
                #expect(try await sink.messages(1).first?.sender == "info@example.org")
                let other = try await site.submit(
                    as: "dora", "secret", from: "else@example.org", to: "friend@elsewhere.example")
                #expect(other.contains("553 5.7.1"), "\(other)")
            }
        }
    }

    @Test func `is told when it names an IMAP listener or a domain of mailboxes`() throws {
        let folder = try TemporaryFolder("forwarding")
        for (name, text) in ForwardingPage.files { try folder.write(text, to: name) }
        let page = try ForwardingPage.configuration(0, slapd: nil, sink: nil)
        let imap = try folder.write(page + "listeners: {imaps: \"*:993\"}\n", to: "imap.yaml")
        let error = #expect(throws: ConfigurationFaults.self) { try SiteLoader.load(imap, environment: [:]) }
        #expect("\(error as Any)".contains("imaps serves mailboxes, and this site has none"))
        let domain = try folder.write(
            page.replacing("domains: {alias:", with: "domains: {mailbox: [example.net], alias:"), to: "domain.yaml")
        let warnings = try SiteLoader.load(domain, environment: [:]).warnings
        #expect(warnings.contains { $0.problem.contains("no address there can have a mailbox") })
    }
}

/// The page's last section.
@Suite struct `docker-mailserver's forward-only page` {
    @Test func `forwards from its own files, and takes up what its alias file gains`() async throws {
        try await MessageSink.running { sink in
            try await Slapd.withServer(.dmsForwardOnly, tls: true) { slapd in
                let folder = try TemporaryFolder("imported")
                let request = try await ImportedTestSite.prepare(.dmsForwardOnly, slapd, in: folder)
                let environment = folder.path("site/mailserver.env")
                let settings = try String(contentsOfFile: environment, encoding: .utf8)
                try folder.write(
                    settings + "\nDEFAULT_RELAY_HOST=\(sink.nextHop)\n", to: "site/mailserver.env")
                let loaded = try await SiteLoader.loadWhole(.programs(request), environment: [:])
                try await Server.withRunning(
                    loaded.model, source: .programs(request), queueDirectory: folder.path("spool")
                ) { server in
                    let site = ImportedTestSite(folder: folder, server: server, slapd: slapd, model: loaded.model)
                    try await site.swaks(to: "dora@example.org", ["--header", "Subject: for dora"])
                    let message = try #require(try await sink.messages(1).first)
                    #expect(message.recipients == ["dora@mailbox.example"])
                    #expect(message.text.contains("Subject: for dora"))
                    let command = PostroomCommand(folder: folder)
                    let added = try await command.run([
                        "alias", "add", "--from", "dms:\(folder.path("site"))", "info@new.example",
                        "dora@example.org",
                    ])
                    #expect(added.code == 0, "\(added.output)")
                    #expect(added.output.contains("info@new.example → dora@mailbox.example"), "\(added.output)")
                    try await eventually("the alias is in force") {
                        try await site.rcptReply(from: "a@outside.example", to: "info@new.example").contains(
                            "250 2.1.5")
                    }
                }
            }
        }
    }
}
