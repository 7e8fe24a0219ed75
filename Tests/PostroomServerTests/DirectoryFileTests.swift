import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

@Suite struct `A directory that is an LDIF file` {
    @Test func `is read anew when it is edited; a faulty edit is told with file and line, and changes nothing`()
        async throws
    {
        try await ServedSite.serving(People.configuration(), files: People.files) { site in
            func reply(_ address: String) async throws -> String {
                let dialogue = try await SMTPDialogue(site)
                let reply = try await dialogue.envelope(to: [address])
                try await dialogue.connection.close()
                return reply
            }
            #expect(try await reply("dora@example.org").hasPrefix("550 5.1.1 "))
            let root = site.folder.path("mail")
            let dora = (People.ldif + People.entry("dora")).replacing("%ROOT%", with: root)
            try site.folder.write(dora, to: "people.ldif")
            try await site.waitForLog("read anew")
            #expect(try await reply("dora@example.org").hasPrefix("250 2.1.5 "))

            let lines = dora.split(separator: "\n", omittingEmptySubsequences: false).count
            try site.folder.write(dora + "dn: uid=emil,dc=example,dc=org\nthis is no attribute\n\n", to: "people.ldif")
            try await site.waitForLog("the directory's file stays as it was")
            #expect(site.log.contains("people.ldif:\(lines + 1): "), "\(site.log)")
            #expect(try await reply("dora@example.org").hasPrefix("250 2.1.5 "))
            #expect(try await reply("emil@example.org").hasPrefix("550 5.1.1 "))

            try site.folder.write(dora + People.entry("emil").replacing("%ROOT%", with: root), to: "people.ldif")
            try await eventually("emil has a mailbox", { site.log }) {
                try await reply("emil@example.org").hasPrefix("250 2.1.5 ")
            }
        }
    }
}
