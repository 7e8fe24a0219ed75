import Foundation
import PostroomServer
import PostroomTesting
import Testing

/// "Mail with postfix and ldap": lists by listName whose members are named by DN, mailboxes in mbox format.
@Suite struct `The Pragyan site` {
    /// Postfix and Dovecot keep these mailboxes in mbox; what waits for that is listed in Tests/Sites/pragyan/PENDING.
    @Test func `defers what needs an mbox, and says at RCPT whom it has`() async throws {
        try await ImportedTestSite.serving(.pragyan) { site in
            for (recipient, reply) in [
                // The site trusts its own machine (mynetworks = 127.0.0.0/8).
                ("nobody@pragyan.org", "550 5.1.1"), ("someone@outside.example", "250 2.1.5"),
            ] {
                let answer = try await site.rcptReply(from: "stranger@outside.example", to: recipient)
                #expect(answer.contains(reply), "\(answer)")
            }
            let mbox = try await site.rcptReply(from: "stranger@outside.example", to: "sahil@pragyan.org")
            #expect(mbox.contains("250 2.1.5") || mbox.contains("451 4.3.5"), "\(mbox)")
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
