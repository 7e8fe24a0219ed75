import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// What `explain` shows of mail that leaves.
@Suite struct LeavingMailTests {
    @Test func `shows hosts and TLS of the way, as serving would take it`() async throws {
        try await OutsideHost.serving(["gmail.example"]) { outside in
            try await ImportedTestSite.serving(.vennedey, outside: outside) { site in
                let explanation = try #require(
                    await site.server.site.explain("forward@example.com", sender: nil, login: nil))
                let text = explanation.text(isColoured: false)
                for part in [
                    "somebody@gmail.example by smtp:gmail.example", "mx.gmail.example[127.", "level verify of the site",
                    "a trusted certificate for mx.gmail.example",
                ] {
                    #expect(text.contains(part), "\(part):\n\(text)")
                    #expect(explanation.json.contains(part), "\(part)")
                }
                let offline = try #require(
                    await site.server.site.explain("forward@example.com", sender: nil, login: nil, asksDNS: false))
                #expect(offline.text(isColoured: false).contains("its hosts are not looked up"))
                #expect(!offline.text(isColoured: false).contains("mx.gmail.example"))
                #expect(offline.outcome == .delivered)
            }
        }
    }

    @Test func `shows the sender's relay host and its login's name, never the password`() async throws {
        let folder = try TemporaryFolder("explained")
        let configuration = """
            hostname: mail.example.org
            postmaster: postmaster@example.org
            directory: {ldif: \(try folder.write("dn: dc=example,dc=org\nobjectClass: domain\ndc: example\n", to: "empty.ldif")), base: "dc=example,dc=org"}
            domains: {mailbox: [example.org]}
            aliases: [{inline: {"list@example.org": "someone@outside.example"}}]
            store: {roots: ["\(try folder.makeFolder("mail"))"]}
            outgoing:
              sender_relay_hosts: [{inline: {"boss@example.org": "[relay.example]:587"}}]
              log_in: yes
              logins: [{inline: {"[relay.example]:587": "boss:open-sesame"}}]
            """
        let file = try folder.write(configuration, to: "postroom.yaml")
        let site = try await Site.open(try SiteLoader.load(file, environment: [:]).model)
        let explanation = try #require(
            await site.explain("list@example.org", sender: "boss@example.org", login: nil, asksDNS: false))
        let text = explanation.text(isColoured: false)
        #expect(text.contains("leaves by smtp:[relay.example]:587"), "\(text)")
        #expect(text.contains("login") && text.contains("boss"), "\(text)")
        #expect(!text.contains("open-sesame") && !explanation.json.contains("open-sesame"))
        await site.close()
    }
}
