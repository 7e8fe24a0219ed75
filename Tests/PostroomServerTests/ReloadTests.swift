import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// What a reload changes, and what it must not change half.
@Suite struct `A reload` {
    private func shown(_ site: some RunningSite) async throws -> String {
        let text = try await ChildProcess.run(
            ["/usr/bin/openssl", "s_client", "-connect", "127.0.0.1:\(site.port(.imaps))"], in: site.folder)
        let lines = text.split(separator: "\n")
        let start = try #require(lines.firstIndex { $0.contains("BEGIN CERTIFICATE") }, "\(text)")
        let end = try #require(lines[start...].firstIndex { $0.contains("END CERTIFICATE") })
        return lines[start...end].joined(separator: "\n")
    }

    @Test func `that is refused leaves the certificates of the site that stays`() async throws {
        let first = try TemporaryFolder("first")
        let second = try TemporaryFolder("second")
        let certificates = try await TestCertificates.make(in: first)
        let others = try await TestCertificates.make(in: second)
        let tls = "{certificate: \(certificates.serverCertificate), key: \(certificates.serverKey)}"
        try await TestSite.serving(People.configuration(), files: People.files, tls: tls) { site in
            let before = try await shown(site)
            for (old, new) in [
                (certificates.serverCertificate, others.serverCertificate), (certificates.serverKey, others.serverKey),
            ] {
                try Data(contentsOf: URL(fileURLWithPath: new)).write(to: URL(fileURLWithPath: old))
            }
            let file = site.folder.path("postroom.yaml")
            let text = try String(contentsOfFile: file, encoding: .utf8)
            // Found only when the site is made: the folder for mail is not there.
            try site.folder.write(
                text.replacing("roots: [\"", with: "roots: [\"/nowhere/at/all\", \""), to: "postroom.yaml")
            #expect(await site.server.reload() == false)
            #expect(try await shown(site) == before)
            try site.folder.write(text, to: "postroom.yaml")
            #expect(await site.server.reload())
            #expect(try await shown(site) != before)
        }
    }

    @Test func `reads certificates within Traefik's acme.json anew, for a name and for a wildcard`() async throws {
        let folder = try TemporaryFolder("traefik")
        let certificates = try await TestCertificates.make(in: folder)
        let second = try TemporaryFolder("second")
        let others = try await TestCertificates.make(in: second)
        func store(_ certificates: TestCertificates) throws -> String {
            let chain = try Data(contentsOf: URL(fileURLWithPath: certificates.serverCertificate))
            let key = try Data(contentsOf: URL(fileURLWithPath: certificates.serverKey))
            let text = """
                {"le": {"Account": {"Email": "a@example.org"}, "Certificates": [
                    {"domain": {"main": "web.example.org"}, "certificate": "AAAA", "key": "AAAA", "Store": "default"},
                    {"domain": {"main": "example.org", "sans": ["*.example.org", "mail.example.org"]},
                     "certificate": "\(chain.base64EncodedString())", "key": "\(key.base64EncodedString())"}]}}
                """
            return try folder.write(text, to: "acme.json")
        }
        func pem(_ file: String) throws -> String {
            try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        for name in ["mail.example.org", "*.example.org"] {
            let reference = "\(try store(certificates))#\(name)"
            let tls = "{certificate: \"\(reference)\", key: \"\(reference)\"}"
            try await TestSite.serving(People.configuration(), files: People.files, tls: tls) { site in
                #expect(try await pem(certificates.serverCertificate).contains(shown(site)))
                _ = try store(others)
                #expect(await site.server.reload())
                #expect(try await pem(others.serverCertificate).contains(shown(site)))
                try folder.write("{}", to: "acme.json")
                #expect(await site.server.reload() == false)
                #expect(try await pem(others.serverCertificate).contains(shown(site)))
                #expect(
                    try FileManager.default.contentsOfDirectory(atPath: site.folder.path("")).contains("tls") == false)
            }
        }
    }

    @Test func `by SIGHUP gives new connections new options, and tells what needs a restart`() async throws {
        try await ServedSite.serving(People.configuration(), files: People.files) { site in
            func ehlo() async throws -> (greeting: String, reply: String) {
                let connection = try await TestConnection(port: site.port(.smtp))
                let greeting = try await connection.reply()
                try await connection.send("EHLO client.example\r\n")
                let reply = try await connection.reply()
                try await connection.close()
                return (greeting, reply)
            }
            let standing = try await SMTPDialogue(site)
            let before = try await ehlo()
            #expect(before.reply.contains("STARTTLS") && !before.greeting.contains("Wachturm"))
            let file = site.folder.path("postroom.yaml")
            let text = try String(contentsOfFile: file, encoding: .utf8)
            let lines = """
                listeners:
                  - {protocol: smtp, address: "127.0.0.1:0", tls: none, banner: Wachturm, recipient_limit: 1}
                  - {protocol: imap, address: "127.0.0.1:0", banner: Guten Tag}
                  - {protocol: submissions, address: "127.0.0.1:0"}
                  - {protocol: imaps, address: "127.0.0.1:0"}
                  - {protocol: imap, address: "127.0.0.1:1"}
                """
            let start = try #require(text.range(of: "listeners:"))
            let end = try #require(text.range(of: "\ntls:"))
            try site.folder.write(
                text.replacingCharacters(in: start.lowerBound..<end.lowerBound, with: lines)
                    + "\nmessage_limits: no\n", to: "postroom.yaml")
            site.process.signal(SIGHUP)
            try await site.waitForLog("the configuration stays as it was")
            #expect(try await ehlo() == before)

            try site.folder.write(
                text.replacingCharacters(in: start.lowerBound..<end.lowerBound, with: lines), to: "postroom.yaml")
            site.process.signal(SIGHUP)
            try await site.waitForLog("the configuration was read anew")
            let after = try await ehlo()
            #expect(!after.reply.contains("STARTTLS") && after.greeting.contains("Wachturm"), "\(after)")
            let new = try await SMTPDialogue(site)
            #expect(try await new.envelope(to: ["anna@example.org", "ben@example.org"]).hasPrefix("452 4.5.3"))
            // Who was connected goes on.
            #expect(try await standing.envelope(to: ["anna@example.org", "ben@example.org"]).hasPrefix("250 2.1.5"))
            let imap = try await TestConnection(port: site.port(.imap))
            #expect(try await imap.line().hasSuffix("Guten Tag"))
            #expect(
                site.log.contains("listener=\"submission 127.0.0.1:0\"") || site.log.contains("submission 127.0.0.1:0"))
            #expect(site.log.contains("it is no longer configured, and stays open"))
            #expect(site.log.contains("it is listened on after a restart only"))

            // And back: TLS is there again.
            try site.folder.write(text, to: "postroom.yaml")
            site.process.signal(SIGHUP)
            try await eventually("STARTTLS is offered", { site.log }) { try await ehlo() == before }
            let tls = try await site.swaks(to: "anna@example.org", ["--tls"])
            #expect(tls.contains("TLS started"), "\(tls)")
        }
    }
}
