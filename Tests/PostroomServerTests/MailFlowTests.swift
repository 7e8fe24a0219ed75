import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

@Suite struct `Mail through a site on OpenLDAP` {
    @Test func `a mail from outside to an alias of two accounts lies in both Maildirs, each owned by its account`()
        async throws
    {
        try await Slapd.withServer(.vennedey) { slapd in
            try await TestSite.serving(TestSite.postfixUser(slapd)) { site in
                let dialogue = try await site.swaks(to: "team@example.com", ["--body", "one\n.two\n"])
                #expect(dialogue.contains("250 2.0.0 Ok"))
                for (login, uid) in [("mail007", 20007), ("mail008", 20008)] {
                    let files = site.new("\(login)/mailbox")
                    #expect(files.count == 1)
                    guard let file = files.first else { continue }
                    let attributes = try FileManager.default.attributesOfItem(atPath: file)
                    #expect(attributes[.ownerAccountID] as? Int == uid)
                    #expect(attributes[.groupOwnerAccountID] as? Int == 20000)
                    let folder = try FileManager.default.attributesOfItem(
                        atPath: site.folder.path("mail/\(login)/mailbox"))
                    #expect(folder[.posixPermissions] as? Int == 0o700)
                    let text = try String(contentsOfFile: file, encoding: .utf8)
                    #expect(text.hasPrefix("Return-Path: <somebody@elsewhere.example>\n"))
                    #expect(
                        text.contains("\nReceived: from client.example (")
                            || text.contains("Received: from client.example ("))
                    #expect(text.contains("\n\tby mx0.example.com (Postroom) with ESMTP id "))
                    #expect(text.contains("\n\none\n.two\n"))
                    #expect(!text.contains("\r"))
                }
            }
        }
    }

    @Test(arguments: [
        ("nobody@mx0.example.com", "550 5.1.1"), ("nodrop@example.com", "550 5.1.1"),
        ("someone@gmail.example", "554 5.7.1"), ("forward@example.com", "250 2.1.5"),
        ("mail000@mx0.example.com", "250 2.1.5"), ("loop@example.com", "550 5.1.1"),
        ("postmaster@example.com", "250 2.1.5"),
        ("team+x@example.com", "250 2.1.5"), ("user%example.com@mx0.example.com", "5"),
        ("anyone@catchall.example", "250 2.1.5"),
    ])
    func `a recipient is decided at RCPT`(recipient: String, reply: String) async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            try await TestSite.serving(TestSite.postfixUser(slapd)) { site in
                let dialogue = try await site.swaksRefused(to: recipient, ["--quit-after", "RCPT"])
                let answer = dialogue.split(separator: "\n").drop { !$0.contains("RCPT TO:") }.dropFirst().first ?? ""
                #expect(answer.contains(" \(reply)"), "\(dialogue)")
            }
        }
    }

    @Test
    func `a directory that is gone is 451 at RCPT, 454 at AUTH and UNAVAILABLE at LOGIN, and mends when it is back`()
        async throws
    {
        try await Slapd.withServer(.vennedey) { slapd in
            try await TestSite.serving(TestSite.postfixUser(slapd)) { site in
                try await site.swaks(to: "mail006@mx0.example.com")
                await slapd.kill()
                // One that nobody has asked for: of mail006 it is known where its mail lies.
                let refused = try await site.swaksRefused(to: "mail007@mx0.example.com")
                #expect(refused.contains("451 4.3.0"))
                try await site.swaks(to: "mail006@mx0.example.com")
                #expect(site.new("mail006/mailbox").count == 2)
                let login = try await site.submit(
                    as: "mail006", "mail006pw", from: "mail006@mx0.example.com", to: "mail006@mx0.example.com")
                #expect(login.contains("454 4.7.0"))
                let imap = try await PythonIMAP.run(site, "mail006", "mail006pw", "")
                #expect(imap.contains("[UNAVAILABLE]"))
                try await slapd.start()
                // As a mail server would: again until it is taken. The back-off after the failure is short.
                var dialogue = ""
                for _ in 0..<50 where !dialogue.contains("250 2.0.0 Ok") {
                    dialogue = try await site.swaksRefused(to: "mail007@mx0.example.com")
                }
                #expect(site.new("mail007/mailbox").count == 1)
            }
        }
    }

    @Test func `a submission needs TLS, a login, and an address of one's own`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            try await TestSite.serving(TestSite.postfixUser(slapd)) { site in
                let sent = try await site.submit(
                    as: "mail007", "mail007pw", from: "team@example.com", to: "mail006@mx0.example.com")
                #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
                let stolen = try await site.submit(
                    as: "mail007", "mail007pw", from: "info@example.com", to: "mail006@mx0.example.com")
                #expect(stolen.contains("553 5.7.1"), "\(stolen)")
                #expect(stolen.contains("not owned by user mail007"))
                let wrong = try await site.submit(
                    as: "mail007", "nope", from: "team@example.com", to: "mail006@mx0.example.com")
                #expect(wrong.contains("535 5.7.8"), "\(wrong)")
                let unknown = try await site.submit(
                    as: "mail999", "nope", from: "team@example.com", to: "mail006@mx0.example.com")
                #expect(unknown.contains("535 5.7.8"))
                let clear = try await TestConnection(port: site.port(.submission))
                _ = try await clear.reply()
                try await clear.send("EHLO client.example\r\n")
                let offer = try await clear.reply()
                #expect(offer.contains("STARTTLS") && !offer.contains("AUTH"))
                try await clear.send("MAIL FROM:<team@example.com>\r\n")
                #expect(try await clear.reply().hasPrefix("530 5.7.0"))
                try await clear.close()
            }
        }
    }

    @Test func `what arrives is read by curl, Python's imaplib and mbsync`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            try await TestSite.serving(TestSite.postfixUser(slapd)) { site in
                try await site.swaks(to: "mail006@mx0.example.com", ["--header", "Subject: first", "--body", "hello"])
                let listed = try await PythonIMAP.run(
                    site, "mail006", "mail006pw",
                    """
                    print(imap.select('INBOX'))
                    print(imap.fetch('1', '(FLAGS ENVELOPE BODY[])'))
                    print(imap.create('Archive'))
                    print(imap.copy('1', 'Archive'))
                    print(imap.append('Archive', '\\\\Seen', None, b'Subject: second\\r\\n\\r\\nx\\r\\n'))
                    print(imap.select('Archive'))
                    print(imap.search(None, 'SUBJECT', 'second'))
                    """)
                #expect(listed.contains("hello"))
                #expect(listed.contains("('OK', [b'2'])"), "\(listed)")
                let synced = try await Mbsync.run(site, "mail006", "mail006pw")
                #expect(synced.messages["INBOX"] == 1, "\(synced.output)")
                #expect(synced.messages["Archive"] == 2, "\(synced.output)")
                let again = try await Mbsync.run(site, "mail006", "mail006pw", in: synced.folder)
                #expect(again.messages == synced.messages)
                let curl = try await ChildProcess.run(
                    [
                        "/usr/bin/curl", "-sS", "--insecure", "--user", "mail006:mail006pw",
                        "imaps://127.0.0.1:\(site.port(.imaps))/INBOX;UID=1",
                    ], in: site.folder)
                #expect(curl.contains("Subject: first"))
            }
        }
    }

    @Test func `garbage on every port costs its own connection only`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            try await TestSite.serving(TestSite.postfixUser(slapd)) { site in
                var generator = SeededGenerator(seed: 7)
                for kind in ListenerModel.Kind.allCases {
                    for _ in 0..<20 {
                        let connection = try await TestConnection(port: site.port(kind))
                        let bytes = (0..<Int.random(in: 1...4000, using: &generator)).map { _ in
                            UInt8.random(in: 0...255, using: &generator)
                        }
                        try? await connection.send(bytes)
                        try? await connection.close()
                    }
                }
                try await site.swaks(to: "mail006@mx0.example.com")
                #expect(site.new("mail006/mailbox").count == 1)
            }
        }
    }
}
