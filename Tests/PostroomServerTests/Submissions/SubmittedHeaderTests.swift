import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

/// What becomes of the header of a message that a mail program hands in.
@Suite struct `Headers of submissions` {
    private static let canonical = """
        canonical: {senders: [{inline: {anna@example.org: Anna.Berg@example.org}}]}
        """

    private func message(_ site: TestSite, _ mailbox: String = "ben") throws -> String {
        let file = try #require(site.new("\(mailbox)/Maildir").last)
        return try String(contentsOfFile: file, encoding: .utf8)
    }

    @Test func `what is missing is added, Bcc goes, addresses are completed and rewritten`() async throws {
        try await TestSite.serving(People.configuration(more: Self.canonical), files: People.files) { site in
            let dialogue = try await SMTPDialogue(site, .submissions, login: People.login)
            _ = try await dialogue.envelope(from: "anna@example.org", to: ["ben@example.org"])
            let reply = try await dialogue.data(
                "Subject: hello\r\nTo: ben\r\nBCC: carla@example.org,\r\n\tsecret@example.net\r\n"
                    + "Reply-To: \"Anna\" <anna@example.org>\r\n\r\nBcc: this is text")
            #expect(reply.hasPrefix("250 "), "\(reply)")
            let text = try message(site)
            #expect(text.contains("\nTo: ben@mail.example.org\n"))
            #expect(text.contains("\nReply-To: \"Anna\" <Anna.Berg@example.org>\n"))
            #expect(text.contains("\nFrom: Anna.Berg@example.org\n"))
            #expect(text.contains("\nMessage-Id: <") && text.contains("\nDate: "))
            #expect(!text.contains("secret@example.net"))
            #expect(text.hasSuffix("\n\nBcc: this is text\n"))
            #expect(text.contains("Return-Path: <Anna.Berg@example.org>"))
        }
    }

    @Test func `a large message has its header edited and its body untouched`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            let dialogue = try await SMTPDialogue(site, .submissions, login: People.login)
            let line = String(repeating: "x", count: 70) + "\r\n"
            for size in [3, 5000, 9000] {
                _ = try await dialogue.envelope(from: "anna@example.org", to: ["ben@example.org"])
                let fields = (0..<size).map { "X-Field-\($0): \(line)" }.joined()
                let body = String(repeating: line, count: 12_000 - size)
                let reply = try await dialogue.data("\(fields)Bcc: secret@example.net\r\n\r\n\(body)")
                #expect(reply.hasPrefix("250 "), "\(reply)")
            }
            let files = site.new("ben/Maildir")
            #expect(files.count == 3)
            for file in files {
                let text = try String(contentsOfFile: file, encoding: .utf8)
                #expect(!text.contains("secret@example.net"))
                #expect(text.contains("\nFrom: anna@example.org\n"))
                #expect(text.split(separator: "\n").filter { $0.hasSuffix("xxx") }.count == 12_000)
            }
        }
    }

    @Test func `other servers' messages keep their header as it is`() async throws {
        try await TestSite.serving(People.configuration(more: Self.canonical), files: People.files) { site in
            let dialogue = try await SMTPDialogue(site)
            _ = try await dialogue.envelope(from: "anna@example.org", to: ["ben@example.org"])
            let header = "To: ben\r\nBcc: x@example.net\r\nReply-To: anna@example.org\r\n"
            #expect(try await dialogue.data(header + "\r\ntext").hasPrefix("250 "))
            #expect(try message(site).hasSuffix(header.replacing("\r\n", with: "\n") + "\ntext\n"))
        }
    }

    @Test func `a rewriting that can't be asked for is a temporary failure`() async throws {
        let failing = "canonical: {both: [\"fail:down\"], classes: [header_sender]}"
        try await TestSite.serving(People.configuration(more: failing), files: People.files) { site in
            let dialogue = try await SMTPDialogue(site, .submissions, login: People.login)
            _ = try await dialogue.envelope(from: "anna@example.org", to: ["ben@example.org"])
            let reply = try await dialogue.data("From: anna@example.org\r\n\r\ntext\r\n")
            #expect(reply.hasPrefix("451 4.6.0 "), "\(reply)")
            #expect(site.new("ben/Maildir").isEmpty)
        }
    }

    @Test func `a client that is hidden is not in Received`() async throws {
        let listeners = """
            listeners:
              - {protocol: submissions, address: "127.0.0.1:0", hide_client: yes}
              - {protocol: smtp, address: "127.0.0.1:0", hide_client: yes}
            """
        try await ConfiguredSite.serving(People.configuration(), listeners) { site in
            let dialogue = try await SMTPDialogue(site, .submissions, login: People.login)
            _ = try await dialogue.envelope(from: "anna@example.org", to: ["ben@example.org"])
            #expect(try await dialogue.data("Subject: x\r\n").hasPrefix("250 "))
            let stranger = try await SMTPDialogue(site)
            _ = try await stranger.envelope(to: ["carla@example.org"])
            #expect(try await stranger.data("Subject: x\r\n").hasPrefix("250 "))
            let hidden = try message(site)
            #expect(!hidden.contains("127.0.0.1") && !hidden.contains("client.example"))
            #expect(hidden.contains("Received: by mail.example.org (Postroom) with ESMTPSA id "))
            // Who isn't logged in is always told.
            #expect(try message(site, "carla").contains("[127.0.0.1]"))
        }
    }
}
