import Foundation
import PostroomTesting
import Testing

@Suite struct `Addresses of a site` {
    @Test(arguments: [
        // Catch-all of a domain, and an address of its own that goes before it.
        ("whoever@example.net", "ben"), ("sales@example.net", "carla"),
        // Subaddresses.
        ("carla+news@example.org", "carla"), ("sales+x@example.net", "carla"),
        // RFC 5321 §4.5.1: postmaster is always there.
        ("postmaster@example.com", "anna"), ("postmaster", "anna"), ("PostMaster@EXAMPLE.com", "anna"),
    ])
    func `lead to a mailbox`(address: String, login: String) async throws {
        let aliases = #""@example.net": ben@example.org, sales@example.net: carla@example.org"#
        try await TestSite.serving(People.configuration(aliases: aliases), files: People.files) { site in
            let dialogue = try await SMTPDialogue(site)
            let reply = try await dialogue.envelope(to: [address])
            #expect(reply.hasPrefix("250 2.1.5 "), "\(reply)")
            #expect(try await dialogue.data("Subject: x\r\n").hasPrefix("250 2.0.0 "))
            #expect(site.new("\(login)/Maildir").count == 1)
        }
    }

    @Test func `Delivered-To keeps the case of what the sender wrote before the @`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            let dialogue = try await SMTPDialogue(site)
            _ = try await dialogue.envelope(to: ["Anna+TaG@Example.ORG"])
            #expect(try await dialogue.data("Subject: x\r\n").hasPrefix("250 2.0.0 "))
            let file = try #require(site.new("anna/Maildir").first)
            let text = try String(contentsOfFile: file, encoding: .utf8)
            let line = text.split(separator: "\n").first { $0.hasPrefix("Delivered-To: ") }
            #expect(line?.contains("Anna+TaG@") == true, "\(text)")
        }
    }

    @Test func `an address of a catch-all's domain that a mailbox has not is no relay for other domains`() async throws
    {
        let aliases = #""@example.net": ben@example.org"#
        try await TestSite.serving(People.configuration(aliases: aliases), files: People.files) { site in
            let dialogue = try await SMTPDialogue(site)
            #expect(try await dialogue.envelope(to: ["whoever@example.com"]).hasPrefix("550 5.1.1 "))
            #expect(try await dialogue.ask("RCPT TO:<whoever@sub.example.net>").hasPrefix("554 5.7.1 "))
        }
    }
}
