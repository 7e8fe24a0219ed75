import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// How much a login may send in an hour, and a client in a minute.
@Suite struct `Rates of sending` {
    private static func configuration(_ limits: String) -> String {
        People.configuration().replacing("senders: {logins:", with: "senders: {\(limits), logins:")
    }

    private func send(_ dialogue: SMTPDialogue) async throws -> String {
        let reply = try await dialogue.envelope(from: "anna@example.org", to: ["ben@example.org"])
        guard reply.hasPrefix("250 ") else { return reply }
        return try await dialogue.data("Subject: x\r\n")
    }

    @Test func `a login that has sent so many messages is put off, in any session, and over a reload`() async throws {
        try await TestSite.serving(Self.configuration("messages_per_hour: 2"), files: People.files) { site in
            for _ in 0..<2 {
                let dialogue = try await SMTPDialogue(site, .submissions, login: People.login)
                // What is refused otherwise doesn't count.
                _ = try await dialogue.envelope(from: "anna@example.org", to: ["nobody@example.org"])
                _ = try await dialogue.ask("RSET")
                #expect(try await send(dialogue).hasPrefix("250 "))
            }
            #expect(await site.server.reload())
            let dialogue = try await SMTPDialogue(site, .submissions, login: People.login)
            let reply = try await dialogue.ask("MAIL FROM:<anna@example.org>")
            #expect(
                reply.hasPrefix("450 4.7.1 Error: anna has sent to the limit of 2 messages an hour; try again in "),
                "\(reply)")
            let other = try await SMTPDialogue(site, .submissions, login: ("ben", "secret"))
            #expect(try await other.ask("MAIL FROM:<ben@example.org>").hasPrefix("250 "))
        }
    }

    @Test func `messages that are begun together don't pass the limit`() async throws {
        try await TestSite.serving(Self.configuration("messages_per_hour: 1"), files: People.files) { site in
            let one = try await SMTPDialogue(site, .submissions, login: People.login)
            let two = try await SMTPDialogue(site, .submissions, login: People.login)
            for dialogue in [one, two] {
                let reply = try await dialogue.envelope(from: "anna@example.org", to: ["ben@example.org"])
                #expect(reply.hasPrefix("250 "))
            }
            #expect(try await one.data("Subject: x\r\n").hasPrefix("250 "))
            #expect(try await two.data("Subject: x\r\n").hasPrefix("450 4.7.1 "))
        }
    }

    @Test func `recipients count over all messages`() async throws {
        try await TestSite.serving(Self.configuration("recipients_per_hour: 3"), files: People.files) { site in
            let dialogue = try await SMTPDialogue(site, .submissions, login: People.login)
            let people = ["ben@example.org", "carla@example.org"]
            #expect(try await dialogue.envelope(from: "anna@example.org", to: people).hasPrefix("250 "))
            #expect(try await dialogue.data("Subject: x\r\n").hasPrefix("250 "))
            let reply = try await dialogue.envelope(from: "anna@example.org", to: people)
            #expect(reply.contains("450 4.7.1 Error: anna has sent to the limit of 3 recipients an hour"), "\(reply)")
            // The one that was taken still gets the message.
            #expect(try await dialogue.data("Subject: x\r\n").hasPrefix("250 "))
        }
    }

    private func listeners(_ limits: String) -> String {
        "listeners: [{protocol: smtp, address: \"127.0.0.1:0\", client_limits: {\(limits), interval: 1h}}]"
    }

    @Test func `clients are bounded as anvil does it`() async throws {
        let limits = listeners("message_rate: 2, recipient_rate: 3")
        try await ConfiguredSite.serving(People.configuration(), limits) { site in
            let dialogue = try await SMTPDialogue(site)
            #expect(try await dialogue.envelope(to: ["ben@example.org", "carla@example.org"]).hasPrefix("250 "))
            _ = try await dialogue.ask("RSET")
            let reply = try await dialogue.envelope(to: ["ben@example.org", "carla@example.org"])
            #expect(reply.hasPrefix("450 4.7.1 Error: too many recipients from 127.0.0.1"), "\(reply)")
            _ = try await dialogue.ask("RSET")
            let mail = try await dialogue.ask("MAIL FROM:<x@elsewhere.example>")
            #expect(mail.hasPrefix("450 4.7.1 Error: too much mail from 127.0.0.1"), "\(mail)")
        }
    }

    @Test func `a client that connects too often, or too often at a time, is sent away`() async throws {
        for limit in ["connection_rate: 2", "connections: 2"] {
            try await ConfiguredSite.serving(People.configuration(), listeners(limit)) { site in
                let one = try await SMTPDialogue(site)
                let two = try await SMTPDialogue(site)
                let third = try await TestConnection(port: site.port(.smtp))
                let reply = try await third.reply()
                #expect(reply.hasPrefix("421 4.7.0 "), "\(reply)")
                for dialogue in [one, two] { #expect(try await dialogue.ask("NOOP").hasPrefix("250 ")) }
            }
        }
    }

    @Test func `a client that is excepted is not counted`() async throws {
        let limits = listeners("message_rate: 1, connection_rate: 1, connections: 1, exceptions: [127.0.0.0/8]")
        try await ConfiguredSite.serving(People.configuration(), limits) { site in
            for _ in 0..<3 {
                let dialogue = try await SMTPDialogue(site)
                #expect(try await dialogue.envelope(to: ["ben@example.org"]).hasPrefix("250 "))
            }
        }
    }
}
