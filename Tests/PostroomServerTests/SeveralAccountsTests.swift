import Foundation
import MailModel
import PostroomServer
import PostroomTesting
import Routing
import SiteConfiguration
import Testing

/// Two people with one address, behind accounts (not tables).
@Suite struct `An address of several accounts` {
    private static func entry(_ uid: String, uidNumber: Int, quota: String, mail: [String]) -> String {
        """

        dn: uid=\(uid),dc=example,dc=org
        objectClass: inetOrgPerson
        objectClass: posixAccount
        uid: \(uid)
        cn: \(uid)
        sn: \(uid)
        \(mail.map { "mail: \($0)" }.joined(separator: "\n"))
        uidNumber: \(uidNumber)
        gidNumber: 20000
        homeDirectory: /home/\(uid)
        description: \(quota)
        userPassword: secret

        """
    }

    private static let directory = SampleDirectory(
        suffix: "dc=example,dc=org", rootDN: "cn=manager,dc=example,dc=org", rootPassword: "managerpw",
        ldif: """
            dn: dc=example,dc=org
            objectClass: dcObject
            objectClass: organization
            dc: example
            o: Example

            """
                + entry(
                    "anna", uidNumber: 20001, quota: "*:storage=1M", mail: ["anna@example.org", "team@example.org"])
                + entry("ben", uidNumber: 20003, quota: "*:storage=2M", mail: ["ben@example.org", "team@example.org"]))

    private func configuration(_ slapd: Slapd, more: String = "") -> String {
        """
        hostname: mail.example.org
        postmaster: anna@example.org
        \(slapd.directory())
        domains: {mailbox: [example.org]}
        recipient_delimiter: "+"
        accounts:
          password: [{check: search-then-bind, filter: (mail=%u)}]
          user:
            - filter: (mail=%u)
              attributes: uid=user, =home=%ROOT%/%{ldap:uid}, uidNumber=uid, gidNumber=gid, description=quota_rule
          mail_location: maildir:~/Maildir
        senders: {check_login: no}
        store: {roots: ["%ROOT%"]}
        \(more)

        """
    }

    @Test func `is delivered to each, with its owner, path and quota; its extension too`() async throws {
        try await Slapd.withServer(Self.directory) { slapd in
            try await TestSite.serving(configuration(slapd)) { site in
                let address = try #require(EmailAddress("team@example.org"))
                let resolution = await site.server.site.router.resolve(address)
                guard case .deliver(let destinations) = resolution.verdict else {
                    Issue.record("\(resolution)")
                    return
                }
                let mailboxes = destinations.compactMap { destination -> LocalMailbox? in
                    if case .mailbox(let mailbox) = destination { mailbox } else { nil }
                }
                #expect(mailboxes.map(\.owner) == [Owner(uid: 20001, gid: 20000), Owner(uid: 20003, gid: 20000)])
                #expect(mailboxes.map(\.quota.storage) == [1 << 20, 2 << 20])
                let root = site.folder.path("mail")
                #expect(
                    mailboxes.map(\.location.description)
                        == ["maildir:\(root)/anna/Maildir", "maildir:\(root)/ben/Maildir"])

                try await site.swaks(to: "team@example.org")
                try await site.swaks(to: "team+news@example.org")
                try await site.swaks(to: "ben@example.org")
                #expect(site.new("anna/Maildir").count == 2 && site.new("ben/Maildir").count == 3)
                for (name, uid) in [("anna", 20001), ("ben", 20003)] {
                    let file = try #require(site.new("\(name)/Maildir").first)
                    let owner = try FileManager.default.attributesOfItem(atPath: file)[.ownerAccountID] as? Int
                    #expect(owner == uid)
                }
                // Explained as it is done.
                let explanation = try #require(
                    await site.server.site.explain("team@example.org", sender: nil, login: nil))
                let text = explanation.text(isColoured: false)
                #expect(text.contains("\(root)/anna/Maildir") && text.contains("\(root)/ben/Maildir"), "\(text)")
                #expect(text.contains("⇒ 250 2.1.5"), "\(text)")
            }
        }
    }

    @Test func `is no login: whose would it be`() async throws {
        try await Slapd.withServer(Self.directory) { slapd in
            try await TestSite.serving(configuration(slapd)) { site in
                let imap = try await IMAPDialogue(site)
                let ambiguous = try await imap.ask("LOGIN team@example.org secret")
                #expect(ambiguous.last?.hasPrefix("t NO [UNAVAILABLE]") == true, "\(ambiguous)")
                let clear = try await imap.ask("LOGIN ben@example.org secret")
                #expect(clear.last?.hasPrefix("t OK") == true, "\(clear)")
            }
        }
    }

    @Test func `waits as with the original, where a site keeps to that`() async throws {
        try await Slapd.withServer(Self.directory) { slapd in
            let original = configuration(slapd, more: "original_behaviour: [several-mailboxes]")
            try await TestSite.serving(original) { site in
                let smtp = try await SMTPDialogue(site)
                #expect(try await smtp.envelope(to: ["team@example.org"]).hasPrefix("451 4.3."))
                #expect(try await smtp.ask("RCPT TO:<ben@example.org>").hasPrefix("250 2.1.5"))
            }
        }
    }

    @Test func `waits when one of the accounts can't be used, so that nobody is left out`() async throws {
        try await Slapd.withServer(Self.directory) { slapd in
            try await slapd.add(
                Self.entry("carla", uidNumber: 0, quota: "*:storage=1M", mail: ["team@example.org"]))
            try await TestSite.serving(configuration(slapd)) { site in
                let smtp = try await SMTPDialogue(site)
                #expect(try await smtp.envelope(to: ["team@example.org"]).hasPrefix("451 4.3."))
            }
        }
    }

    @Test func `a native group of more than a thousand people is one recipient`() async throws {
        try await Slapd.withServer(Self.directory) { slapd in
            let members = (0..<1200).map { "anna+\($0)@example.org" }
            let aliases = "team@example.net: \"\(members.joined(separator: ", "))\""
            let more = "aliases: [{inline: {\(aliases)}}]"
            let native = configuration(slapd, more: more).replacing(
                "domains: {mailbox: [example.org]}", with: "domains: {mailbox: [example.org], alias: [example.net]}")
            for (text, limit) in [(native, 10_000), (native + "meaning: postfix\n", 1000)] {
                try await ExaminedSite.opened(text) { site in
                    #expect(site.site.model.routing.expansionLimit == limit)
                    let address = try #require(EmailAddress("team@example.net"))
                    let resolution = await site.site.router.resolve(address)
                    #expect(resolution.reply.code == (limit > 1200 ? 250 : 452), "\(resolution.reply)")
                }
            }
        }
    }
}
