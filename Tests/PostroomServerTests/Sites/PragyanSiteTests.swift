import Foundation
import PostroomServer
import PostroomTesting
import Testing

/// "Mail with postfix and ldap": lists by listName whose members are named by DN, mailboxes in mbox format.
@Suite struct `The Pragyan site` {
    @Test func `says at RCPT whom it has`() async throws {
        try await ImportedTestSite.serving(.pragyan) { site in
            for (recipient, reply) in [
                // The site trusts its own machine (mynetworks = 127.0.0.0/8).
                ("nobody@pragyan.org", "550 5.1.1"), ("someone@outside.example", "250 2.1.5"),
                ("sahil@pragyan.org", "250 2.1.5"),
            ] {
                let answer = try await site.rcptReply(from: "stranger@outside.example", to: recipient)
                #expect(answer.contains(reply), "\(answer)")
            }
        }
    }

    @Test func `appends to the mbox in the spool, and shows it and the folders beside it`() async throws {
        try await ImportedTestSite.serving(.pragyan) { site in
            for number in 1...2 {
                let sent = try await site.swaks(
                    to: "sahil@pragyan.org", ["--header", "Subject: number \(number)", "--body", "From here\nto there"])
                #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
            }
            let file = site.folder.path("mail/sahil")
            let text = try String(contentsOfFile: file, encoding: .utf8)
            #expect(text.hasPrefix("From "))
            #expect(text.contains("\n>From here\nto there\n"))
            #expect(try FileManager.default.attributesOfItem(atPath: file)[.ownerAccountID] as? Int == 700)
            let read = try await site.fetch("sahil", "sahilpw1", "imap")
            #expect(read.contains("Subject: number 2") && !read.contains("X-UID"), "\(read)")
            let imap = try await IMAPDialogue(inClear: site)
            for (command, answer) in [
                ("LOGIN sahil sahilpw1", "t OK"), ("CREATE Sent/2026", "t OK"), ("SELECT INBOX", "* 2 EXISTS"),
                ("MOVE 1 Sent/2026", "t OK"), ("LIST \"\" *", "\"/\" Sent/2026"),
            ] {
                let lines = try await imap.ask(command)
                #expect(lines.contains { $0.contains(answer) }, "\(command): \(lines)")
            }
            let folder = site.folder.path("mail/PragyanMail/sahil/Sent/2026")
            #expect(try String(contentsOfFile: folder, encoding: .utf8).contains("Subject: number 1"))
        }
    }

    @Test func `sends the outside member of a list its copy`() async throws {
        try await OutsideHost.serving(["gmail.example"]) { outside in
            try await ImportedTestSite.serving(.pragyan, outside: outside) { site in
                let sent = try await site.swaks(to: "coding@pragyan.org", ["--header", "Subject: for the coders"])
                #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
                let message = try #require(try await outside.messages(1).first)
                #expect(message.recipients == ["sahilahuja@gmail.example"])
                #expect(message.field("Subject") == "Subject: for the coders")
            }
        }
    }

    @Test func `follows lists within lists, and one that contains itself`() async throws {
        try await ImportedTestSite.serving(.pragyan) { site in
            for (list, members) in [
                ("core", ["meera@pragyan.org", "sahil@pragyan.org"]), ("ping", ["arjun@pragyan.org"]),
            ] {
                let explanation = try #require(
                    await site.server.site.explain("\(list)@pragyan.org", sender: nil, login: nil))
                let text = explanation.text(isColoured: false)
                for member in members { #expect(text.contains(member), "\(text)") }
            }
        }
    }

    @Test func `logs in those whom Dovecot let in`() async throws {
        try await ImportedTestSite.serving(.pragyan) { site in
            let accepted = await site.server.site.tryLogin("sahil", password: "sahilpw1", service: "imap")
            #expect(accepted.text(isColoured: false).contains("sahil"))
            let renamed = await site.server.site.tryLogin("SAHIL@any.example", password: "sahilpw1", service: "imap")
            #expect(renamed.outcome == .delivered)
            let wrong = await site.server.site.tryLogin("sahil", password: "wrong", service: "imap")
            #expect(wrong.outcome == .refused)
        }
    }
}
