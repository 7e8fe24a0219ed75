import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// RFC 3461: what the last server on the way owes to those who ask for it.
@Suite struct SuccessReportTests {
    @Test(arguments: [200, 400_000])
    func `who asks for it is told that the mail is in its mailbox, and nobody else is`(size: Int) async throws {
        try await TestSite.serving(People.configuration(aliases: ""), files: People.files) { site in
            let dialogue = try await SMTPDialogue(site)
            _ = try await dialogue.ask("MAIL FROM:<anna@example.org> RET=HDRS ENVID=QQ314159")
            _ = try await dialogue.ask("RCPT TO:<ben@example.org> NOTIFY=SUCCESS ORCPT=rfc822;Ben@Example.org")
            #expect(try await dialogue.ask("RCPT TO:<carla@example.org> NOTIFY=NEVER").hasPrefix("250"))
            let line = String(repeating: "x", count: 72) + "\r\n"
            let body = String(repeating: line, count: size / line.utf8.count)
            #expect(try await dialogue.data("Subject: hello\r\n\r\n\(body)secret").hasPrefix("250"))
            try await eventually("anna is told") { site.new("anna/Maildir").count == 1 }
            #expect(site.new("ben/Maildir").count == 1)
            #expect(site.new("carla/Maildir").count == 1)
            let report = try String(contentsOfFile: try #require(site.new("anna/Maildir").first), encoding: .utf8)
            #expect(report.hasPrefix("Return-Path: <>\n"))
            for field in [
                "Original-Envelope-Id: QQ314159", "Original-Recipient: rfc822; Ben@Example.org",
                "Final-Recipient: rfc822; ben@example.org", "Action: delivered", "Status: 2.0.0", "Subject: hello",
            ] {
                #expect(report.contains("\(field)\n"), "\(field) in \(report.prefix(6000))")
            }
            #expect(!report.contains("secret"))
            #expect(!report.contains("carla"))
        }
    }

    @Test func `mail without a sender is never answered`() async throws {
        try await TestSite.serving(People.configuration(aliases: ""), files: People.files) { site in
            let dialogue = try await SMTPDialogue(site)
            _ = try await dialogue.ask("MAIL FROM:<>")
            _ = try await dialogue.ask("RCPT TO:<ben@example.org> NOTIFY=SUCCESS,FAILURE")
            #expect(try await dialogue.data("Subject: hello\r\n\r\nx").contains("Ok: delivered"))
            #expect(site.new("ben/Maildir").count == 1)
            let waiting = FileManager.default.enumerator(atPath: site.folder.path("spool/messages"))
            #expect((waiting?.allObjects as? [String] ?? []).allSatisfy { $0.count == 1 })
        }
    }
}
