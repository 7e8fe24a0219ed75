import Foundation
import PostroomServer
import PostroomTesting
import Testing

/// "LDAP managed mail server with Postfix and Dovecot for multiple domains", as its author had it on disk.
@Suite struct `The Vennedey site` {
    @Test func `takes mail for aliases and groups, and shows it to those who log in`() async throws {
        try await ImportedTestSite.serving(.vennedey) { site in
            let team = try await site.swaks(to: "team@example.com", ["--header", "Subject: to all of us"])
            #expect(team.contains("250 2.0.0 Ok"), "\(team)")
            for (login, uid) in [("mail007", 20007), ("mail008", 20008)] {
                let files = site.new("\(login)/mailbox")
                #expect(files.count == 1)
                guard let file = files.first else { continue }
                #expect(try FileManager.default.attributesOfItem(atPath: file)[.ownerAccountID] as? Int == uid)
                let text = try String(contentsOfFile: file, encoding: .utf8)
                #expect(text.contains("Delivered-To: \(login)@mx0.example.com\n"))
                #expect(text.contains("X-Original-To: team@example.com\n"))
            }
            let read = try await site.fetch("mail007", "mail007pw", "imaps")
            #expect(read.contains("to all of us"), "\(read)")
        }
    }

    @Test(arguments: [
        ("stranger@outside.example", "nobody@example.com", "550 5.1.1"),
        // The site trusts its own machine, as Postfix does when mynetworks is not set.
        ("stranger@outside.example", "someone@outside.example", "250 2.1.5"),
        ("stranger@outside.example", "mail006@mx0.example.com", "250 2.1.5"),
        ("john.doe@example.com", "mail006@mx0.example.com", "553 5.7.1"),
    ])
    func `decides at RCPT as Postfix did`(sender: String, recipient: String, reply: String) async throws {
        try await ImportedTestSite.serving(.vennedey) { site in
            let answer = try await site.rcptReply(from: sender, to: recipient)
            #expect(answer.contains(reply), "\(answer)")
        }
    }

    @Test func `lets a user send as themselves and as an alias, and as nobody else`() async throws {
        try await ImportedTestSite.serving(.vennedey) { site in
            let oneself = try await site.submit(
                as: "mail007", "mail007pw", from: "mail007@mx0.example.com", to: "mail006@mx0.example.com")
            #expect(oneself.contains("250 2.0.0 Ok"), "\(oneself)")
            let alias = try await site.submit(
                as: "mail007", "mail007pw", from: "team@example.com", to: "mail006@mx0.example.com")
            #expect(alias.contains("250 2.0.0 Ok"), "\(alias)")
            let other = try await site.submit(
                as: "mail007", "mail007pw", from: "info@example.com", to: "mail006@mx0.example.com")
            #expect(other.contains("553 5.7.1") && other.contains("not owned by user mail007"), "\(other)")
            let wrong = try await site.submit(
                as: "mail007", "wrong", from: "team@example.com", to: "mail006@mx0.example.com")
            #expect(wrong.contains("535 5.7.8"), "\(wrong)")
        }
    }

    @Test func `forwards mail to a maildrop elsewhere, over TLS that is verified`() async throws {
        try await OutsideHost.serving(["gmail.example"]) { outside in
            try await ImportedTestSite.serving(.vennedey, outside: outside) { site in
                let sent = try await site.swaks(
                    to: "forward@example.com", from: "a@elsewhere.example", ["--header", "Subject: please pass on"])
                #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
                let message = try #require(try await outside.messages(1).first)
                #expect(message.sender == "a@elsewhere.example")
                #expect(message.recipients == ["somebody@gmail.example"])
                #expect(message.field("Subject") == "Subject: please pass on")
                #expect(message.tls.hasPrefix("TLSv1."), "smtp_tls_security_level = verify")
                #expect(message.helo == "mx0.example.com")
                #expect(message.field("Return-Path") == nil)
                #expect(message.data.components(separatedBy: "Received: ").count == 2)
            }
        }
    }

    @Test func `sends its users' mail out, and keeps it where the other side's TLS proves nothing`() async throws {
        try await OutsideHost.serving(["outside.example"]) { outside in
            try await ImportedTestSite.serving(.vennedey, outside: outside) { site in
                let sent = try await site.submit(
                    as: "mail007", "mail007pw", from: "mail007@mx0.example.com", to: "someone@outside.example")
                #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
                let message = try #require(try await outside.messages(1).first)
                #expect(
                    message.sender == "mail007@mx0.example.com" && message.recipients == ["someone@outside.example"])
                #expect(message.tls.hasPrefix("TLSv1."))
            }
        }
        try await OutsideHost.serving(["outside.example"], hasTLS: false) { outside in
            try await ImportedTestSite.serving(.vennedey, outside: outside) { site in
                let sent = try await site.submit(
                    as: "mail007", "mail007pw", from: "mail007@mx0.example.com", to: "someone@outside.example")
                #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
                try await eventually("the message was tried, and waits") {
                    try site.waits("TLS is required, but was not offered by mx.outside.example")
                }
                #expect(try outside.messages.isEmpty)
            }
        }
    }

    @Test func `outlasts its directory: mail is deferred, logins wait, and all is well when it is back`() async throws {
        try await ImportedTestSite.serving(.vennedey) { site in
            await site.slapd.kill()
            let deferred = try await site.rcptReply(from: "a@outside.example", to: "mail006@mx0.example.com")
            #expect(deferred.contains("451 4.3.0"), "\(deferred)")
            let login = try await site.submit(
                as: "mail007", "mail007pw", from: "team@example.com", to: "mail006@mx0.example.com")
            #expect(login.contains("454 4.7.0"), "\(login)")
            try await site.slapd.start()
            try await eventually("mail is taken again") {
                try await site.rcptReply(from: "a@outside.example", to: "mail006@mx0.example.com").contains("250 2.1.5")
            }
            let sent = try await site.swaks(to: "mail006@mx0.example.com")
            #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
        }
    }
}
