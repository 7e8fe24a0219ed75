import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// Each preset beside a directory of its schema: who gets mail, who may log in.
@Suite struct PresetTests {
    struct Sample: Sendable, CustomStringConvertible {
        var preset: Preset
        var directory: SampleDirectory
        var base: String
        /// Further keys of the configuration.
        var more = ""
        /// Recipient → what the explanation holds.
        var recipients: [(address: String, holds: String)]
        /// Login, password → whether it is accepted.
        var logins: [(login: String, password: String, accepted: Bool)]

        var description: String { preset.rawValue }
    }

    static let samples = [
        Sample(
            preset: .postfixBook, directory: .dmsLDAP, base: "dc=example,dc=org",
            recipients: [
                ("alice@example.org", "250 2.1.5"), ("ceo@example.org", "alice@example.org"),
                ("hr@example.org", "bob@example.org"), ("carol@example.org", "550 5.1.1"),
                ("nobody@example.org", "550 5.1.1"), ("someone@gmail.com", "554 5.7.1"),
            ],
            logins: [
                ("alice", "alicepw1", true), ("alice@example.org", "alicepw1", true), ("alice", "wrong", false),
                ("carol", "carolpw1", false), ("nobody", "x", false),
            ]),
        Sample(
            preset: .qmail, directory: .vriesman, base: "o=company",
            more: "accounts: {uid: \"5000\", gid: \"5000\"}",
            recipients: [
                ("harry.potter@mydomain.nl", "250 2.1.5"), ("hp@testdomain.nu", "harry.potter"),
                ("timetravel@anotherdomain.nu", "250 2.1.5"), ("old.member@mydomain.nl", "550 5.1.1"),
                ("nobody@mydomain.nl", "550 5.1.1"), ("someone@gmail.com", "554 5.7.1"),
            ],
            logins: [
                ("potterh", "harrypw1", true), ("harry.potter@mydomain.nl", "harrypw1", true),
                ("potterh", "wrong", false), ("oldm", "oldmempw", false),
            ]),
        Sample(
            preset: .evolution, directory: .pragyan, base: "dc=delta,dc=nitt.edu",
            more: "accounts: {uid: \"700\", gid: \"700\"}",
            recipients: [
                ("sahil@pragyan.org", "250 2.1.5"), ("core@pragyan.org", "meera@pragyan.org"),
                ("ping@pragyan.org", "arjun@pragyan.org"), ("nobody@pragyan.org", "550 5.1.1"),
                ("core@elsewhere.example", "554 5.7.1"),
            ],
            logins: [("sahil", "sahilpw1", true), ("meera.nair@pragyan.org", "meerapw1", true), ("sahil", "x", false)]),
    ]

    @Test("given a directory of its schema, a preset routes mail and checks logins", arguments: samples)
    func preset(sample: Sample) async throws {
        let folder = try TemporaryFolder("preset")
        let ldif = try folder.write(sample.directory.ldif, to: "directory.ldif")
        let roots = try ["home", "vmail", "var-mail"].map { try folder.makeFolder($0) }
        let file = try folder.write(
            """
            preset: \(sample.preset.rawValue)
            hostname: mail.example.org
            postmaster: postmaster@example.org
            directory: {ldif: "\(ldif)", base: "\(sample.base)"}
            store:
              roots: [/home, /vmail, /var/mail]
              places: {/home: "\(roots[0])", /vmail: "\(roots[1])", /var/mail: "\(roots[2])"}
            \(sample.more)

            """, to: "postroom.yaml")
        let site = try await Site.open(SiteLoader.load(file, environment: [:]).model)
        for (address, expected) in sample.recipients {
            let explanation = try #require(await site.explain(address, sender: "stranger@outside.example", login: nil))
            let text = explanation.text(isColoured: false)
            #expect(text.contains(expected), "\(address):\n\(text)")
        }
        for (login, password, accepted) in sample.logins {
            let explanation = await site.tryLogin(login, password: password, service: "imap")
            #expect((explanation.outcome == .delivered) == accepted, "\(login): \(explanation.text(isColoured: false))")
        }
        await site.close()
    }
}
