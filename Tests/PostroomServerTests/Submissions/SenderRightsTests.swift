import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// Who may send as whom, by envelope and by `From:`.
@Suite struct `Senders of submissions` {
    /// anna's and ben's, carla's alone.
    private static let aliases =
        #"sales@example.net: carla@example.org, team@example.net: "anna@example.org, ben@example.org", desk@example.net: anna@example.org"#

    private static func configuration(_ senders: String) -> String {
        People.configuration(aliases: aliases).replacing(
            "senders: {logins:", with: "senders: {\(senders), logins:")
    }

    private func submit(
        _ site: TestSite, from sender: String = "anna@example.org", _ header: String
    ) async throws -> String {
        let dialogue = try await SMTPDialogue(site, .submissions, login: People.login)
        let reply = try await dialogue.envelope(from: sender, to: ["ben@example.org"])
        guard reply.hasPrefix("250 ") else { return reply }
        return try await dialogue.data(header + "\r\n\r\ntext\r\n")
    }

    @Test func `From and Sender are held to the rule of the envelope`() async throws {
        try await TestSite.serving(Self.configuration("check_from: yes"), files: People.files) { site in
            for header in [
                "From: anna@example.org", "From: Anna <ANNA@example.org>", "From: anna+list@example.org", "Subject: x",
                "From: anna@example.org\r\nSender: anna@example.org",
                "From: \"ben@example.org\" <anna@example.org> (ben@example.org)",
            ] {
                let reply = try await submit(site, header)
                #expect(reply.hasPrefix("250 "), "\(header): \(reply)")
            }
            for (header, refused) in [
                ("From: ben@example.org", "<ben@example.org>: From"),
                ("From: anna@example.org, ben@example.org", "<ben@example.org>: From"),
                ("From: anna@example.org\r\nFrom: ben@example.org", "<ben@example.org>: From"),
                ("From: anna@example.org\r\nSender: ben@example.org", "<ben@example.org>: Sender"),
                ("FROM : Anna\r\n\t<x@elsewhere.example>", "<x@elsewhere.example>: From"),
                ("From: all: anna@example.org, ben@example.org;", "<ben@example.org>: From"),
            ] {
                let reply = try await submit(site, header)
                let text =
                    "553 5.7.1 \(refused) header rejected: not owned by user anna; allowed: anna@example.org\r\n"
                #expect(reply.trimmingCharacters(in: .newlines) == text.trimmingCharacters(in: .newlines))
            }
            for header in [
                "From: nobody at all", "From: \"anna@example.org", "From: <anna@example.org> <ben@example.org>",
            ] {
                let reply = try await submit(site, header)
                #expect(reply.hasPrefix("553 5.7.1 From header rejected: "), "\(header): \(reply)")
            }
            #expect(site.new("ben/Maildir").count == 6)
        }
    }

    @Test func `without the switch From is free, and the envelope's refusal names what is allowed`() async throws {
        try await TestSite.serving(Self.configuration("check_login: yes"), files: People.files) { site in
            #expect(try await submit(site, "From: ben@example.org").hasPrefix("250 "))
            let reply = try await submit(site, from: "ben@example.org", "From: ben@example.org")
            #expect(
                reply.hasPrefix(
                    "553 5.7.1 <ben@example.org>: Sender address rejected: not owned by user anna; allowed: anna@example.org"
                ), "\(reply)")
        }
    }

    @Test(arguments: [
        ("check_login: yes", [true, false, false, false]), ("aliases: yes", [true, true, false, false]),
        ("groups: yes", [true, false, true, false]), ("aliases: yes, groups: yes", [true, true, true, false]),
    ])
    func `aliases and groups count where they are switched on`(senders: String, allowed: [Bool]) async throws {
        let addresses = ["anna@example.org", "desk@example.net", "team@example.net", "sales@example.net"]
        try await TestSite.serving(Self.configuration("check_from: yes, \(senders)"), files: People.files) { site in
            for (address, isAllowed) in zip(addresses, allowed) {
                let reply = try await submit(site, from: address, "From: \(address)")
                #expect(reply.hasPrefix(isAllowed ? "250 " : "553 5.7.1 "), "\(address): \(reply)")
                let explanation = await site.server.site.explain(
                    "ben@example.org", sender: address, login: "anna")
                #expect((explanation?.outcome == .delivered) == isAllowed)
            }
            let names = zip(addresses, allowed).filter(\.1).map(\.0)
            let reply = try await submit(site, from: "sales@example.net", "From: x@example.net")
            #expect(reply.contains("; allowed: " + names.joined(separator: ", ")), "\(reply)")
        }
    }

    @Test func `somebody to whom sending is delegated is an owner as well`() async throws {
        let delegated = People.configuration().replacing(
            "result_attribute: uid", with: "result_attribute: [uid, description]")
        let entry =
            "dn: uid=boss,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: boss\ncn: boss\nsn: boss\nmail: boss@example.org\ndescription: anna\n\n"
        try await TestSite.serving(delegated, files: ["people.ldif": People.ldif + entry]) { site in
            #expect(try await submit(site, from: "boss@example.org", "From: boss@example.org").hasPrefix("250 "))
            let reply = try await submit(site, from: "carla@example.org", "From: carla@example.org")
            #expect(reply.contains("allowed: anna@example.org, boss@example.org"), "\(reply)")
        }
    }
}
