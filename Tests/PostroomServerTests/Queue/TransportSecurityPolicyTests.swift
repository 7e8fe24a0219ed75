import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

/// MTA-STS (RFC 8461) from end to end: signed zones served by nsd, policies by HTTPS, a mail exchanger with a certificate, and
/// Postroom, to which a person hands mail in.
@Suite struct TransportSecurityPolicyTests {
    private static let domains = ["enforced.example", "misnamed.example", "unlisted.example", "tested.example"]

    /// Each with what its name says of it.
    private static let policies = [
        "enforced.example": policy("enforce", mx: "mx.enforced.example"),
        "misnamed.example": policy("enforce", mx: "mx.misnamed.example"),
        "unlisted.example": policy("enforce", mx: "other.unlisted.example"),
        "tested.example": policy("testing", mx: "other.tested.example"),
    ]

    private static func policy(_ mode: String, mx: String) -> String {
        "version: STSv1\r\nmode: \(mode)\r\nmx: \(mx)\r\nmax_age: 604800\r\n"
    }

    private static func records(_ id: String, _ policies: PolicyHost) -> String {
        "_mta-sts TXT \"v=STSv1; id=\(id);\"\nmta-sts A \(policies.address)"
    }

    private static func configuration(_ names: RunningNameServer, anchors: String) -> String {
        People.configuration(aliases: "").replacing(", alias: [example.net, example.com]", with: "")
            + """
            dns: {servers: ["\(names.address)"], trust_anchor: \(anchors), hosts: none, time_limit: 60s}
            outgoing: {queue_directory: "%FOLDER%/spool", minimal_backoff: 1s, maximal_backoff: 1s}

            """
    }

    private static func writeAnchors(_ names: RunningNameServer, to folder: TemporaryFolder) throws -> String {
        let anchors = try domains.map { try names.trustAnchor(of: $0) }.joined(separator: "\n")
        return try folder.write(anchors + "\n", to: "anchors")
    }

    private func send(_ site: ServedSite, to recipient: String) async throws {
        let said = try await site.submit(
            as: "anna", "secret", from: "anna@example.org", to: recipient, ["--header", "Subject: to \(recipient)"])
        #expect(said.contains("250 2.0.0"), "\(said)")
    }

    /// What the log says of each attempt for a recipient.
    private func attempts(_ site: ServedSite, _ recipient: String) -> [Substring] {
        site.log.split(separator: "\n").filter { $0.contains("to=<\(recipient)>") && $0.contains("relay=") }
    }

    private func expectDeferred(_ site: ServedSite, _ recipient: String, _ status: String, _ reason: String)
        async throws
    {
        try await eventually("\(recipient) waits", { site.log }) { !attempts(site, recipient).isEmpty }
        for line in attempts(site, recipient) {
            #expect(line.contains("status=deferred"), "\(line)")
            #expect(line.contains("dsn=\(status)"), "\(line)")
            #expect(line.contains(reason), "\(line)")
        }
    }

    @Test func `mail goes as the policy of its domain says, and as it said once the web server is gone`() async throws {
        let authority = try IssuedCertificate(commonName: "Everybody's authority", isAuthority: true)
        let policies = try await PolicyHost.start(Self.policies, issuer: authority)
        try await OutsideHost.serving(
            Self.domains, misnamed: ["misnamed.example", "tested.example"], issuer: authority, isSigned: true,
            records: Self.records("1", policies)
        ) { outside in
            let own = try TemporaryFolder("mta-sts")
            chmod(own.path, 0o755)
            let anchors = try Self.writeAnchors(outside.nameServer, to: own)
            let configuration = Self.configuration(outside.nameServer, anchors: anchors)
            let folder = try ServedSite.prepare(configuration, People.files)
            let surrounding = ServedSite.trusting(outside.authority)

            var site = try await ServedSite.start(in: folder, below: surrounding)
            for domain in Self.domains { try await send(site, to: "x@\(domain)") }
            let first = try await outside.messages(2)
            #expect(Set(first.flatMap(\.recipients)) == ["x@enforced.example", "x@tested.example"])
            #expect(first.allSatisfy { $0.tls.hasPrefix("TLSv1.") })
            try await expectDeferred(site, "x@misnamed.example", "4.7.", "mx.misnamed.example")
            try await expectDeferred(site, "x@unlisted.example", "4.7.0", "not in the domain's MTA-STS policy")
            try await site.waitForLog("not in the policy, which is being tested")
            #expect(policies.requests.contains("mta-sts.enforced.example/.well-known/mta-sts.txt"))
            #expect(try outside.messages.count == 2)
            await site.stop()

            // DNS tells of a new policy, which nobody can fetch any more: the one that was known holds, for a new process too.
            await policies.stop()
            let zones = OutsideHost.zones(
                Self.domains, outside.address, isSigned: true, Self.records("2", policies))
            try await RunningNameServer.withServer(zones) { names in
                _ = try Self.writeAnchors(names, to: own)
                let text = try String(contentsOfFile: folder.path("postroom.yaml"), encoding: .utf8)
                try folder.write(
                    text.replacing(outside.nameServer.address, with: names.address), to: "postroom.yaml")
                site = try await ServedSite.start(in: folder, below: surrounding)
                try await send(site, to: "y@enforced.example")
                try await send(site, to: "y@unlisted.example")
                #expect(try await outside.messages(3).last?.recipients == ["y@enforced.example"])
                try await expectDeferred(site, "y@unlisted.example", "4.7.0", "not in the domain's MTA-STS policy")
                try await expectDeferred(site, "x@unlisted.example", "4.7.0", "not in the domain's MTA-STS policy")
                try await expectDeferred(site, "x@misnamed.example", "4.7.", "mx.misnamed.example")
                try await site.waitForLog("an MTA-STS policy can't be fetched")
                #expect(try outside.messages.count == 3)
                await site.stop()
            }
        }
    }
}
