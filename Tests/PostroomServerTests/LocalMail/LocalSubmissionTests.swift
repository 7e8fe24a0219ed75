import Delivery
import Foundation
import MailModel
import NIOCore
import PostroomTesting
import Spool
import Testing

@testable import PostroomServer

/// Mail that programs of this machine hand in.
@Suite struct `a program of this machine` {
    /// Mail for other hosts waits: nobody listens on port 1.
    static let away = #"outgoing: {relay_host: "[127.0.0.1]:1"}"#

    private func serving(_ more: String = "", _ body: (TestSite, Sendmail) async throws -> Void) async throws {
        try await TestSite.serving(People.configuration(more: Self.away + "\n" + more), files: People.files) { site in
            try await body(site, try Sendmail(in: site.folder))
        }
    }

    private func only(_ site: TestSite, _ person: String) throws -> String {
        let messages = site.new("\(person)/Maildir")
        try #require(messages.count == 1)
        // Line ends are LF in a Maildir.
        return String(decoding: try Data(contentsOf: URL(fileURLWithPath: messages[0])), as: UTF8.self)
    }

    @Test func `sends by a link named sendmail, with -t and folded headers, as the user that it runs as`() async throws
    {
        try await serving { site, sendmail in
            let result = try await sendmail.run(
                ["-t", "-i"],
                """
                Subject: hello
                To: "Berg, Anna"
                \t<anna@example.org>
                Bcc: ben@example.org,
                  (nobody sees her) carla@example.org

                first
                .
                last
                """)
            #expect(result.code == 0, "\(result.output)")
            for person in ["anna", "ben", "carla"] {
                let message = try only(site, person)
                #expect(!message.lowercased().contains("bcc:"))
                #expect(!message.contains("carla@example.org\n") || person == "carla")
                #expect(message.contains("To: \"Berg, Anna\"\n\t<anna@example.org>\n"))
                #expect(message.contains("Received: by mail.example.org (Postroom, from userid 65534)\n\tid "))
                #expect(message.contains("From: nobody <nobody@mail.example.org>\n"))
                #expect(message.contains("Return-Path: <nobody@mail.example.org>\n"))
                #expect(message.contains("\nDate: ") && message.contains("\nMessage-Id: <"))
                #expect(message.hasSuffix("\n\nfirst\n.\nlast\n"))
            }
        }
    }

    @Test func `names its sender with -f and -F, and a dot ends its message unless -i says otherwise`() async throws {
        try await serving { site, sendmail in
            let result = try await sendmail.run(
                ["-oi", "-fben@example.org", "-F", "Bén B.", "anna@example.org"], "Subject: a\n\n.\nrest\n")
            #expect(result.code == 0, "\(result.output)")
            var message = try only(site, "anna")
            #expect(message.contains("Return-Path: <ben@example.org>\n"))
            #expect(message.contains("From: =?utf-8?B?QsOpbiBCLg==?= <ben@example.org>\n"))
            #expect(message.hasSuffix("\n.\nrest\n"))
            let dotted = try await sendmail.run(["-f", "<>", "ben@example.org"], "Subject: b\n\ntext\n.\nrest\n")
            #expect(dotted.code == 0, "\(dotted.output)")
            message = try only(site, "ben")
            #expect(message.contains("Return-Path: <>\n"))
            #expect(message.hasSuffix("\n\ntext\n"))
        }
    }

    @Test func `may send to other hosts, and is known in the queue by its uid`() async throws {
        try await serving { site, sendmail in
            let result = try await sendmail.run(["somebody@elsewhere.example"], "Subject: a\n\ntext\n")
            #expect(result.code == 0, "\(result.output)")
            let ids = try await site.server.queue.spool.ids()
            let message = try await site.server.queue.spool.message(try #require(ids.first))
            #expect(message.envelope.submitter == "uid=65534")
            #expect(message.envelope.sender.path.description == "nobody@mail.example.org")
        }
    }

    @Test func `is told of an address that nobody has, and nobody else gets the blame`() async throws {
        try await serving { site, sendmail in
            let alone = try await sendmail.run(["none@example.org"], "Subject: a\n\ntext\n")
            #expect(alone.code == 67)
            #expect(alone.output.contains("<none@example.org>: 550 5.1.1"))
            // Beside another one the message goes out, and the sender gets a report.
            let beside = try await sendmail.run(
                ["-f", "ben@example.org", "none@example.org", "anna@example.org"], "Subject: b\n\ntext\n")
            #expect(beside.code == 0)
            #expect(beside.output.contains("<none@example.org>: 550 5.1.1"))
            #expect(try only(site, "anna").contains("Subject: b\n"))
            try await eventually("ben gets a report") { site.new("ben/Maildir").count == 1 }
            let report = try only(site, "ben")
            #expect(report.contains("Return-Path: <>\n"))
            #expect(report.contains("Final-Recipient: rfc822; none@example.org"))
        }
    }

    @Test func `hands its message over while the directory is down, and everybody else is told to try again`()
        async throws
    {
        let slapd = try await Slapd.launch(.vennedey)
        let configuration = TestSite.postfixUser(slapd) + "\noutgoing: {minimal_backoff: 1s, maximal_backoff: 1s}\n"
        try await TestSite.serving(configuration) { site in
            let sendmail = try Sendmail(in: site.folder)
            await slapd.stop()
            let result = try await sendmail.run(
                ["-f", "mail006@mx0.example.com", "mail003@mx0.example.com", "none@mx0.example.com"],
                "Subject: later\n\ntext\n")
            #expect(result.code == 0 && result.output.isEmpty, "\(result.output)")
            let dialogue = try await SMTPDialogue(site)
            _ = try await dialogue.ask("MAIL FROM:<s@elsewhere.example>")
            #expect(try await dialogue.ask("RCPT TO:<mail003@mx0.example.com>").hasPrefix("451 4.3.0"))
            let waiting = try await site.server.queue.spool.messages(site.server.queue.spool.ids())
            #expect(
                waiting.first.map { ListedMessage($0, nil) }?.recipients.map(\.destination) == [
                    "unresolved", "unresolved",
                ])
            try await slapd.start()
            try await eventually("it is in its mailbox, and its sender knows who has none") {
                site.new("mail003/mailbox").count == 1 && site.new("mail006/mailbox").count == 1
            }
            let report = try String(contentsOfFile: try #require(site.new("mail006/mailbox").first), encoding: .utf8)
            #expect(report.contains("Final-Recipient: rfc822; none@mx0.example.com\n"))
            #expect(report.contains("Status: 5.1.1\n"))
        }
    }

    @Test func `speaks SMTP through -bs`() async throws {
        try await serving { site, sendmail in
            let result = try await sendmail.run(
                ["-bs"],
                """
                HELO here\r
                MAIL FROM:<ben@example.org>\r
                RCPT TO:<none@example.org>\r
                RCPT TO:<anna@example.org>\r
                DATA\r
                Subject: a\r
                \r
                text\r
                .\r
                QUIT\r

                """)
            #expect(result.code == 0)
            #expect(result.output.hasPrefix("220 mail.example.org"))
            #expect(result.output.contains("550 5.1.1") && result.output.contains("221 2.0.0"))
            #expect(try only(site, "anna").contains("(Postroom, from userid 65534)"))
            // It was told of the refusal itself.
            #expect(site.new("ben/Maildir").isEmpty)
        }
    }

    @Test func `may be kept from sending`() async throws {
        try await serving("local: {users: [root, \"!nobody\", \"static:anyone\"]}") { site, sendmail in
            let refused = try await sendmail.run(["anna@example.org"], "Subject: a\n\ntext\n")
            #expect(refused.code == 77)
            #expect(refused.output.contains("550 5.7.1 User uid=65534 is not allowed to submit mail"))
            #expect(try await sendmail.run(["anna@example.org"], "Subject: a\n\ntext\n", uid: 0).code == 0)
            #expect(try await sendmail.run(["anna@example.org"], "Subject: a\n\ntext\n", uid: 4242).code == 67)
            let named = try await sendmail.run(["-f", "x@example.org", "anna@example.org"], "A: b\n\n", uid: 4242)
            #expect(named.code == 0, "\(named.output)")
            #expect(site.new("anna/Maildir").count == 2)
        }
    }

    @Test func `does no harm with what it writes`() async throws {
        try await serving { site, sendmail in
            let text = "Subject: a\n\ntext\n"
            for sender in ["a@b\r\nRCPT TO:<ben@example.org>", "a\nb", "a@b, c@d", "\u{7F}@example.org"] {
                let result = try await sendmail.run(["-f", sender, "anna@example.org"], text)
                #expect(result.code == 64, "\(result.output)")
                #expect(!result.output.contains("\r"))
            }
            #expect(try await sendmail.run(["anna@example.org\r\nDATA"], text).code == 64)
            #expect(try await sendmail.run(["-Z", "anna@example.org"], text).code == 64)
            #expect(try await sendmail.run(["-f"], text).code == 64)
            #expect(try await sendmail.run(["-t"], text).code == 64)
            #expect(try await sendmail.run(["-t"], "To: \"anna <anna@example.org>\n\ntext\n").code == 65)
            let long = "To: anna@example.org\nX: " + String(repeating: "x", count: 2 << 20) + "\n\ntext\n"
            #expect(try await sendmail.run(["-t"], long).code == 65)
            let many = "To: " + (0..<10_001).map { "a\($0)@example.org" }.joined(separator: ",\n ") + "\n\n"
            #expect(try await sendmail.run(["-t"], many).code == 65)
            #expect(site.new("anna/Maildir").isEmpty && site.new("ben/Maildir").isEmpty)
            let octets: [UInt8] =
                Array("Subject: a\n\n".utf8) + [0, 0xFF, 0x0D, 0x0A, 0x0D, 0x0D, 0x0A] + Array("..\n".utf8)
            let odd = try await sendmail.run(["-i", "anna@example.org"], input: octets)
            #expect(odd.code == 0, "\(odd.output)")
            #expect(try only(site, "anna").hasSuffix("..\n"))
            #expect(try await sendmail.run(["ben@example.org"], "").code == 0)
            #expect(try only(site, "ben").contains("From: nobody"))
        }
    }

    @Test func `reaches more recipients than one transaction takes`() async throws {
        try await serving { site, _ in
            let submission = LocalMailSubmission(
                try SendmailArguments((0..<10_001).map { "anna+\($0)@example.org" }), user: nil, sockets: [])
            #expect(submission.arguments.recipients.count == 10_001)
            var named = submission
            named.sockets = [site.folder.path("run/submit.sock")]
            named.arguments.sender = .null
            let outcome = await named.run(Array("Subject: a\n\ntext\n".utf8))
            #expect(outcome == LocalMailOutcome(0))
            // One mailbox, one copy: for each of the two transactions.
            #expect(site.new("anna/Maildir").count == 2)
        }
    }

    // MARK: Without a server

    @Test func `keeps its message in dead letter, durably, while no server answers`() async throws {
        let folder = try TemporaryFolder("dead")
        let user = LocalUser(name: "anna", fullName: "Anna", home: folder.path)
        var submission = LocalMailSubmission(
            try SendmailArguments(["ben@example.org"]), user: user, sockets: [folder.path("none.sock")],
            patience: .zero)
        let input = Array("Subject: a\n\nFrom here on\n".utf8)
        var outcome = await submission.run(input)
        #expect(outcome.code == 75)
        #expect(outcome.messages.last == "the message is kept in \(folder.path("dead.letter"))")
        _ = await submission.run(input)
        let kept = try String(contentsOfFile: folder.path("dead.letter"), encoding: .utf8)
        #expect(kept.components(separatedBy: "\n>From here on\n\n").count == 3)
        #expect(kept.hasPrefix("From anna "))
        // Not through a link.
        let other = try folder.write("", to: "other")
        try FileManager.default.removeItem(atPath: folder.path("dead.letter"))
        try FileManager.default.createSymbolicLink(atPath: folder.path("dead.letter"), withDestinationPath: other)
        submission.patience = .zero
        outcome = await submission.run(input)
        #expect(outcome.code == 75 && outcome.messages.last?.hasPrefix("the message is not kept") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: other)).isEmpty)
    }

    @Test func `waits for a server that is being started`() async throws {
        let folder = try TemporaryFolder("late")
        let sendmail = try Sendmail(in: folder)
        let socket = folder.path("late.sock")
        chmod(folder.path, 0o755)
        let sending = Task {
            try await sendmail.run(
                ["-f", "ben@example.org", "anna@example.org"], input: Array("A: b\n\n".utf8), socket: socket)
        }
        try await TestSite.serving(
            People.configuration(more: "local: {socket: \(socket)}"), files: People.files
        ) { site in
            let result = try await sending.value
            #expect(result.code == 0, "\(result.output)")
            #expect(site.new("anna/Maildir").count == 1)
        }
    }
}

@Suite struct `sendmail's options` {
    @Test func `mean what they mean to Postfix`() throws {
        let all = try SendmailArguments([
            "-Am", "-B8BITMIME", "-C", "/etc/x", "-G", "-h", "3", "-L", "tag", "-m", "-N", "failure,delay", "-n", "-O",
            "x=y", "-oem", "-o7", "-p", "x:y", "-R", "hdrs", "-U", "-V", "id", "-v", "-X", "/log", "-ti", "-r",
            "a@b.example",
            "c", "--", "-d@e.example",
        ])
        #expect(all.mode == .deliver && all.takesRecipientsFromHeader && all.ignoresDots && all.isEightBit)
        #expect(all.notify == [.failure, .delay] && all.ret == .headers && all.envelopeID == Array("id".utf8))
        #expect(all.recipients.map { String(decoding: $0.quoted, as: UTF8.self) } == ["c", "-d@e.example"])
        guard case .address(let sender)? = all.sender else { throw TestFailure(description: "no sender") }
        #expect(sender.quoted == Array("a@b.example".utf8))
    }

    @Test func `choose what is done`() throws {
        #expect(try SendmailArguments(["-bp"]).mode == .list)
        #expect(try SendmailArguments([], calledAs: "mailq").mode == .list)
        #expect(try SendmailArguments(["-bs"]).mode == .smtp)
        #expect(try SendmailArguments(["-I"]).mode == .rebuildAliases)
        #expect(try SendmailArguments([], calledAs: "newaliases").mode == .rebuildAliases)
        #expect(try SendmailArguments(["-q"]).mode == .flush)
        #expect(try SendmailArguments(["-q30m"]).mode == .flush)
        #expect(try SendmailArguments(["-qIABC"]).mode == .flushMessage("ABC"))
        #expect(try SendmailArguments(["-qRexample.org"]).mode == .flushDomain("example.org"))
        #expect(throws: SendmailArguments.Fault.self) { try SendmailArguments(["-bd"]) }
    }

    @Test func `take recipients from the last sending of a message that was sent on`() throws {
        let text = """
            From anna Sat Nov 21 16:26:50 2026
            Resent-To: ben
            Resent-Bcc: carla@example.org
            To: anna@example.org
            From: anna@example.org

            text
            """
        let author = ProgramMessage.Author(
            name: nil, address: try #require(LocalAddress(localPart: Array("root".utf8))))
        let message = try ProgramMessage(Array(text.utf8), SendmailArguments(["-t", "dora"]), author: author)
        #expect(
            message.recipients.map { String(decoding: $0.quoted, as: UTF8.self) } == [
                "dora", "ben", "carla@example.org",
            ])
        let sent = String(buffer: message.content)
        #expect(sent.hasPrefix("Resent-To: ben\n"))
        #expect(!sent.contains("Bcc") && sent.contains("Resent-From: root\r\n\ntext"))
    }
}
