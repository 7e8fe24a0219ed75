import DNS
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

@Suite struct `A site that asks DNS` {
    private static let zones = [
        NameServerZone("sender.example", "@ MX 10 mail\nmail A 192.0.2.1"),
        NameServerZone("zen.example", "1.0.0.127 A 127.0.0.2\n1.0.0.127 TXT \"this machine\""),
    ]

    private static func configuration(_ server: RunningNameServer, _ restrictions: String) -> String {
        """
        \(People.configuration(more: "dns: {servers: [\"\(server.address)\"], hosts: none, time_limit: 60s}"))
        policies:
          smtpd:
            relay_restrictions: [reject_unauth_destination]
            recipient_restrictions: [\(restrictions)]
        listeners:
          - {protocol: smtp, address: "127.0.0.1:0", policy: smtpd}
        """
    }

    private static func model(_ text: String, in folder: TemporaryFolder) throws -> SiteModel {
        let root = try folder.makeFolder("mail")
        for (name, text) in People.files { try folder.write(text.replacing("%ROOT%", with: root), to: name) }
        let file = try folder.write(
            text.replacing("%ROOT%", with: root) + "\ntls: {self_signed_directory: \(folder.path("tls"))}\n",
            to: "postroom.yaml")
        return try SiteLoader.load(file, environment: [:]).model
    }

    @Test func `refuses senders whose domain isn't there, and clients that a list has`() async throws {
        try await RunningNameServer.withServer(Self.zones) { server in
            let folder = try TemporaryFolder("dns-site")
            let text = Self.configuration(
                server, "reject_unknown_sender_domain, {warn_if_reject: reject_rbl_client other.zen.example}")
            let model = try Self.model(text, in: folder)
            try await Server.withRunning(
                model, source: .file(folder.path("postroom.yaml")), queueDirectory: folder.path("spool")
            ) { running in
                let site = TestSite(folder: folder, server: running)
                let dialogue = try await SMTPDialogue(site)
                #expect(
                    try await dialogue.envelope(from: "x@sender.example", to: ["anna@example.org"]).hasPrefix("250"))
                _ = try await dialogue.ask("RSET")
                #expect(
                    try await dialogue.envelope(from: "x@nobody.sender.example", to: ["anna@example.org"])
                        == "450 4.1.8 <x@nobody.sender.example>: Sender address rejected: Domain not found")

                try folder.write(
                    text.replacing("%ROOT%", with: folder.path("mail")).replacing(
                        "{warn_if_reject: reject_rbl_client other.zen.example}",
                        with: "reject_rbl_client zen.example")
                        + "\ntls: {self_signed_directory: \(folder.path("tls"))}\n", to: "postroom.yaml")
                #expect(await running.reload())
                let listed = try await SMTPDialogue(site)
                #expect(
                    try await listed.envelope(from: "x@sender.example", to: ["anna@example.org"])
                        == "554 5.7.1 Service unavailable; Client host [127.0.0.1] blocked using zen.example; this machine"
                )
            }
        }
    }

    @Test func `keeps its resolver over a reload, unless something changed that it was opened with`() async throws {
        try await RunningNameServer.withServer(Self.zones) { server in
            let folder = try TemporaryFolder("dns-site")
            var model = try Self.model(Self.configuration(server, "reject_unknown_sender_domain"), in: folder)
            let hosts = try folder.write("192.0.2.8 printer.office\n", to: "hosts")
            model.dns.hosts = model.dns.hosts?.map { _ in hosts }
            let first = try await Site.open(model)
            let second = try await Site.open(model, succeeding: first)
            #expect(first.resolver === second.resolver)
            let name = try #require(DNSName("printer.office"))
            #expect(await second.resolver.addresses(of: name, .v4).records.map(\.description) == ["192.0.2.8"])

            try folder.write("192.0.2.9 printer.office\n# another one\n", to: "hosts")
            let third = try await Site.open(model, succeeding: second)
            #expect(third.resolver !== second.resolver)
            #expect(await third.resolver.addresses(of: name, .v4).records.map(\.description) == ["192.0.2.9"])

            model.dns.timeLimit = model.dns.timeLimit?.map { _ in .seconds(30) }
            let fourth = try await Site.open(model, succeeding: third)
            #expect(fourth.resolver !== third.resolver)
            for site in [first, second, third, fourth] { await site.close() }
        }
    }

    @Test(arguments: [
        ("dns: {servers: [dns.example.org]}", "dns.example.org is not the address of a name server"),
        ("dns: {servers: [192.0.2.1, root]}", "root is not the address of a name server"),
        ("dns: {trust_anchor: /nowhere/anchors}", "trust anchor /nowhere/anchors"),
        ("dns: {unsigned_zones: [\"a b\"]}", "a b is not the name of a zone"),
        ("dns: {time_limit: 3600s}", "dns.time_limit is not between"),
    ])
    func `tells what is wrong with its options, and where`(part: String, expected: String) async throws {
        let folder = try TemporaryFolder("dns-site")
        let text = People.configuration(more: part) + "\nlisteners: {smtp: \"127.0.0.1:0\"}"
        let faults = await Site.faults(of: try Self.model(text, in: folder))
        #expect(faults.contains { $0.severity == .error && "\($0)".contains(expected) }, "\(faults)")
    }
}
